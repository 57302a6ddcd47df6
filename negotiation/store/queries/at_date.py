"""The table at a date: each clause with the words that stood then, and what nobody recorded then said so."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.rules.clause_text import version_fingerprint
from negotiation.rules.lifecycle import Situation
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import ClauseKind, ClauseState, ReserveState, ValueKind
from negotiation.store.contract import Clause
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.queries.clauses import ReserveView
from negotiation.store.queries.shape_at import Shape, Split
from negotiation.store.queries.told_at import DECLARED, Then, declared_days, told_at
from negotiation.store.queries.visibility import on_the_table


class Source(StrEnum):
    """Where the words come from."""

    AGREED = "agreed"
    TABLED = "tabled"
    LAST_AGREED = "last_agreed"
    """Reopened: nothing is on the table, and this is what had been agreed."""
    DECLARED = "declared"
    """Agreed as a file's signature declares it."""
    WORKING = "working"
    FOLLOWED = "followed"
    """The value of an engagement."""
    WITHDRAWN = "withdrawn"
    NOTHING = "nothing"
    UNKNOWN = "unknown"
    """« Non connu à cette date »: nobody recorded it then."""


@dataclass(frozen=True)
class VersionThen:
    """A tabled text. `author_id` None: table commune."""

    id: str
    number: int
    author_id: str | None
    text: str
    value: Any


@dataclass(frozen=True)
class ClauseAt:
    """A clause at a moment. `version`: the text that stands, when it is a tabled one; `moved_at`: when it last moved;
    `is_declared`: by a date or an outcome that a file declares, not by what was recorded here."""

    id: str
    part_id: str
    kind: ClauseKind
    code: str
    label: str
    value_kind: ValueKind
    unit: str
    attributes: dict[str, Any]
    follows_id: str | None
    situation: Situation
    text: str
    value: Any
    source: Source
    version: VersionThen | None
    reserves: tuple[ReserveView, ...]
    moved_at: datetime | None
    is_declared: bool

    @property
    def state(self) -> ClauseState:
        return self.situation.state

    @property
    def is_known(self) -> bool:
        return self.source is not Source.UNKNOWN


def clause_ids_at(session: Session, actor: Actor, shape: Shape, *, part_id: str | None = None) -> tuple[str, ...]:
    """The shared clauses of the contract then, or of one of its parts, in the order of reading."""
    query = (
        select(col(Clause.id), col(Clause.part_id))
        .where(col(Clause.negotiation_id) == actor.negotiation_id, on_the_table(Clause.circle))
        .order_by(col(Clause.position), col(Clause.id))
    )
    if part_id is not None:
        query = query.where(col(Clause.part_id) == part_id)
    by_part: dict[str, list[str]] = {}
    for clause_id, holder in session.execute(query):
        if clause_id not in shape.later:
            by_part.setdefault(holder, []).append(clause_id)
    return tuple(each for part in shape.parts for each in shape.in_order(by_part.get(part.id, [])))


def known_before_record(session: Session, actor: Actor, moment: datetime) -> frozenset[str]:
    """Of an imported table, the clauses of which the file dates something until then: those that a move touched, the
    cells that follow them, and what the file declares agreed, at the date that it gives."""
    own = (col(Clause.negotiation_id) == actor.negotiation_id) & on_the_table(Clause.circle)
    first_move = (
        select(col(MoveRow.at))
        .where(
            col(MoveRow.negotiation_id) == col(Clause.negotiation_id),
            on_the_table(MoveRow.circle),
            col(MoveRow.clause_id) == col(Clause.id),
        )
        .order_by(col(MoveRow.rank))
        .limit(1)
        .correlate(Clause)
        .scalar_subquery()
    )
    touched = frozenset(session.execute(select(col(Clause.id)).where(own, first_move <= moment)).scalars())
    columns = (Clause.id, Clause.follows_id, Clause.attributes)
    query = select(*(col(column) for column in columns)).where(
        own, col(Clause.follows_id).is_not(None) | (col(Clause.state) == ClauseState.AGREED)
    )
    declared = declared_days(session, actor.negotiation_id)
    day = paris_day(moment)
    return touched | {
        row.id
        for row in session.execute(query)
        if row.follows_id in touched or (DECLARED in row.attributes and declared(row.id) <= day)
    }


def clauses_at(
    session: Session, actor: Actor, moment: datetime, *, shape: Shape, only: Collection[str]
) -> dict[str, ClauseAt]:
    """These clauses as they stood, by id. `shape`: that of the same moment."""
    query = select(*(col(column) for column in _COLUMNS)).where(
        col(Clause.negotiation_id) == actor.negotiation_id,
        on_the_table(Clause.circle),
        col(Clause.id).in_(sorted(only)),
    )
    rows = session.execute(query).all()
    followed = {row.follows_id for row in rows if row.follows_id}
    told = told_at(session, actor.negotiation_id, moment, only={row.id for row in rows} | followed)
    versions = versions_by_id(session, (told[each].told for each in told))
    reserves = _reserves(session, told)
    whole = _before_the_cut(session, shape.splits) if shape.splits else {}
    return {
        row.id: _clause(
            row, told[row.id], told.get(row.follows_id or ""), moment=moment, shape=shape, versions=versions,
            reserves=reserves, whole=whole,
        )
        for row in rows
    }  # fmt: skip


