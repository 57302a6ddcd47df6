"""A table opened from a template: everything stands at once, the same whoever opens it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from negotiation.documents.print_tree import print_tree
from negotiation.errors import InvalidInput
from negotiation.rules.opening import Opening, Seat, SeatedParty, Structure
from negotiation.rules.policy import Authentication, Method
from negotiation.rules.trame import built_in_trame, built_in_trames, clauses_of
from negotiation.rules.vocabulary import NEGOTIATED, ClauseState, DocumentKind, PartyKind, Phase, Right, Role
from negotiation.services.access import actor_in, actors_of
from negotiation.services.contract_content import contract_as_it_stands
from negotiation.services.members import Carried
from negotiation.services.opening import Opened, drop_draft, keep_draft, open_negotiation
from negotiation.store import Announcing, Store
from negotiation.store.columns import now
from negotiation.store.contract import Clause, ClauseParty, Document, Essms, Negotiation, Part
from negotiation.store.notifying import Mail
from negotiation.store.people import Member, Party, Person
from negotiation.store.preparation import CalendarItem
from negotiation.store.queries.opening import drafts_of
from negotiation.store.record import HistoryEntry

CONTACT = (Right.REFERENT, Right.REDACTEUR, Right.VALIDEUR)
ORLINDE, AGENCY, COUNTY = range(3)


def person(store: Store, email: str) -> str:
    with store.unit_of_work(Announcing.SILENT) as uow:
        row = Person(email=email)
        uow.session.add(row)
        return row.id


def an_opening(mine: int = ORLINDE, **changed: Any) -> Opening:
    """A handicap contract of five years between Orlinde, the ARS and the Département."""
    parties = (
        SeatedParty(
            PartyKind.GESTIONNAIRE,
            "Fondation Orlinde",
            "Orlinde",
            (Seat("daf@orlinde.example", "DAF", (Right.REDACTEUR,)),),
        ),
        SeatedParty(
            PartyKind.REGIONAL_HEALTH_AGENCY, "ARS Vyre", "ARS", (Seat("insp@ars.example", "Inspecteur", CONTACT),)
        ),
        SeatedParty(
            PartyKind.DEPARTMENT, "Département de la Vyre", "Département", (Seat("chef@cd.example", "Cheffe", CONTACT),)
        ),
    )
    if mine != ORLINDE:
        parties = (replace(parties[0], seats=(Seat("dg@orlinde.example", "Directeur", CONTACT),)), *parties[1:])
    opening = Opening(
        trame=built_in_trame("handicap"),
        title="CPOM 2027-2031, Fondation Orlinde",
        reference="",
        territory="Pays vyrois",
        starts_on=date(2027, 1, 1),
        years=5,
        extension_months=12,
        signature_on=date(2026, 11, 12),
        parties=parties,
        mine=mine,
        author=Seat("moi@orlinde.example", "Directeur général", CONTACT),
        structures=(
            Structure("IME Les Grands-Frênes", "IME", "990000201", "Vyre", 60, ("ars",), date(2032, 1, 3)),
            Structure("SAVS du Pays vyrois", "SAVS", "990000206", "Vyre", 60, ("cd",), None),
        ),
    )
    return replace(opening, **changed)


def opened(store: Store, opening: Opening, *, carried: Carried = Carried.BY_MAIL, request_key: str = "") -> Opened:
    with store.reading() as session:
        known = session.execute(select(col(Person.id)).where(col(Person.email) == opening.author.email)).scalar()
    author = known or person(store, opening.author.email)
    with store.unit_of_work() as uow:
        return open_negotiation(uow, author, opening, carried=carried, request_key=request_key)


def rows(store: Store, kind: Any, negotiation_id: str) -> list[Any]:
    with store.reading() as session:
        return list(session.execute(select(kind).where(kind.negotiation_id == negotiation_id)).scalars())


def test_a_negotiation_comes_whole_from_its_template(store: Store) -> None:
    opening = an_opening()
    table = opened(store, opening).negotiation_id
    with store.reading() as session:
        negotiation = session.get_one(Negotiation, table)
    assert (negotiation.phase, negotiation.trame) == (Phase.CADRAGE, "handicap")
    assert (negotiation.contract_start, negotiation.contract_end) == (date(2027, 1, 1), date(2031, 12, 31))
    wanted = [*opening.trame.walk(), *opening.trame.framing]
    parts = rows(store, Part, table)
    assert {part.key for part in parts} == {part.key for part in wanted}
    years = range(2027, 2032)
    assert len(rows(store, Clause, table)) == sum(len(clauses_of(part, years)) for part in wanted)
    assert {clause.state for clause in rows(store, Clause, table)} == {ClauseState.TO_WRITE}
    assert {document.kind for document in rows(store, Document, table)} == set(NEGOTIATED)
    assert [party.letter for party in rows(store, Party, table)] == ["G", "A", "D"]
    assert len(rows(store, CalendarItem, table)) == len(opening.trame.milestones)
    assert len(rows(store, Essms, table)) == 2


def test_parts_stand_in_the_order_of_the_template(store: Store) -> None:
    for trame in built_in_trames():
        opening = an_opening(trame=trame, author=Seat(f"{trame.key}@x.example", "DG", CONTACT))
        table = opened(store, opening).negotiation_id
        contract = next(one for one in rows(store, Document, table) if one.kind is DocumentKind.CONTRACT)
        parts = [part for part in rows(store, Part, table) if part.document_id == contract.id]
        assert [part.key for part in sorted(parts, key=lambda part: part.position)] == [one.key for one in trame.walk()]
        assert sorted(part.position for part in parts) == list(range(1, len(parts) + 1))


def test_an_extension_is_printed_as_an_amendment(store: Store) -> None:
    called = {}
    for trame in built_in_trames():
        opening = an_opening(trame=trame, author=Seat(f"{trame.key}@x.example", "DG", CONTACT))
        table = opened(store, opening).negotiation_id
        with store.reading() as session:
            content = contract_as_it_stands(session, table).content | {"date": "2026-11-22"}
        tree = print_tree(content, fingerprint="0" * 64, label="1", kind="draft")
        called[trame.key] = tree["subtitle"].partition(" ")[0]
    assert called.pop("avenant-prorogation") == "AVENANT"
    assert set(called.values()) == {"CONTRAT"}


def test_either_side_opens_the_same_table(store: Store) -> None:
    """Whoever opens has no more rights than another contact of any party."""
    ours = opened(store, an_opening()).negotiation_id
    theirs = opened(store, an_opening(AGENCY, author=Seat("dt@ars.example", "Déléguée", CONTACT))).negotiation_id
    for table in (ours, theirs):
        contacts = [member for member in rows(store, Member, table) if Right.REFERENT in member.rights]
        assert {member.party_id for member in contacts} == {party.id for party in rows(store, Party, table)}
        assert len({tuple(member.rights) for member in contacts}) == 1
    shape = [{(part.key, part.title) for part in rows(store, Part, table)} for table in (ours, theirs)]
    assert shape[0] == shape[1]


def test_who_opens_sits_and_the_others_are_invited(store: Store) -> None:
    table = opened(store, an_opening()).negotiation_id
    members = rows(store, Member, table)
    entered = [member for member in members if member.joined_at is not None]
    assert [member.title for member in entered] == ["Directeur général"]
    mails = rows(store, Mail, table)
    assert len(mails) == 3
    assert {mail.kind for mail in mails} == {"invitation"}
    with store.reading() as session:
        for member in members:
            authentication = Authentication(Method.PASSWORD, now())
            assert len(actors_of(session, person_id=member.person_id, authentication=authentication)) == 1
            actor_in(session, table, person_id=member.person_id, authentication=authentication)


def test_without_a_mail_server_each_link_is_given_once_by_hand(store: Store) -> None:
    table = opened(store, an_opening(), carried=Carried.BY_HAND)
    assert len({one.token for one in table.invited}) == 3
    assert rows(store, Mail, table.negotiation_id) == []


def test_every_deciding_party_agrees_on_each_clause(store: Store) -> None:
    partner = SeatedParty(
        PartyKind.PARTNER, "SIAO", "SIAO", (Seat("a@siao.example", "Chargée", (Right.ADMINISTRATEUR,)),)
    )
    opening = an_opening()
    table = opened(store, replace(opening, parties=(*opening.parties, partner))).negotiation_id
    with store.reading() as session:
        query = select(col(ClauseParty.clause_id), func.count()).group_by(col(ClauseParty.clause_id))
        assert {count for _, count in session.execute(query)} == {3}
    assert len(rows(store, Party, table)) == 4


def test_the_history_begins_with_the_opening_and_names_no_address(store: Store) -> None:
    table = opened(store, an_opening()).negotiation_id
    (entry,) = rows(store, HistoryEntry, table)
    assert (entry.kind, entry.circle, entry.sequence) == ("negotiation.opened", "shared", 1)
    assert "@" not in entry.payload
    assert "990000201" in entry.payload


def test_a_template_is_filled_with_what_the_opening_knows(store: Store) -> None:
    table = opened(store, an_opening()).negotiation_id
    texts = "\n".join(row.working_text for row in rows(store, Clause, table))
    assert "entre **Fondation Orlinde**, l’**ARS Vyre** et le **Département de la Vyre**" in texts
    assert "entre en vigueur le **1er janvier 2027**" in texts.replace("\xa0", " ")
    assert "organisme gestionnaire\\]" not in texts
    assert "\\[deux mois\\]" in texts, "what nobody decided yet stays to complete"


def test_a_double_click_opens_one_table(store: Store) -> None:
    first = opened(store, an_opening(), request_key="k1")
    again = opened(store, an_opening(), request_key="k1")
    assert again.negotiation_id == first.negotiation_id
    assert again.invited == ()
    assert opened(store, an_opening(), request_key="k2").negotiation_id != first.negotiation_id


def wrong() -> Iterator[tuple[str, Opening]]:
    opening = an_opening()
    og, ars, cd = opening.parties
    yield "years", replace(opening, years=6)
    yield "extension_months", replace(opening, extension_months=13)
    yield "signature_on", replace(opening, signature_on=date(2032, 1, 1))
    yield "parties", replace(opening, parties=(og, og, ars))
    yield "parties", replace(opening, parties=(og,))
    yield "mine", replace(opening, mine=7)
    yield "parties.1", replace(opening, parties=(og, replace(ars, seats=()), cd))
    yield (
        "parties.1.seats.0.email",
        replace(opening, parties=(og, replace(ars, seats=(Seat("moi@orlinde.example", "X", CONTACT),)), cd)),
    )
    yield "structures.0.finess", replace(opening, structures=(replace(opening.structures[0], finess="12"),))
    yield "structures.1.finess", replace(opening, structures=(opening.structures[0],) * 2)
    yield "structures.0.funders", replace(opening, structures=(replace(opening.structures[0], funders=("og",)),))


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_what_cannot_be_a_table_is_refused_whole(store: Store) -> None:
    for place, opening in wrong():
        with pytest.raises(InvalidInput) as refused:
            opened(store, opening)
        assert refused.value.detail["field"] == place
    with store.reading() as session:
        assert session.execute(select(func.count()).select_from(Negotiation)).scalar_one() == 0


def test_a_contact_invites_for_his_own_party_from_the_first_day(store: Store) -> None:
    table = opened(store, an_opening(AGENCY, author=Seat("dt@ars.example", "Déléguée", CONTACT)))
    members = {member.id: member for member in rows(store, Member, table.negotiation_id)}
    og = members[table.invited[0].member_id]
    with store.reading() as session:
        authentication = Authentication(Method.PASSWORD, now())
        actor = actor_in(session, table.negotiation_id, person_id=og.person_id, authentication=authentication)
    assert Role.PARTY_ADMINISTRATOR in actor.roles


def test_a_preparation_is_its_authors_alone(store: Store) -> None:
    author, other = person(store, "a@x.example"), person(store, "b@x.example")
    with store.unit_of_work() as uow:
        kept = keep_draft(uow, author, {"title": ["CPOM"]}, title="CPOM")
    with store.reading() as session:
        assert [draft.id for draft in drafts_of(session, author)] == [kept]
        assert drafts_of(session, other) == ()
    with store.unit_of_work() as uow:
        drop_draft(uow, author, kept)
    with store.reading() as session:
        assert drafts_of(session, author) == ()
