"""What `#` names: engagements, and whatever part of the contract has a code; for one reader, in one audience.

A message keeps the ids of what it names; one that came with a file keeps the keys of that file. Each reader is shown
those that are his to read and no other: what is hidden is no reference.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, Select, select
from sqlmodel import Session, col

from negotiation.rules.policy import Actor
from negotiation.rules.references import same_sign, sign_of
from negotiation.rules.vocabulary import Circle, ClauseKind, PartKind
from negotiation.store.contract import Clause, Part
from negotiation.store.queries.visibility import visible

_KEY = "engagement."
"""Before the key of an engagement that came with a file, in `Clause.field`."""


@dataclass(frozen=True)
class Reference:
    """What a sign leads to: a clause, or a part where `clause_id` is None. `sign` is typed after `#`."""

    sign: str
    title: str
    part_id: str
    clause_id: str | None = None

    @property
    def id(self) -> str:
        return self.clause_id or self.part_id

    @property
    def address(self) -> str:
        """Within the negotiation for a part, of its own for a clause."""
        return f"/clauses/{self.clause_id}#clause-{self.clause_id}" if self.clause_id else f"/texte/{self.part_id}"


def references_offered(session: Session, actor: Actor, circles: Iterable[Circle]) -> tuple[Reference, ...]:
    """All that has a sign and is read in these circles, in the order of the contract; the first of two alike."""
    read = [str(circle) for circle in circles]
    parts = session.execute(_parts(actor, col(Part.circle).in_(read), col(Part.dropped_at).is_(None))).all()
    clauses = session.execute(
        _clauses(actor, col(Clause.circle).in_(read), col(Clause.code) != "", col(Part.dropped_at).is_(None))
    ).all()
    found: dict[str, Reference] = {}
    for reference in (*map(_of_clause, clauses), *map(_of_part, parts)):
        if reference.sign:
            found.setdefault(same_sign(reference.sign), reference)
    return tuple(found.values())


def references_named(session: Session, actor: Actor, names: Iterable[str]) -> dict[str, Reference]:
    """What messages name, by id or key; without what this person doesn't read. No order for none."""
    wanted = sorted(set(names))
    if not wanted:
        return {}
    keys = {f"{_KEY}{name}": name for name in wanted}
    clauses = session.execute(_clauses(actor, col(Clause.id).in_(wanted) | col(Clause.field).in_(list(keys)))).all()
    parts = session.execute(_parts(actor, col(Part.id).in_(wanted) | col(Part.key).in_(wanted))).all()
    by_key = {row.key: _of_part(row) for row in parts}
    by_field = {keys[row.field]: _of_clause(row) for row in clauses if row.field in keys}
    by_id = {each.id: each for each in (*map(_of_part, parts), *map(_of_clause, clauses))}
    found = by_key | by_field | by_id
    return {name: found[name] for name in wanted if name in found and found[name].sign}


def _parts(actor: Actor, *which: ColumnElement[bool]) -> Select[str, str, PartKind, str, str]:
    return (
        select(col(Part.id), col(Part.key), col(Part.kind), col(Part.code), col(Part.title))
        .where(col(Part.negotiation_id) == actor.negotiation_id, visible(Part.circle, actor), *which)
        .order_by(col(Part.document_id), col(Part.position))
    )


def _clauses(actor: Actor, *which: ColumnElement[bool]) -> Select[str, str, str, str, str]:
    return (
        select(col(Clause.id), col(Clause.part_id), col(Clause.field), col(Clause.code), col(Clause.label))
        .join(Part, col(Part.id) == Clause.part_id)
        .where(
            col(Clause.negotiation_id) == actor.negotiation_id,
            col(Clause.kind) == ClauseKind.ENGAGEMENT,
            visible(Clause.circle, actor),
            *which,
        )
        .order_by(col(Clause.code))
    )


def _of_part(row: Row[str, str, PartKind, str, str]) -> Reference:
    return Reference(sign_of(row.code, row.kind), row.title, row.id)


def _of_clause(row: Row[str, str, str, str, str]) -> Reference:
    return Reference(sign_of(row.code), row.label, row.part_id, row.id)