_COLUMNS = (
    Clause.id,
    Clause.part_id,
    Clause.kind,
    Clause.code,
    Clause.label,
    Clause.value_kind,
    Clause.unit,
    Clause.attributes,
    Clause.follows_id,
    Clause.working_text,
    Clause.working_value,
)


def versions_by_id(session: Session, told: Iterable[Any]) -> dict[str, VersionThen]:
    """The versions on the table or agreed, of clauses told again."""
    return version_rows(session, {each for one in told for each in (one.tabled, one.agreed) if each})


def version_rows(session: Session, ids: Collection[str]) -> dict[str, VersionThen]:
    """By id."""
    columns = (Version.id, Version.number, Version.author_party_id, Version.text, Version.value)
    query = select(*(col(column) for column in columns)).where(col(Version.id).in_(sorted(ids)))
    return {row.id: VersionThen(*row) for row in session.execute(query)}


def _reserves(session: Session, told: Mapping[str, Then]) -> dict[str, str]:
    """The words of the reserves alive then, by the move that stated each."""
    ids = sorted({move for then in told.values() for move in then.told.reserves.values()})
    if not ids:
        return {}
    query = select(col(MoveRow.id), col(MoveRow.text), col(MoveRow.motive)).where(col(MoveRow.id).in_(ids))
    return {row.id: row.text or row.motive for row in session.execute(query)}


def _clause(
    row: Any,
    then: Then,
    followed: Then | None,
    *,
    moment: datetime,
    shape: Shape,
    versions: Mapping[str, VersionThen],
    reserves: Mapping[str, str],
    whole: Mapping[str, str | None],
) -> ClauseAt:
    """`whole`: what a clause said that was cut in two since, None where that isn't known."""
    situation = then.situation
    version = versions.get(then.told.tabled or then.told.agreed or "")
    working = whole.get(row.id, row.working_text)
    source = _source(row, then, moment=moment, shape=shape, working=working)
    text, value = "", None
    if source in (Source.AGREED, Source.TABLED, Source.LAST_AGREED) and version:
        text, value = version.text, version.value
    elif source in (Source.DECLARED, Source.WORKING):
        text, value = working or "", row.working_value
    if followed is not None:
        source, version, value = _followed(followed, source, versions)
    return ClauseAt(
        id=row.id,
        part_id=row.part_id,
        kind=row.kind,
        code=row.code,
        label=row.label,
        value_kind=row.value_kind,
        unit=row.unit,
        attributes=row.attributes,
        follows_id=row.follows_id,
        situation=situation,
        text=text,
        value=value,
        source=source,
        version=version,
        reserves=tuple(
            ReserveView(
                party,
                reserves.get(move, ""),
                ReserveState.OPEN if party in situation.open_reserves else ReserveState.MAINTAINED,
                move,
            )
            for party, move in then.told.reserves.items()
        ),
        moved_at=then.told.moved_at,
        is_declared=then.is_declared,
    )


def _source(row: Any, then: Then, *, moment: datetime, shape: Shape, working: str | None) -> Source:
    told = then.told
    if then.situation.state is ClauseState.WITHDRAWN:
        return Source.WITHDRAWN
    if then.situation.state is ClauseState.AGREED:
        return Source.AGREED if told.agreed else Source.DECLARED
    if told.tabled:
        return Source.TABLED
    if told.agreed:
        return Source.LAST_AGREED
    if DECLARED in row.attributes and then.situation.was_agreed:
        return Source.DECLARED
    if moment < shape.known_from or working is None or DECLARED in row.attributes:
        return Source.UNKNOWN
    return Source.WORKING if working or row.working_value is not None else Source.NOTHING


def _before_the_cut(session: Session, splits: Sequence[Split]) -> dict[str, str | None]:
    """By clause, its text before it was cut: both texts put together again, the last cut first, where the fingerprint
    that was recorded then says that this is what it said; else None.

    A working text on the table changes by a cut alone, so that both still stand as they were cut.
    """
    ids = {each for split in splits for each in (split.clause_id, split.into)}
    query = select(col(Clause.id), col(Clause.working_text)).where(
        on_the_table(Clause.circle), col(Clause.id).in_(sorted(ids))
    )
    texts: dict[str, str | None] = dict(session.execute(query).all())
    for split in reversed(splits):
        first, rest = texts.get(split.clause_id), texts.get(split.into)
        joined = [] if first is None or rest is None else [f"{first}{gap}{rest}" for gap in _GAPS]
        texts[split.clause_id] = next(
            (each for each in joined if version_fingerprint(each, None) == split.before), None
        )
    return {split.clause_id: texts[split.clause_id] for split in splits}


_GAPS = ("\n\n", "\n")
"""Between paragraphs, and between items of a list."""


def _followed(
    followed: Then, source: Source, versions: Mapping[str, VersionThen]
) -> tuple[Source, VersionThen | None, Any]:
    """A cell that shows the value of an engagement: once it is agreed, whatever is known of the cell itself."""
    agreed = versions.get(followed.told.agreed or "")
    if followed.situation.state is not ClauseState.AGREED or agreed is None:
        return (Source.NOTHING if source is Source.UNKNOWN else source), None, None
    return Source.FOLLOWED, agreed, agreed.value
