"""Two states of the contract side by side: what each says of every clause. No text is kept twice: all is asked again.

A state is a date, now, a version of each clause, the last position of a party, what is agreed, a frozen version, or the
last text that the table commune tabled. Of one's own party alone, a position is also what it wrote inside.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import TEXT_MOVES, Circle, ClauseState, Move, ValueKind
from negotiation.store.contract import Clause, Part
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.queries.at_date import Source, clauses_at
from negotiation.store.queries.shape_at import Shape
from negotiation.store.queries.told_at import DECLARED
from negotiation.store.queries.visibility import on_the_table, visible
from negotiation.store.record import FrozenVersion


class StateKind(StrEnum):
    DATE = "date"
    NOW = "now"
    VERSION = "version"
    PARTY = "party"
    AGREED = "agreed"
    FROZEN = "frozen"
    COMMON = "common"


WHOLE = frozenset({StateKind.DATE, StateKind.NOW, StateKind.FROZEN})
"""States that speak of every clause that was there; the others leave out those that they don't touch."""


@dataclass(frozen=True)
class State:
    """What is compared. `moment`, `shape`: of a date, or of now; what is agreed is so today; `number`: of a
    version; `id`: of a party or a frozen version."""

    kind: StateKind
    moment: datetime | None = None
    shape: Shape | None = None
    number: int = 0
    id: str = ""


@dataclass(frozen=True)
class Said:
    """What a state says of a clause. `is_known`: it is recorded, be it nothing; `number`, `author_id`: of the version,
    where it is one; `is_inside`: only the reader's party reads it."""

    text: str = ""
    value: Any = None
    is_known: bool = True
    number: int | None = None
    author_id: str | None = None
    is_inside: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.text and self.value is None

    def same_as(self, other: "Said") -> bool:
        return (self.text, self.value) == (other.text, other.value)


NOTHING = Said()


def said_by(session: Session, actor: Actor, state: State, *, of: Collection[str]) -> dict[str, Said]:
    """By clause id; a clause of which the state says nothing is absent. Raises NotFound."""
    return _READING[state.kind](session, actor, state, of)


def _at_date(session: Session, actor: Actor, state: State, of: Collection[str]) -> dict[str, Said]:
    assert state.moment is not None and state.shape is not None
    there = set(of) - state.shape.later
    found = clauses_at(session, actor, state.moment, shape=state.shape, only=there)
    return {
        each.id: Said(
            each.text,
            each.value,
            is_known=each.source is not Source.UNKNOWN,
            number=each.version.number if each.version else None,
            author_id=each.version.author_id if each.version else None,
        )
        for each in found.values()
    }


def _agreed(session: Session, actor: Actor, state: State, of: Collection[str]) -> dict[str, Said]:
    """What is agreed today stands on the clause: no move of a long history is told again."""
    followed, version, value_of = aliased(Clause), aliased(Version), aliased(Version)
    columns: tuple[Any, ...] = (
        col(Clause.id), col(Clause.state), col(Clause.working_text), col(Clause.working_value), col(Clause.attributes),
        col(version.text), col(version.value), col(version.number), col(version.author_party_id),
        col(value_of.value).label("followed"), col(value_of.number).label("followed_number"),
        col(value_of.author_party_id).label("followed_author"),
    )  # fmt: skip
    query = (
        select(*columns)
        .outerjoin(version, col(version.id) == Clause.agreed_version_id)
        .outerjoin(followed, (col(followed.id) == Clause.follows_id) & (col(followed.state) == ClauseState.AGREED))
        .outerjoin(value_of, col(value_of.id) == followed.agreed_version_id)
        .where(
            col(Clause.negotiation_id) == actor.negotiation_id,
            on_the_table(Clause.circle),
            col(Clause.id).in_(sorted(of)),
            (col(Clause.state) == ClauseState.AGREED) | col(value_of.id).is_not(None),
        )
    )
    return {row.id: _agreed_words(row) for row in session.execute(query)}


def _agreed_words(row: Any) -> Said:
    """A cell that follows an engagement shows its value beside its own words."""
    if row.followed_number is not None:
        own = row.text if row.number else row.working_text
        words = "" if DECLARED in row.attributes and row.state is not ClauseState.AGREED else own
        return Said(words, row.followed, number=row.followed_number, author_id=row.followed_author)
    if row.number is None:  # as the file's signature declares it
        return Said(row.working_text, row.working_value)
    return Said(row.text, row.value, number=row.number, author_id=row.author_party_id)


def _version(session: Session, actor: Actor, state: State, of: Collection[str]) -> dict[str, Said]:
    return _tabled(session, actor, of, col(Version.number) == state.number)


def _common(session: Session, actor: Actor, state: State, of: Collection[str]) -> dict[str, Said]:
    return _tabled(session, actor, of, col(Version.author_party_id).is_(None))


def _tabled(session: Session, actor: Actor, of: Collection[str], which: Any) -> dict[str, Said]:
    columns = (
        Version.negotiation_id, Version.clause_id, Version.text, Version.value, Version.number, Version.author_party_id,
    )  # fmt: skip
    # By the clauses alone, and in no order: else SQLite would read all the versions of the table.
    query = select(*(col(column) for column in columns)).where(col(Version.clause_id).in_(sorted(of)), which)
    return {
        row.clause_id: Said(row.text, row.value, number=row.number, author_id=row.author_party_id)
        for row in sorted(session.execute(query), key=lambda row: row.number)
        if row.negotiation_id == actor.negotiation_id
    }


