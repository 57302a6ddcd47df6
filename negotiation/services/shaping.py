"""The shape of the contract: its order, its titles, what is dropped from it and restored.

Whatever is still prepared inside a circle is shaped there alone: its place, its codes and its trace say nothing to the
others. On the table every change leaves its before and its after in the shared chain.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import AlreadyDone, CannotShape, Frozen, InvalidInput, NotFound, PartInUse
from negotiation.events import Event, Kind
from negotiation.rules.clause_text import readable_text
from negotiation.rules.policy import Actor, sees
from negotiation.rules.vocabulary import OUTSIDE_CONTRACT, SHARED, Action, Circle, ClauseState, Move, VisaState
from negotiation.services.access import require
from negotiation.services.moves import play
from negotiation.services.orders import Order, Seen
from negotiation.store.columns import now
from negotiation.store.contract import Clause, Part
from negotiation.store.exchange import Version
from negotiation.store.inside import VisaRequest
from negotiation.store.people import Party
from negotiation.store.queries.visibility import on_the_table, visible
from negotiation.store.unit_of_work import UnitOfWork

Row = TypeVar("Row", Part, Clause)
LONGEST_TITLE = 300
INSIDE_FROM = 1_000_000
"""Positions of what is still inside: after all that is shared, whose numbers they never shift."""


class Step(StrEnum):
    UP = "up"
    DOWN = "down"


def rename_part(uow: UnitOfWork, actor: Actor, part_id: str, title: str) -> None:
    """Change the title of a part, as long as nothing in it was agreed.

    Raises NotFound, NotAllowed, Frozen, InvalidInput, UnreadableText, CannotShape.
    """
    part = open_part(uow, actor, part_id)
    after = readable_title(title)
    if after == part.title:
        return
    refuse_while_waiting(uow, actor, part)
    if any(_was_agreed(clause) for clause in clauses_of_parts(uow, [part])):
        raise CannotShape(reason="title_agreed")
    before, part.title = part.title, after
    record_part(uow, actor, part, kind=Kind.PART_CHANGED, facts={"before": before})


def move_part(uow: UnitOfWork, actor: Actor, part_id: str, *, to: Step | None = None, after: str = "") -> None:
    """One place up or down, or right after another part of the same kind at the same place of the tree.

    Raises NotFound, NotAllowed, Frozen, CannotShape.
    """
    part = open_part(uow, actor, part_id)
    siblings = _siblings(uow, part)
    ordered = _reordered(siblings, part, to=to, after=after)
    if ordered == siblings:
        return
    for place, sibling in zip([each.position for each in siblings], ordered, strict=True):
        sibling.position = place
    uow.session.flush()
    order = {"before": [each.id for each in siblings], "after": [each.id for each in ordered]}
    if is_shared(part):
        renumber(uow, part.document_id)
    record_part(uow, actor, part, kind=Kind.PART_MOVED, facts=order)


def move_clause(uow: UnitOfWork, actor: Actor, clause_id: str, *, to: Step | None = None, after: str = "") -> None:
    """The same for a clause among those of its part. Raises the same."""
    clause = _visible_clause(uow, actor, clause_id)
    part = open_part(uow, actor, clause.part_id)
    siblings = [each for each in clauses_of_parts(uow, [part]) if each.kind is clause.kind]
    ordered = _reordered(siblings, clause, to=to, after=after)
    if ordered == siblings:
        return
    for place, sibling in zip([each.position for each in siblings], ordered, strict=True):
        sibling.position = place
    order = {"before": [each.id for each in siblings], "after": [each.id for each in ordered], "clause": clause.id}
    record_part(uow, actor, part, kind=Kind.PART_MOVED, facts=order, clause_id=clause.id)


def drop_part(uow: UnitOfWork, actor: Actor, part_id: str) -> None:
    """Leave a shared part, and what hangs below it, out of the contract. What my own party had tabled is withdrawn.

    Raises PartInUse when others tabled, accepted or reserved something in it: that is given up by consent, clause by
    clause. Raises NotFound, NotAllowed, Frozen, AlreadyDone, CannotShape for what is still inside.
    """
    part = open_part(uow, actor, part_id)
    if not is_shared(part):
        raise CannotShape(reason="inside")
    if part.dropped_at is not None:
        raise AlreadyDone()
    parts = [each for each in family(uow, part) if is_shared(each) and each.dropped_at is None]
    clauses = clauses_of_parts(uow, parts)
    if any(_others_use(uow, actor, clause) for clause in clauses):
        raise PartInUse()
    for clause in clauses:
        if clause.current_version_id:
            version = uow.session.get_one(Version, clause.current_version_id)
            play(uow, actor, clause.id, Order(Move.WITHDRAWAL, seen=Seen(version.number, version.fingerprint)))
    moment = now()
    for each in parts:
        each.dropped_at, each.dropped_by = moment, actor.member_id
    record_part(uow, actor, part, kind=Kind.PART_DROPPED, facts={"parts": [each.id for each in parts]})


def restore_part(uow: UnitOfWork, actor: Actor, part_id: str) -> None:
    """Take a dropped part back into the contract, with what was dropped with it.

    Raises NotFound, NotAllowed, Frozen, AlreadyDone, CannotShape when the part above it is dropped.
    """
    part = open_part(uow, actor, part_id)
    if part.dropped_at is None:
        raise AlreadyDone()
    above = uow.session.get(Part, part.parent_id) if part.parent_id else None
    if above is not None and above.dropped_at is not None:
        raise CannotShape(reason="dropped_above")
    together = (part.dropped_at, part.dropped_by)
    parts = [each for each in family(uow, part) if (each.dropped_at, each.dropped_by) == together]
    for each in parts:
        each.dropped_at, each.dropped_by = None, None
    record_part(uow, actor, part, kind=Kind.PART_RESTORED, facts={"parts": [each.id for each in parts]})


# ---------------------------------------------------------------------- shared by the services that shape


def open_part(uow: UnitOfWork, actor: Actor, part_id: str) -> Part:
    """The part, with its negotiation locked, for somebody who may shape it.

    Raises NotFound, NotAllowed, Frozen, and CannotShape for a relevé: its passages are those of its séance.
    """
    part = uow.session.get(Part, part_id)
    if part is None or part.negotiation_id != actor.negotiation_id or not sees(actor, Circle.parse(part.circle)):
        raise NotFound()
    require(actor, Action.SHAPE, circle=Circle.parse(part.circle))
    if part.kind in OUTSIDE_CONTRACT:
        raise CannotShape(reason="minutes")
    if uow.lock(part.negotiation_id).frozen_at is not None:
        raise Frozen()
    uow.refresh(part)
    return part


def refuse_while_waiting(uow: UnitOfWork, actor: Actor, part: Part) -> None:
    """What waits for a visa stays, with all that would leave with it, as it was read. Raises CannotShape.

    A visa of the actor's own party: of one that another authority waits for, nothing is told.
    """
    if is_shared(part):
        return
    clauses = clauses_of_parts(uow, family(uow, top_inside(uow, part)))
    query = select(col(VisaRequest.id)).where(
        col(VisaRequest.clause_id).in_([clause.id for clause in clauses]),
        visible(VisaRequest.circle, actor),
        col(VisaRequest.state) == VisaState.WAITING,
    )
    if uow.session.execute(query).first():
        raise CannotShape(reason="visa_pending")


def top_inside(uow: UnitOfWork, part: Part) -> Part:
    """The part with which this one goes on the table."""
    while part.parent_id is not None:
        above = uow.session.get_one(Part, part.parent_id)
        if is_shared(above):
            break
        part = above
    return part


def readable_title(title: str) -> str:
    """A title on one line. Raises InvalidInput, UnreadableText."""
    line = " ".join(readable_text(title).split())
    if not line or len(line) > LONGEST_TITLE:
        raise InvalidInput(field="title")
    return line


def is_shared(row: Part | Clause) -> bool:
    return row.circle == str(SHARED)


def family(uow: UnitOfWork, part: Part) -> list[Part]:
    """The part and what hangs below it in the same circle or on the table, in the order of reading."""
    query = (
        select(Part)
        .where(col(Part.document_id) == part.document_id, col(Part.circle).in_({part.circle, str(SHARED)}))
        .order_by(col(Part.position), col(Part.id))
    )
    below: dict[str | None, list[Part]] = {}
    for each in uow.session.execute(query).scalars():
        below.setdefault(each.parent_id, []).append(each)

    def walk(top: Part) -> Iterable[Part]:
        yield top
        for child in below.get(top.id, ()):
            yield from walk(child)

    return list(walk(part))


def clauses_of_parts(uow: UnitOfWork, parts: Iterable[Part]) -> list[Clause]:
    """The clauses of these parts, in order."""
    ids = {part.id: place for place, part in enumerate(parts)}
    query = select(Clause).where(col(Clause.part_id).in_(list(ids)))
    found = list(uow.session.execute(query).scalars())
    return sorted(found, key=lambda clause: (ids[clause.part_id], clause.position, clause.id))


def renumber(uow: UnitOfWork, document_id: str) -> None:
    """The shared parts of a document numbered in the order of reading; what is inside has no number among them."""
    query = (
        select(Part)
        .where(col(Part.document_id) == document_id, on_the_table(Part.circle))
        .order_by(col(Part.position), col(Part.id))
    )
    parts = list(uow.session.execute(query).scalars())
    tops = [part for part in parts if part.parent_id is None]
    for position, part in enumerate((each for top in tops for each in _walked(parts, top)), start=1):
        part.position = position
    uow.session.flush()


def record_part(
    uow: UnitOfWork, actor: Actor, part: Part, *, kind: Kind, facts: dict[str, Any], clause_id: str | None = None
) -> None:
    """A fact about a part, in the part's own circle."""
    party = uow.session.get_one(Party, actor.party_id)
    named = {"part": part.id, "kind": str(part.kind), "code": part.code, "title": part.title, "party": party.key}
    circle = Circle.parse(part.circle)
    uow.record(Event(kind, part.negotiation_id, circle, actor.key, named | facts, clause_id=clause_id, part_id=part.id))


