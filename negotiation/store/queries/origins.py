"""The texts of a contract with who first proposed their words, as far as it was derived; and what derives it.

A version is what everybody at the table reads, and so are the words of a clause of the table: a part that a party still
prepares inside is left out for everybody.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import OUTSIDE_CONTRACT, TEXT_MOVES, ClauseKind, Move, PartKind
from negotiation.store.contract import Clause, Document, Part
from negotiation.store.derived import VersionOrigin
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.queries.exchanges import WRITTEN
from negotiation.store.queries.visibility import on_the_table, visible

RULE = 1
"""Of `drafting.authorship_versions`, as it derives today."""

Runs = tuple[tuple[str | None, int, int], ...]
"""(party id | None | "?", first version, words) in a row."""

_ADDED = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The key of a part that came with no template and no file: `columns.new_id`."""
_SHOWN = func.coalesce(col(Clause.agreed_version_id), col(Clause.current_version_id))


@dataclass(frozen=True)
class OriginatedPart:
    """A part of the contract that says something, and how many of its clauses were tabled."""

    id: str
    code: str
    title: str
    kind: PartKind
    tabled: int


@dataclass(frozen=True)
class OriginatedText:
    """The text of a clause: agreed, else on the table, else as it was when the table opened (`number` None).

    `runs` None: not derived yet.
    """

    clause_id: str
    part_id: str
    kind: ClauseKind
    code: str
    label: str
    text: str
    version_id: str | None
    number: int | None
    is_agreed: bool
    runs: Runs | None


@dataclass(frozen=True)
class TabledText:
    """A version as `authorship_versions.Tabled` wants it, with what it is reached by."""

    version_id: str
    number: int
    text: str
    by: str | None
    base: int | None
    written: tuple[tuple[str | None, int], ...]
    at: datetime
    move_id: str | None


def _of_the_contract(actor: Actor) -> ColumnElement[bool]:
    return (
        (col(Clause.negotiation_id) == actor.negotiation_id)
        & visible(Clause.circle, actor)
        & on_the_table(Clause.circle)
        & col(Part.dropped_at).is_(None)
        & col(Part.kind).not_in(OUTSIDE_CONTRACT)
    )


def originated_texts(
    session: Session, actor: Actor, part_ids: Iterable[str] | None = None
) -> tuple[OriginatedText, ...]:
    """In the order of the contract; of these parts, or of all. A clause that says nothing isn't among them."""
    query = (
        select(Clause, col(Version.id), col(Version.number), col(Version.text), col(VersionOrigin.runs))
        .join(Part, col(Part.id) == Clause.part_id)
        .join(Document, col(Document.id) == Part.document_id)
        .outerjoin(Version, col(Version.id) == _SHOWN)
        .outerjoin(VersionOrigin, (col(VersionOrigin.version_id) == Version.id) & (col(VersionOrigin.rule) == RULE))
        .where(_of_the_contract(actor), (col(Clause.working_text) != "") | col(Version.id).is_not(None))
        .order_by(col(Document.kind), col(Part.position), col(Clause.position), col(Clause.id))
    )
    if part_ids is not None:
        query = query.where(col(Clause.part_id).in_(sorted(part_ids)))
    found = [_text(*row) for row in session.execute(query)]
    return tuple(each for each in found if each.text.strip())


def _text(clause: Clause, version_id: str | None, number: int | None, text: str | None, runs: Any) -> OriginatedText:
    return OriginatedText(
        clause_id=clause.id,
        part_id=clause.part_id,
        kind=clause.kind,
        code=clause.code,
        label=clause.label,
        text=clause.working_text if text is None else text,
        version_id=version_id,
        number=number,
        is_agreed=clause.agreed_version_id is not None,
        runs=None if runs is None else tuple((author, since, words) for author, since, words in runs),
    )


def underived(session: Session, limit: int, but: Collection[str] = ()) -> list[str]:
    """Ids of clauses of any table whose shown text was not derived yet, or by a former rule; some left out."""
    derived = select(col(VersionOrigin.version_id)).where(
        col(VersionOrigin.version_id) == _SHOWN, col(VersionOrigin.rule) == RULE
    )
    query = select(col(Clause.id)).where(_SHOWN.is_not(None), ~derived.exists(), col(Clause.id).not_in(sorted(but)))
    return list(session.execute(query.order_by(col(Clause.id)).limit(limit)).scalars())


def starting_text(session: Session, clause_id: str) -> str:
    """What stood there before anybody proposed: of the template or the file that opened the table. A part that
    somebody added has none: what was prepared inside for it is the words of who prepared it."""
    query = select(col(Clause.working_text), col(Part.key)).join(Part, col(Part.id) == Clause.part_id)
    text, key = session.execute(query.where(col(Clause.id) == clause_id)).one()
    return "" if _ADDED.fullmatch(key) else str(text)