def _position(session: Session, actor: Actor, state: State, of: Collection[str]) -> dict[str, Said]:
    """The last text that the party put forward and didn't take back: before all parties, or inside when it is ours."""
    taken_back = exists().where(
        col(MoveRow.negotiation_id) == actor.negotiation_id,
        on_the_table(MoveRow.circle),
        col(MoveRow.clause_id) == col(Version.clause_id),
        col(MoveRow.type) == Move.WITHDRAWAL,
        col(MoveRow.version_id) == col(Version.id),
    )
    newest = (
        select(col(Version.number))
        .where(col(Version.clause_id) == col(Clause.id), col(Version.author_party_id) == state.id, ~taken_back)
        .order_by(col(Version.number).desc())
        .limit(1)
        .correlate(Clause)
        .scalar_subquery()
    )
    tabled = aliased(Version)
    columns = (tabled.id, tabled.clause_id, tabled.text, tabled.value, tabled.number)
    shared = (
        select(*(col(column) for column in columns))
        .select_from(Clause)
        .join(tabled, (col(tabled.clause_id) == col(Clause.id)) & (col(tabled.number) == newest))
        .where(col(Clause.negotiation_id) == actor.negotiation_id, col(Clause.id).in_(sorted(of)))
    )
    last = session.execute(shared).all()
    found = {row.clause_id: Said(row.text, row.value, number=row.number, author_id=state.id) for row in last}
    return found | _inside(session, actor, of, after=[row.id for row in last]) if state.id == actor.party_id else found


def _inside(session: Session, actor: Actor, of: Collection[str], *, after: list[str]) -> dict[str, Said]:
    """What the reader’s party last wrote inside, where it tabled nothing since. `after`: what it tabled last."""
    tabled = select(col(MoveRow.clause_id), col(MoveRow.rank)).where(
        col(MoveRow.clause_id).in_(sorted(of)),
        on_the_table(MoveRow.circle),
        col(MoveRow.type).in_(TEXT_MOVES),
        col(MoveRow.version_id).in_(after),
    )
    ours = select(col(MoveRow.clause_id), col(MoveRow.rank), col(MoveRow.text), col(MoveRow.value)).where(
        col(MoveRow.negotiation_id) == actor.negotiation_id,
        col(MoveRow.clause_id).in_(sorted(of)),
        col(MoveRow.circle) == str(Circle.inside(actor.party_id)),
        visible(MoveRow.circle, actor),
        col(MoveRow.type).in_(TEXT_MOVES),
    )
    written = {row.clause_id: row for row in session.execute(ours.order_by(col(MoveRow.rank)))}
    ranks = dict(session.execute(tabled).all()) if written else {}
    return {
        clause_id: Said(row.text, row.value, author_id=actor.party_id, is_inside=True)
        for clause_id, row in written.items()
        if row.rank > ranks.get(clause_id, 0)
    }


def _frozen(session: Session, actor: Actor, state: State, of: Collection[str]) -> dict[str, Said]:
    row = session.get(FrozenVersion, state.id)
    if row is None or row.negotiation_id != actor.negotiation_id:
        raise NotFound()
    said = dict(_clauses_of(json.loads(row.content)["parts"]))
    query = (
        select(col(Clause.id), col(Part.key), col(Part.kind), col(Clause.field))
        .join(Part, col(Part.id) == Clause.part_id)
        .where(col(Clause.negotiation_id) == actor.negotiation_id, col(Clause.id).in_(sorted(of)))
    )
    return {
        clause_id: said[kind, key, name]
        for clause_id, key, kind, name in session.execute(query)
        if (kind, key, name) in said
    }


def _clauses_of(parts: list[dict[str, Any]]) -> Iterator[tuple[tuple[str, str, str], Said]]:
    """By kind and key of the part, and field. The article that lists the engagements again says no more."""
    for part in parts:
        for clause in part["clauses"]:
            yield (part["kind"], part["key"], clause["field"]), Said(clause["text"], clause["value"])
        yield from _clauses_of(part["parts"])


_READING: Mapping[StateKind, Callable[[Session, Actor, State, Collection[str]], dict[str, Said]]] = {
    StateKind.DATE: _at_date,
    StateKind.NOW: _at_date,
    StateKind.AGREED: _agreed,
    StateKind.VERSION: _version,
    StateKind.COMMON: _common,
    StateKind.PARTY: _position,
    StateKind.FROZEN: _frozen,
}


@dataclass(frozen=True)
class NamedClause:
    """What a page names a clause by, and shows its values with."""

    id: str
    part_id: str
    code: str
    label: str
    value_kind: ValueKind
    unit: str
    attributes: dict[str, Any]


def names_of_clauses(session: Session, actor: Actor, clause_ids: Collection[str]) -> dict[str, NamedClause]:
    """Of shared clauses only, by id."""
    columns = (
        Clause.id, Clause.part_id, Clause.code, Clause.label, Clause.value_kind, Clause.unit, Clause.attributes,
    )  # fmt: skip
    query = select(*(col(column) for column in columns)).where(
        col(Clause.negotiation_id) == actor.negotiation_id,
        on_the_table(Clause.circle),
        col(Clause.id).in_(sorted(clause_ids)),
    )
    return {row.id: NamedClause(*row) for row in session.execute(query)}


def most_versions(session: Session, actor: Actor) -> int:
    """The number of the newest version that a shared clause has."""
    query = select(func.max(col(Clause.versions))).where(
        col(Clause.negotiation_id) == actor.negotiation_id, on_the_table(Clause.circle)
    )
    return session.execute(query).scalar() or 0
