"""« Ouvrir le prochain contrat »: the form of an opening, written from the contract before. Nothing is made until it is
sent, as any other opening."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from app.pages.opening_form import BOXES, KINDS, MemberRow, OpeningForm, PartyRow, StructureRow
from negotiation.rules.opening import MOST_MEMBERS, MOST_PARTIES, MOST_STRUCTURES
from negotiation.store.queries.next_contract import Handed, Known
from negotiation.store.queries.opening import StructureView, TrameCard
from negotiation.store.queries.people import PartyView


def form_after(handed: Handed, *, negotiation_id: str, member_id: str, cards: Iterable[TrameCard]) -> OpeningForm:
    """What the contract before says, for `member_id` to change; other parties' addresses are for him to write."""
    card = _card(handed, list(cards))
    kept = [party for party in handed.parties if party.kind in KINDS][:MOST_PARTIES]
    rows = {party.id: str(place) for place, party in enumerate(kept, start=1)}
    me = next((one for one in handed.known if one.member_id == member_id), None)
    starts_on = handed.contract_end + timedelta(days=1)
    years, months = card.trame.duration_years, card.trame.extension_months_max
    return OpeningForm(
        trame=card.id,
        suggested=card.id,
        title=f"CPOM {starts_on.year}-{starts_on.year + years - 1}",
        territory=handed.territory,
        starts_on=starts_on.isoformat(),
        years=str(years),
        extension_months=str(months),
        mine=rows.get(me.party_id, "") if me else "",
        my_title=me.title if me else "",
        my_boxes=_boxes(me) if me else (),
        parties=tuple(_party(party, rows[party.id], handed.known, without=member_id) for party in kept),
        structures=_structures(handed.structures, {party.key: rows[party.id] for party in kept}),
        follows=negotiation_id,
        themes="\n".join(handed.themes),
    )


def _card(handed: Handed, cards: Sequence[TrameCard]) -> TrameCard:
    """The template of the contract before; else, for an imported one, the first of its type; else the first."""
    same = [card for card in cards if card.trame.key == handed.trame]
    alike = [card for card in cards if card.trame.contract_type == handed.contract_type]
    return (same or alike or cards)[0]


def _party(party: PartyView, row: str, known: Iterable[Known], *, without: str) -> PartyRow:
    people = [one for one in known if one.party_id == party.id and one.member_id != without][:MOST_MEMBERS]
    members = [MemberRow(str(place), one.email, one.title, _boxes(one)) for place, one in enumerate(people, start=1)]
    return PartyRow(row, str(party.kind), party.name, party.short_name, tuple(members) or (MemberRow("1"),))


def _boxes(one: Known) -> tuple[str, ...]:
    return tuple(str(right) for right in BOXES if right in one.rights)


def _structures(structures: Iterable[StructureView], rows: dict[str, str]) -> tuple[StructureRow, ...]:
    found = tuple(
        StructureRow(
            id=str(place),
            name=one.name,
            category=one.category,
            finess=one.finess,
            commune=one.commune,
            places=str(one.places),
            funders=tuple(rows[key] for key in one.funders if key in rows),
            authorised_until=one.authorised_until.isoformat() if one.authorised_until else "",
        )
        for place, one in enumerate(structures, start=1)
    )
    return found[:MOST_STRUCTURES] or (StructureRow("1"),)
