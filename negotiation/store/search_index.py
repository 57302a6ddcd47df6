"""Who writes a row that says something writes what search reads of it, in the same transaction: here, once for all.

Services know nothing of it. Each kind is read again whole from its rows, so that the index can be made anew at any time
and is then the same, ids included: a migration makes it so for what was written before there was one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, Connection, delete, event, insert, select, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, SQLModel, col

from negotiation.errors import UnreadableText
from negotiation.rules.anchoring import plain_text
from negotiation.rules.search_words import plain_words
from negotiation.rules.vocabulary import TEXT_MOVES
from negotiation.store.contract import Clause, Part
from negotiation.store.exchange import Message, MoveRow, Version
from negotiation.store.talk import SearchEntry, Task

Entry = dict[str, Any]
AT_ONCE = 400
"""Ids in one order to the database."""
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
"""For what nobody has moved yet: no date of its own, and none that would tell when it was prepared."""
_NAMES = UUID("0b9d3f0a-6d0e-4b0c-9a57-3a1f2e0c7c11")
_agreed, _tabled = aliased(Version), aliased(Version)


def keep_index(session: Session) -> None:
    """From now on, what this session writes is found by search."""
    event.listen(session, "after_flush", _note_words)


def index_everything(connection: Connection) -> None:
    """Write the index anew from every row."""
    connection.execute(delete(SearchEntry))
    for kind, read in _READERS.items():
        for some in _slices(read(connection, None)):
            _write(connection, kind, some)


def _note_words(session: Session, context: object) -> None:
    touched: dict[str, set[str]] = defaultdict(set)
    for row in (*session.new, *session.dirty, *session.deleted):
        kind = _KINDS.get(type(row))
        if kind is not None:
            touched[kind].add(row.id)
    for kind, ids in touched.items():
        for some in _slices(sorted(ids)):
            connection = session.connection()
            gone = (col(SearchEntry.kind) == kind) & col(SearchEntry.row_id).in_(some)
            connection.execute(delete(SearchEntry).where(gone))
            _write(connection, kind, _READERS[kind](connection, some))


def _write(connection: Connection, kind: str, entries: Iterable[Entry]) -> None:
    written = [_entry(kind, entry) for entry in entries if entry["words"]]
    if written:
        connection.execute(insert(SearchEntry), written)


def _entry(kind: str, entry: Entry) -> Entry:
    """The id is made of the kind and the row: the index made anew is the same, and the id is shown to nobody."""
    return {"id": str(uuid5(_NAMES, f"{kind} {entry['row_id']}")), "kind": kind} | entry


def _slices(listed: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (listed[start : start + AT_ONCE] for start in range(0, len(listed), AT_ONCE))


def _named(row_id: Any, ids: Iterable[str] | None) -> ColumnElement[bool]:
    named: ColumnElement[bool] = true() if ids is None else row_id.in_(list(ids))
    return named


def _parts(connection: Connection, ids: Iterable[str] | None) -> list[Entry]:
    query = select(col(Part.id), col(Part.negotiation_id), col(Part.circle), col(Part.code), col(Part.title)).where(
        _named(col(Part.id), ids)
    )
    return [_said(row, part_id=row.id, at=UNDATED, words=(row.code, row.title)) for row in connection.execute(query)]


def _clauses(connection: Connection, ids: Iterable[str] | None) -> list[Entry]:
    """Its name, and the texts that stand: agreed and tabled, or the working text as long as there is neither."""
    query = (
        select(
            col(Clause.id),
            col(Clause.negotiation_id),
            col(Clause.circle),
            col(Clause.part_id),
            col(Clause.code),
            col(Clause.label),
            col(Clause.moved_on),
            col(Clause.follows_id),
            col(Clause.working_text),
            col(Clause.working_value),
            col(_agreed.text).label("agreed_text"),
            col(_agreed.value).label("agreed_value"),
            col(_tabled.text).label("tabled_text"),
            col(_tabled.value).label("tabled_value"),
        )
        .outerjoin(_agreed, col(_agreed.id) == Clause.agreed_version_id)
        .outerjoin(_tabled, col(_tabled.id) == Clause.current_version_id)
        .where(_named(col(Clause.id), ids))
    )
    return [
        _said(row, part_id=row.part_id, clause_id=row.id, at=row.moved_on or UNDATED, words=_words_of_clause(row))
        for row in connection.execute(query)
    ]


def _words_of_clause(row: Any) -> tuple[str, ...]:
    standing = [(row.agreed_text, row.agreed_value), (row.tabled_text, row.tabled_value)]
    if row.agreed_text is None and row.tabled_text is None:
        standing = [] if row.follows_id else [(row.working_text, row.working_value)]
    texts = dict.fromkeys(readable_words(text or "") for text, _ in standing)
    values = dict.fromkeys(said_value(value) for _, value in standing)
    return (row.code, row.label, *texts, *values)


def said_value(value: object) -> str:
    """A value as words; lists by line."""
    if isinstance(value, list):
        return "\n".join(str(each) for each in value)
    return "" if value is None else str(value)


def _moves(connection: Connection, ids: Iterable[str] | None) -> list[Entry]:
    """What was said with the move, and its motive; the text that it tabled is found by its clause."""
    query = (
        select(
            col(MoveRow.id),
            col(MoveRow.negotiation_id),
            col(MoveRow.circle),
            col(MoveRow.clause_id),
            col(MoveRow.type),
            col(MoveRow.text),
            col(MoveRow.motive),
            col(MoveRow.at),
            col(Clause.part_id),
        )
        .join(Clause, col(Clause.id) == MoveRow.clause_id)
        .where(_named(col(MoveRow.id), ids))
    )
    return [
        _said(
            row,
            part_id=row.part_id,
            clause_id=row.clause_id,
            at=row.at,
            words=(row.motive,) if row.type in TEXT_MOVES else (row.text, row.motive),
        )
        for row in connection.execute(query)
    ]


def _messages(connection: Connection, ids: Iterable[str] | None) -> list[Entry]:
    columns = (Message.id, Message.negotiation_id, Message.circle, Message.part_id, Message.clause_id)
    query = select(*(col(each) for each in columns), col(Message.text), col(Message.at)).where(
        _named(col(Message.id), ids)
    )
    return [
        _said(row, part_id=row.part_id, clause_id=row.clause_id, at=row.at, words=(row.text,))
        for row in connection.execute(query)
    ]


def _tasks(connection: Connection, ids: Iterable[str] | None) -> list[Entry]:
    columns = (Task.id, Task.negotiation_id, Task.circle, Task.part_id, Task.clause_id)
    query = select(*(col(each) for each in columns), col(Task.title), col(Task.created_at)).where(
        _named(col(Task.id), ids)
    )
    return [
        _said(row, part_id=row.part_id, clause_id=row.clause_id, at=row.created_at, words=(row.title,))
        for row in connection.execute(query)
    ]


def _said(
    row: Any, *, at: datetime, words: Iterable[str], part_id: str | None = None, clause_id: str | None = None
) -> Entry:
    return {
        "negotiation_id": row.negotiation_id,
        "circle": row.circle,
        "row_id": row.id,
        "part_id": part_id,
        "clause_id": clause_id,
        "words": plain_words("\n".join(word for word in words if word)),
        "at": at,
    }


def readable_words(markdown: str) -> str:
    """What a reader sees of a text; the text itself where nothing reads it."""
    try:
        return plain_text(markdown)
    except UnreadableText:
        return markdown


_KINDS: dict[type[SQLModel], str] = {
    Part: "part",
    Clause: "clause",
    MoveRow: "move",
    Message: "message",
    Task: "task",
}
_READERS: dict[str, Callable[[Connection, Iterable[str] | None], list[Entry]]] = {
    "part": _parts,
    "clause": _clauses,
    "move": _moves,
    "message": _messages,
    "task": _tasks,
}
