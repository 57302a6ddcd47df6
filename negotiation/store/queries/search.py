"""Search: what one person reads that holds each word, by kind, the newest first.

It looks at the rows of the reader's own circles only, by their index, and counts nothing: what others keep inside
changes neither the answer nor its cost (trust T6).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, select
from sqlmodel import Session, col

from negotiation.rules.policy import Actor
from negotiation.rules.search_words import Stretch, holds_all, passage
from negotiation.rules.vocabulary import TALK_MOVES, TEXT_MOVES, Circle, Move
from negotiation.store.contract import Part
from negotiation.store.exchange import Message, MoveRow
from negotiation.store.queries.clauses import ClauseCard, cards_by_id
from negotiation.store.queries.visibility import visible
from negotiation.store.seances import Seance
from negotiation.store.search_index import UNDATED, readable_words, said_value
from negotiation.store.talk import SearchEntry, Task

KINDS = ("clause", "part", "move", "message", "task")
"""In the order of the page: what is agreed first, then what is said about it."""
PAGE = 30


@dataclass(frozen=True)
class Hit:
    """Something found. `at` is None for what nobody moved yet; `member_id` who said it; `move` what move it is.

    `place`: the part that holds it. `thread`: the comment or question that opened the thread where it was said.
    """

    kind: str
    row_id: str
    circle: Circle
    part_id: str | None
    clause_id: str | None
    title: str
    passage: tuple[Stretch, ...]
    at: datetime | None
    member_id: str | None = None
    move: Move | None = None
    thread: str | None = None
    place: str = ""


@dataclass(frozen=True)
class Within:
    """Where one looks: in one kind of words, in what was said during one séance; "" for everywhere."""

    kind: str = ""
    seance_id: str = ""


EVERYWHERE = Within()


@dataclass(frozen=True)
class Found:
    """A page of what was found, by kind, and the number of the next one."""

    hits: tuple[Hit, ...]
    next: int | None

    def of_kind(self, kind: str) -> tuple[Hit, ...]:
        return tuple(hit for hit in self.hits if hit.kind == kind)


def search(
    session: Session, actor: Actor, words: tuple[str, ...], *, within: Within = EVERYWHERE, page: int = 0
) -> Found:
    """What holds each of these words, as `rules.search_words.asked_words` gives them; nothing for none."""
    if not words:
        return Found((), None)
    asked = entries_holding(actor, words).where(*_inside(actor, within))
    entries = session.execute(asked.offset(page * PAGE).limit(PAGE + 1)).all()
    shown = entries[:PAGE]
    sources = {kind: read(session, actor, _ids(shown, kind)) for kind, read in _SOURCES.items() if _ids(shown, kind)}
    clauses = cards_by_id(session, actor, [entry.clause_id for entry in shown if entry.clause_id])
    hits = [
        _hit(entry, sources[entry.kind][entry.row_id], words, clause=clauses.get(entry.clause_id or ""))
        for entry in shown
        if entry.row_id in sources[entry.kind]
    ]
    return Found(tuple(hits), page + 1 if len(entries) > PAGE else None)


def entries_holding(actor: Actor, words: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    """The order that finds them: by kind, the newest first, then by an order that nothing changes."""
    rank = case({kind: place for place, kind in enumerate(KINDS)}, value=col(SearchEntry.kind), else_=len(KINDS))
    columns = (SearchEntry.kind, SearchEntry.row_id, SearchEntry.circle, SearchEntry.part_id, SearchEntry.clause_id)
    place = (col(Part.code), col(Part.title))
    return (
        select(*(col(each) for each in columns), col(SearchEntry.at), *place)
        .outerjoin(Part, col(Part.id) == SearchEntry.part_id)
        .where(
            col(SearchEntry.negotiation_id) == actor.negotiation_id,
            visible(SearchEntry.circle, actor),
            col(Part.dropped_at).is_(None),
            and_(*(col(SearchEntry.words).contains(word, autoescape=True) for word in words)),
        )
        .order_by(rank, col(SearchEntry.at).desc(), col(SearchEntry.row_id))
    )


def seances_talked(session: Session, actor: Actor) -> dict[str, str]:
    """Title by id of the séances during which something was said that this person reads, the last one first."""
    said = select(col(Message.session_id)).where(
        col(Message.negotiation_id) == actor.negotiation_id, visible(Message.circle, actor)
    )
    query = (
        select(col(Seance.id), col(Seance.title))
        .where(col(Seance.negotiation_id) == actor.negotiation_id, col(Seance.id).in_(said))
        .order_by(col(Seance.on).desc(), col(Seance.position).desc())
    )
    return {row.id: row.title for row in session.execute(query)}


def _inside(actor: Actor, within: Within) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if within.kind:
        found.append(col(SearchEntry.kind) == within.kind)
    if within.seance_id:
        said = select(col(Message.id)).where(
            col(Message.negotiation_id) == actor.negotiation_id,
            col(Message.session_id) == within.seance_id,
            visible(Message.circle, actor),
        )
        found += [col(SearchEntry.kind) == "message", col(SearchEntry.row_id).in_(said)]
    return found


def _ids(entries: Any, kind: str) -> list[str]:
    return [entry.row_id for entry in entries if entry.kind == kind]


def _hit(entry: Any, source: "_Source", words: tuple[str, ...], *, clause: ClauseCard | None) -> Hit:
    return Hit(
        kind=entry.kind,
        row_id=entry.row_id,
        circle=Circle.parse(entry.circle),
        part_id=entry.part_id,
        clause_id=entry.clause_id if clause else None,
        title=source.title or (_name(clause) if clause else ""),
        passage=passage(_best(source.texts, words), words),
        at=None if entry.at == UNDATED else entry.at,
        member_id=source.member_id,
        move=source.move,
        thread=source.thread,
        place="" if entry.kind == "part" or not entry.title else f"{entry.code} {entry.title}".strip(),
    )


def _best(texts: tuple[str, ...], words: tuple[str, ...]) -> str:
    """The text that holds all the words, else one that holds some, else the first."""
    held = [text for text in texts if holds_all(text, words)]
    some = [text for text in texts if any(holds_all(text, (word,)) for word in words)]
    return next(iter([*held, *some, *texts]), "")


def _name(card: ClauseCard) -> str:
    return f"{card.code} {card.label}".strip()


# ---------------------------------------------------------------------- the words as they were written


@dataclass(frozen=True)
class _Source:
    texts: tuple[str, ...]
    title: str = ""
    member_id: str | None = None
    move: Move | None = None
    thread: str | None = None


def _parts(session: Session, actor: Actor, ids: list[str]) -> dict[str, _Source]:
    query = select(col(Part.id), col(Part.code), col(Part.title)).where(
        col(Part.id).in_(ids), visible(Part.circle, actor)
    )
    return {row.id: _Source((), title=f"{row.code} {row.title}".strip()) for row in session.execute(query)}


def _clauses(session: Session, actor: Actor, ids: list[str]) -> dict[str, _Source]:
    return {card.id: _Source(_standing(card), title=_name(card)) for card in cards_by_id(session, actor, ids).values()}


def _standing(card: ClauseCard) -> tuple[str, ...]:
    """What the page shows first, then what else stands."""
    values = (card.value, card.agreed_value, card.tabled_value)
    texts = (card.text, card.agreed_text or "", card.tabled_text or "")
    said = [*(readable_words(text) for text in texts), *(said_value(value) for value in values)]
    return tuple(dict.fromkeys(each for each in said if each))


def _moves(session: Session, actor: Actor, ids: list[str]) -> dict[str, _Source]:
    columns = (MoveRow.id, MoveRow.text, MoveRow.motive, MoveRow.member_id, MoveRow.reply_to_id)
    query = select(*(col(each) for each in columns), col(MoveRow.type)).where(
        col(MoveRow.id).in_(ids), visible(MoveRow.circle, actor)
    )
    return {row.id: _move(row) for row in session.execute(query)}


def _move(row: Any) -> _Source:
    thread = (row.reply_to_id or row.id) if row.type in TALK_MOVES else None
    texts = (row.motive,) if row.type in TEXT_MOVES else (row.text, row.motive)
    return _Source(texts, member_id=row.member_id, move=row.type, thread=thread)


def _messages(session: Session, actor: Actor, ids: list[str]) -> dict[str, _Source]:
    query = select(col(Message.id), col(Message.text), col(Message.member_id)).where(
        col(Message.id).in_(ids), visible(Message.circle, actor)
    )
    return {row.id: _Source((row.text,), member_id=row.member_id) for row in session.execute(query)}


def _tasks(session: Session, actor: Actor, ids: list[str]) -> dict[str, _Source]:
    query = select(col(Task.id), col(Task.title)).where(col(Task.id).in_(ids), visible(Task.circle, actor))
    return {row.id: _Source((row.title,)) for row in session.execute(query)}


_SOURCES: dict[str, Callable[[Session, Actor, list[str]], dict[str, _Source]]] = {
    "part": _parts,
    "clause": _clauses,
    "move": _moves,
    "message": _messages,
    "task": _tasks,
}
