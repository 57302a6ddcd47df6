"""What a part becomes once all parties read it: its number, its place, its tie to what it hangs from.

Codes count only what is or was on the table, so that no number ever tells that something was prepared inside.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import CannotShape
from negotiation.events import Kind
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import SHARED, Circle, ClauseKind, PartKind
from negotiation.services.setting_aside import leave_words
from negotiation.services.shaping import INSIDE_FROM, family, is_shared, record_part, renumber, top_inside
from negotiation.store.columns import now
from negotiation.store.contract import Clause, ClauseParty, Part
from negotiation.store.people import Party
from negotiation.store.queries.indicator_dates import ADDED_AT
from negotiation.store.queries.visibility import on_the_table
from negotiation.store.unit_of_work import UnitOfWork


def settle_on_table(uow: UnitOfWork, actor: Actor, part: Part) -> None:
    """Number and place a part that all parties now read, tie it to its parent, and say it in the shared chain."""
    part.circle = str(SHARED)
    part.code = _next_code(uow, part)
    part.attributes = part.attributes | {ADDED_AT: now().isoformat()}
    for clause in clauses_of_part(uow, part):
        clause.circle = str(SHARED)
        if clause.kind is ClauseKind.ENGAGEMENT and not clause.code:
            clause.code = next_engagement_code(uow, part.negotiation_id)
            uow.session.flush()
    part.position = INSIDE_FROM
    uow.session.flush()
    renumber(uow, part.document_id)
    _tie_to_parent(uow, part)
    record_part(uow, actor, part, kind=Kind.PART_ADDED, facts=added_facts(uow, part))


def share_shape(uow: UnitOfWork, actor: Actor, part: Part) -> None:
    """The part and what hangs below it, without a word proposed: what `inside_parts.share_part` does first.

    What the whole table reads came by a move: words that the actor's party doesn't propose as the part leaves, since
    another party's clause says them, stay a draft of those who wrote them.
    """
    for each in family(uow, part):
        if is_shared(each):
            continue
        for clause in clauses_of_part(uow, each):
            if says_something(clause) and not is_proposed_by(uow, clause, actor.party_id):
                leave_words(uow, clause, Circle.parse(each.circle))
        settle_on_table(uow, actor, each)


def is_proposed_by(uow: UnitOfWork, clause: Clause, party_id: str) -> bool:
    """Whether what this clause says inside is proposed by that party as its part goes on the table."""
    if clause.follows_id is not None or not says_something(clause):
        return False
    return uow.session.get(ClauseParty, (clause.id, party_id)) is not None


def says_something(clause: Clause) -> bool:
    return bool(clause.working_text) or clause.working_value is not None


def put_on_table(uow: UnitOfWork, actor: Actor, clause: Clause) -> None:
    """Before a move on this clause leaves: the part it was prepared in goes on the table, with all that goes with it.

    For whoever gives a visa. Does nothing where all parties read the clause already. Raises CannotShape.
    """
    part = uow.session.get_one(Part, clause.part_id)
    if is_shared(part):
        return
    top = top_inside(uow, part)
    may_stand(uow, top)
    share_shape(uow, actor, top)
    uow.session.flush()


def may_stand(uow: UnitOfWork, part: Part) -> None:
    """Whether what it hangs from is on the table. Raises CannotShape."""
    above = uow.session.get(Part, part.parent_id) if part.parent_id else None
    if above is not None and not is_shared(above):
        raise CannotShape(reason="inside_above")
    if above is not None and above.dropped_at is not None:
        raise CannotShape(reason="dropped_above")


def next_engagement_code(uow: UnitOfWork, negotiation_id: str) -> str:
    """« EN12 »: after the highest ever given on the table."""
    query = select(col(Clause.code)).where(col(Clause.negotiation_id) == negotiation_id, on_the_table(Clause.circle))
    return f"EN{_highest(uow.session.execute(query).scalars(), 'EN') + 1:02}"


def clauses_of_part(uow: UnitOfWork, part: Part) -> list[Clause]:
    """In order."""
    query = select(Clause).where(col(Clause.part_id) == part.id).order_by(col(Clause.position), col(Clause.id))
    return list(uow.session.execute(query).scalars())


_LETTERS = {PartKind.FICHE_ACTION: "FA", PartKind.INDICATOR: "I", PartKind.FUNDING_LINE: "L"}


def _next_code(uow: UnitOfWork, part: Part) -> str:
    """The number after the highest that this kind ever had on the table; « 2.3 » under its objective."""
    query = select(col(Part.code), col(Part.parent_id)).where(
        col(Part.document_id) == part.document_id,
        col(Part.kind) == part.kind,
        on_the_table(Part.circle),
        col(Part.id) != part.id,
    )
    given = uow.session.execute(query).all()
    if part.kind in _LETTERS:
        letters = _letters_in_use(row.code for row in given) or _LETTERS[part.kind]
        return f"{letters}{_highest((row.code for row in given), letters) + 1:02}"
    parent = uow.session.get(Part, part.parent_id) if part.parent_id else None
    stem = f"{parent.code}." if parent else ""
    return f"{stem}{_highest((row.code for row in given if row.parent_id == part.parent_id), stem) + 1}"


def _letters_in_use(codes: Iterable[str]) -> str:
    """« M », where a file numbers its lines M01, M02…"""
    found = [code.rstrip("0123456789") for code in codes if code[-1:].isdecimal()]
    return max(found, key=found.count, default="")


def _highest(codes: Iterable[str], stem: str) -> int:
    numbers = (code.removeprefix(stem) for code in codes if code.startswith(stem))
    return max((int(number) for number in numbers if number.isdecimal()), default=0)


_LISTED_IN = {
    PartKind.FICHE_ACTION: "fiche_action_ids",
    PartKind.INDICATOR: "indicator_ids",
    PartKind.FUNDING_LINE: "financial_line_ids",
}


def _tie_to_parent(uow: UnitOfWork, part: Part) -> None:
    parent = uow.session.get(Part, part.parent_id) if part.parent_id else None
    name = _LISTED_IN.get(part.kind)
    if parent is not None and name:
        parent.attributes = {**parent.attributes, name: [*(parent.attributes.get(name) or []), part.key]}


def added_facts(uow: UnitOfWork, part: Part) -> dict[str, Any]:
    """What a history needs to tell the part again: its place, and its fields with who agrees on them: `parties` of a
    field are said where they aren't all those of the part."""
    clauses = clauses_of_part(uow, part)
    query = select(ClauseParty).where(col(ClauseParty.clause_id).in_([clause.id for clause in clauses]))
    asked: dict[str, set[str]] = {clause.id: set() for clause in clauses}
    for row in uow.session.execute(query).scalars():
        asked[row.clause_id].add(row.party_id)
    everybody = set().union(*asked.values())
    return {
        "parent": part.parent_id,
        "place": part.position if is_shared(part) else None,
        "parties": keys_of(uow, everybody),
        "clauses": [
            {"clause": clause.id, "field": clause.field, "label": clause.label, "code": clause.code}
            | ({"parties": keys_of(uow, own)} if (own := asked[clause.id]) != everybody else {})
            for clause in clauses
        ],
    }


def keys_of(uow: UnitOfWork, party_ids: Iterable[str]) -> list[str]:
    """Keys of parties, sorted."""
    return sorted(uow.session.get_one(Party, party_id).key for party_id in party_ids)