def _visible_clause(uow: UnitOfWork, actor: Actor, clause_id: str) -> Clause:
    query = select(Clause).where(
        col(Clause.id) == clause_id,
        col(Clause.negotiation_id) == actor.negotiation_id,
        visible(Clause.circle, actor),
    )
    clause: Clause | None = uow.session.execute(query).scalar_one_or_none()
    if clause is None:
        raise NotFound()
    return clause


def _walked(parts: Sequence[Part], top: Part) -> Iterable[Part]:
    yield top
    for child in parts:
        if child.parent_id == top.id:
            yield from _walked(parts, child)


def _siblings(uow: UnitOfWork, part: Part) -> list[Part]:
    query = (
        select(Part)
        .where(
            col(Part.document_id) == part.document_id,
            col(Part.parent_id) == part.parent_id if part.parent_id else col(Part.parent_id).is_(None),
            col(Part.kind) == part.kind,
            col(Part.circle) == part.circle,
            col(Part.dropped_at).is_(None),
        )
        .order_by(col(Part.position), col(Part.id))
    )
    return list(uow.session.execute(query).scalars())


def _reordered(siblings: list[Row], moved: Row, *, to: Step | None, after: str) -> list[Row]:
    """The same rows in the order that is asked. Raises CannotShape, NotFound."""
    if moved not in siblings:
        raise CannotShape(reason="dropped")
    ordered = [each for each in siblings if each is not moved]
    place: int = _place_after(ordered, after) if to is None else _place(siblings, moved, to)
    ordered.insert(place, moved)
    return ordered


def _place(siblings: list[Row], moved: Row, to: Step) -> int:
    return min(max(siblings.index(moved) + (1 if to is Step.DOWN else -1), 0), len(siblings) - 1)


def _place_after(others: list[Row], after: str) -> int:
    """The place after the row of that id; the first for none. Raises NotFound."""
    places = {each.id: place for place, each in enumerate(others, start=1)}
    if after and after not in places:
        raise NotFound()
    return places.get(after, 0)


def _was_agreed(clause: Clause) -> bool:
    return clause.state is ClauseState.AGREED or clause.agreed_version_id is not None


def _others_use(uow: UnitOfWork, actor: Actor, clause: Clause) -> bool:
    """Whether another party tabled, accepted, reserved or asked something that still stands, or it was agreed."""
    tabled = select(col(Version.author_party_id)).where(col(Version.clause_id) == clause.id)
    authors = set(uow.session.execute(tabled).scalars())
    standing = {*clause.behind, *clause.open_reserves, *clause.maintained_reserves}
    return _was_agreed(clause) or clause.request_kind is not None or bool((authors | standing) - {actor.party_id})
