"""A clause whose text is cut in two, between two of its units: paragraphs, headings, items of a list."""

from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import CannotShape, InvalidInput
from negotiation.events import Event, Kind
from negotiation.rules.clause_text import canonical_markdown, version_fingerprint
from negotiation.rules.policy import Actor
from negotiation.rules.redline_model import TABLE_KINDS
from negotiation.rules.redline_units import split_units
from negotiation.rules.vocabulary import Action, Circle, ClauseKind, ClauseState, ValueKind
from negotiation.services.access import require
from negotiation.services.drafting import drafted_texts, restart_drafts
from negotiation.services.moves import open_clause
from negotiation.services.placing import keys_of
from negotiation.services.setting_aside import seed_added
from negotiation.services.shaping import is_shared, open_part, readable_title, refuse_while_waiting
from negotiation.store.columns import new_id
from negotiation.store.contract import Clause, ClauseParty
from negotiation.store.queries.clauses import ClauseCard, card_of
from negotiation.store.unit_of_work import UnitOfWork


def pieces(text: str) -> list[str]:
    """The text in the pieces between which it may be cut: a table is one of them."""
    found: list[str] = []
    in_table = False
    for unit in split_units(text):
        words = f"{unit.prefix}{unit.body}{unit.gap}"
        goes_on = in_table and unit.kind in TABLE_KINDS
        in_table = unit.kind in TABLE_KINDS
        if goes_on or (found and not unit.body.strip()):
            found[-1] += words
        elif words:
            found.append(words)
    return [piece for piece in found if piece.strip()]


def cannot_split(card: ClauseCard, text: str) -> str:
    """Why a clause of this text isn't cut, in a word (a reason of CannotShape); empty when it may be."""
    if card.kind is not ClauseKind.TEXT or card.value_kind is not ValueKind.NONE or card.follows_id:
        return "valued"
    if card.state is ClauseState.AGREED or card.situation.was_agreed:
        return "agreed"
    if card.situation.current:
        return "tabled"
    return "" if len(pieces(text)) > 1 else "one_unit"


def split_clause(uow: UnitOfWork, actor: Actor, clause_id: str, *, after: int, label: str = "") -> str:
    """Cut the working text after so many of its pieces; the rest becomes the text of a new clause, whose id this is.

    Raises NotFound, NotAllowed, Frozen, CannotShape, InvalidInput, UnreadableText.
    """
    clause = open_clause(uow, actor, clause_id)
    circle = Circle.parse(clause.circle)
    require(actor, Action.SHAPE, circle=circle)
    part = open_part(uow, actor, clause.part_id)
    refuse_while_waiting(uow, actor, part)
    drafted = drafted_texts(uow.session, part.id, circle=circle).get(clause.id)
    if is_shared(part) and drafted not in (None, clause.working_text):
        raise CannotShape(reason="drafted")
    text = clause.working_text if drafted is None else drafted
    card = card_of(uow.session, actor, clause.id)
    if reason := cannot_split(card, text) if card else "valued":
        raise CannotShape(reason=reason)
    found = pieces(text)
    if not 0 < after < len(found):
        raise InvalidInput(field="after")
    first, second = (canonical_markdown("".join(cut)) for cut in (found[:after], found[after:]))
    name = readable_title(label) if label.strip() else f"{clause.label} (suite)"
    rest = _write_rest(uow, clause, second, label=name)
    clause.working_text = first
    uow.session.flush()
    seed_added(uow, rest)
    if drafted is not None:
        restart_drafts(uow, clause, circle=circle)
    _record(uow, actor, clause, rest, before=text)
    return rest.id


def _write_rest(uow: UnitOfWork, clause: Clause, text: str, *, label: str) -> Clause:
    """The new clause, right after the one it comes from, with the same parties."""
    part_clauses = select(Clause).where(col(Clause.part_id) == clause.part_id)
    for later in uow.session.execute(part_clauses).scalars():
        if later.kind is clause.kind and later.position > clause.position:
            later.position += 1
    rest = Clause(
        id=new_id(),
        negotiation_id=clause.negotiation_id,
        part_id=clause.part_id,
        kind=clause.kind,
        field=f"libre.{new_id()}",
        label=label,
        position=clause.position + 1,
        value_kind=clause.value_kind,
        working_text=text,
        attributes={"working": True},
        circle=clause.circle,
    )
    uow.session.add(rest)
    uow.session.flush()
    concerned = select(col(ClauseParty.party_id)).where(col(ClauseParty.clause_id) == clause.id)
    parties = list(uow.session.execute(concerned).scalars())
    uow.session.add_all(ClauseParty(clause_id=rest.id, party_id=party) for party in parties)
    uow.session.flush()
    return rest


def _record(uow: UnitOfWork, actor: Actor, clause: Clause, rest: Clause, *, before: str) -> None:
    parties = select(col(ClauseParty.party_id)).where(col(ClauseParty.clause_id) == rest.id)
    facts = {
        "clause": clause.id,
        "into": rest.id,
        "label": rest.label,
        "before": version_fingerprint(before, None),
        "fingerprint": version_fingerprint(clause.working_text, None),
        "rest": version_fingerprint(rest.working_text, None),
        "parties": keys_of(uow, uow.session.execute(parties).scalars()),
    }
    circle = Circle.parse(clause.circle)
    uow.record(
        Event(
            Kind.CLAUSE_SPLIT,
            clause.negotiation_id,
            circle,
            actor.key,
            facts,
            clause_id=clause.id,
            part_id=clause.part_id,
        )
    )