def tabled_texts(session: Session, clause_id: str) -> tuple[TabledText, ...]:
    """Every version of a clause in its order, up to the one that it shows."""
    query = select(Version).where(col(Version.clause_id) == clause_id).order_by(col(Version.number))
    versions = session.execute(query).scalars().all()
    numbers = {version.id: version.number for version in versions}
    # By the clause, which has an index: joined by their versions, all the moves of all the tables are read for each.
    moves = select(MoveRow).where(col(MoveRow.clause_id) == clause_id, col(MoveRow.type).in_(TEXT_MOVES))
    tabling = {move.version_id: move for move in session.execute(moves).scalars() if move.version_id}
    return tuple(
        _tabled(version, numbers.get(version.base_version_id or ""), tabling.get(version.id)) for version in versions
    )


_ASKED = 5000
"""Versions in one question: a database takes some 30 000 values."""


@dataclass(frozen=True)
class TablingStep:
    """The step that tabled a version."""

    number: int
    at: datetime
    move_id: str | None


def tabling_steps(session: Session, wanted: Mapping[str, Collection[int]]) -> dict[str, dict[int, TablingStep]]:
    """By clause, those of some of its versions, by their numbers."""
    found: dict[str, dict[int, TablingStep]] = {clause_id: {} for clause_id in wanted}
    numbers = {number for those in wanted.values() for number in those}
    clauses = sorted(wanted)
    versions = select(col(Version.id), col(Version.clause_id), col(Version.number), col(Version.tabled_at)).where(
        col(Version.clause_id).in_(clauses), col(Version.number).in_(sorted(numbers))
    )
    rows = [row for row in session.execute(versions) if row.number in wanted[row.clause_id]]
    # By their versions alone: told the clauses too, SQLite reads all the moves of these.
    moves = select(col(MoveRow.version_id), col(MoveRow.id)).where(
        on_the_table(MoveRow.circle), col(MoveRow.type).in_(TEXT_MOVES)
    )
    tabling: dict[str, str] = {}
    for start in range(0, len(rows), _ASKED):
        ids = [row.id for row in rows[start : start + _ASKED]]
        tabling |= dict(session.execute(moves.where(col(MoveRow.version_id).in_(ids))).all())
    for row in rows:
        found[row.clause_id][row.number] = TablingStep(row.number, row.tabled_at, tabling.get(row.id))
    return found


def _tabled(version: Version, base: int | None, move: MoveRow | None) -> TabledText:
    written = move.attributes.get(WRITTEN, ()) if move else ()
    return TabledText(
        version_id=version.id,
        number=version.number,
        text=version.text,
        by=version.author_party_id,
        base=base,
        written=tuple((party_id, words) for party_id, words in written),
        at=version.tabled_at,
        move_id=move.id if move else None,
    )


def accepted_by(
    session: Session, actor: Actor, shown: Mapping[str, str]
) -> dict[str, tuple[tuple[str, datetime], ...]]:
    """By version, the parties that accepted it and when, in order. `shown`: the version of each clause."""
    query = (
        select(col(MoveRow.version_id), col(MoveRow.party_id), col(MoveRow.at))
        .where(
            col(MoveRow.negotiation_id) == actor.negotiation_id,
            on_the_table(MoveRow.circle),  # where alone one accepts
            col(MoveRow.clause_id).in_(sorted(shown)),
            col(MoveRow.type) == Move.ACCEPTANCE,
            col(MoveRow.version_id).in_(sorted(shown.values())),
        )
        .order_by(col(MoveRow.clause_id), col(MoveRow.rank))
    )
    found: dict[str, tuple[tuple[str, datetime], ...]] = {}
    for version_id, party_id, at in session.execute(query):
        found[version_id] = (*found.get(version_id, ()), (party_id, at))
    return found


def originated_parts(session: Session, actor: Actor) -> tuple[OriginatedPart, ...]:
    """Those of the contract, in its order."""
    query = (
        select(col(Part.id), col(Part.code), col(Part.title), col(Part.kind), func.count(_SHOWN))
        .join(Clause, col(Clause.part_id) == Part.id)
        .join(Document, col(Document.id) == Part.document_id)
        .where(_of_the_contract(actor))
        .group_by(col(Part.id), col(Part.code), col(Part.title), col(Part.kind), col(Part.position), col(Document.kind))
        .order_by(col(Document.kind), col(Part.position))
    )
    return tuple(OriginatedPart(*row) for row in session.execute(query))
