"""Threads of a clause for one reader: who said what on which words, what is settled, what came of it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import TALK_MOVES, Audience, Circle, Side
from negotiation.store.contract import Clause, Part
from negotiation.store.exchange import Message, MoveRow, Version
from negotiation.store.people import Member, Party
from negotiation.store.queries.exchanges import MoveView, move_view
from negotiation.store.queries.visibility import visible
from negotiation.store.talk import CommentThread, Mention, Task

PAGE = 20
MOST_MENTIONS = 50


class Wanted(StrEnum):
    """Which threads."""

    OPEN = "ouverts"
    SETTLED = "regles"
    ALL = "tous"


@dataclass(frozen=True)
class Passage:
    """The words that a thread is on: what was selected, around it, and in which text. `version_id` None = working
    text, or the draft of a circle; `old_text` is what was read there, None where that is unknown."""

    quote: str
    before: str
    after: str
    start: int
    version_id: str | None
    old_text: str | None
    draft: Circle | None = None


@dataclass(frozen=True)
class Thread:
    """A comment or question, with what answers it. `passage` None = the whole clause."""

    root: MoveView
    replies: tuple[MoveView, ...]
    passage: Passage | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    """Member id."""
    tasks: tuple[str, ...] = ()
    """Ids of the tasks that came of it, those that the reader reads."""

    @property
    def is_settled(self) -> bool:
        return self.resolved_at is not None


@dataclass(frozen=True)
class ThreadsPage:
    """Threads of a clause, oldest first. `older` is the page number of the older ones."""

    threads: tuple[Thread, ...]
    older: int | None
    wanted: Wanted = Wanted.OPEN
    circle: Circle | None = None
    page: int = 0


@dataclass(frozen=True)
class Reader:
    """Somebody who reads a circle today."""

    id: str
    title: str
    party_id: str


@dataclass(frozen=True)
class MentionView:
    """Where somebody named me. `part_id` and `clause_id` say where it is read; `text` is empty once taken back."""

    id: str
    circle: Circle
    by_member_id: str
    at: datetime
    seen_at: datetime | None
    clause_id: str | None
    part_id: str | None
    move_id: str | None
    message_id: str | None
    text: str
    place: str
    """The clause or the part, in words; empty for the table."""


def threads_page(
    session: Session,
    actor: Actor,
    clause_id: str,
    *,
    wanted: Wanted = Wanted.ALL,
    circle: Circle | None = None,
    page: int = 0,
) -> ThreadsPage:
    """The threads of a clause that this person reads, the last ones first by page, oldest first within it."""
    roots = _roots(session, actor, clause_id, wanted=wanted, circle=circle, page=page)
    kept = list(reversed(roots[:PAGE]))
    ids = [root.id for root, _, _ in kept]
    replies = _replies(session, actor, clause_id, ids)
    tasks = _tasks(session, actor, [*ids, *(reply.id for those in replies.values() for reply in those)])
    threads = tuple(
        _thread(session, root, row, text=text, replies=replies.get(root.id, ()), tasks=tasks)
        for root, row, text in kept
    )
    return ThreadsPage(threads, page + 1 if len(roots) > PAGE else None, wanted, circle, page)


def discussed_clauses(session: Session, actor: Actor) -> frozenset[str]:
    """Ids of the clauses on which somebody said something that this person reads."""
    query = (
        select(col(MoveRow.clause_id))
        .where(
            col(MoveRow.negotiation_id) == actor.negotiation_id,
            visible(MoveRow.circle, actor),
            col(MoveRow.type).in_(TALK_MOVES),
        )
        .distinct()
    )
    return frozenset(session.execute(query).scalars())


def thread_root(session: Session, actor: Actor, move_id: str) -> MoveRow | None:
    """The move that opens the thread of this one, for who reads it; None when there is none."""
    move = session.get(MoveRow, move_id)
    seen: set[str] = set()
    while move is not None:
        if move.negotiation_id != actor.negotiation_id or move.type not in TALK_MOVES or move.id in seen:
            return None
        parent = session.get(MoveRow, move.reply_to_id) if move.reply_to_id else None
        if parent is None or parent.circle != move.circle or parent.type not in TALK_MOVES:
            return move
        seen.add(move.id)
        move = parent
    return None


def comment_of(session: Session, actor: Actor, move_id: str) -> MoveView:
    """One comment, question or answer, unless it was taken back. Raises NotFound."""
    query = select(MoveRow).where(
        col(MoveRow.id) == move_id,
        col(MoveRow.negotiation_id) == actor.negotiation_id,
        col(MoveRow.type).in_(TALK_MOVES),
        col(MoveRow.recalled_at).is_(None),
        visible(MoveRow.circle, actor),
    )
    move = session.execute(query).scalar_one_or_none()
    if move is None:
        raise NotFound()
    return move_view(move, None)


def standing_versions(session: Session, actor: Actor, clause_id: str) -> tuple[str, str]:
    """Ids of the agreed version and of the one on the table; "" for none."""
    query = select(col(Clause.agreed_version_id), col(Clause.current_version_id)).where(
        col(Clause.id) == clause_id,
        col(Clause.negotiation_id) == actor.negotiation_id,
        visible(Clause.circle, actor),
    )
    found = session.execute(query).one_or_none()
    return (found[0] or "", found[1] or "") if found else ("", "")


def readers_in(session: Session, actor: Actor, circle: Circle, *, today: date) -> tuple[Reader, ...]:
    """Members at the table that day who read this circle, in the order of the table. Nobody for another's inside."""
    if circle.audience is Audience.PARTY and circle.party_id != actor.party_id:
        return ()
    query = (
        select(col(Member.id), col(Member.title), col(Member.party_id))
        .join(Party, col(Party.id) == Member.party_id)
        .where(
            col(Member.negotiation_id) == actor.negotiation_id,
            col(Member.left_at).is_(None),
            or_(col(Member.ends_on).is_(None), col(Member.ends_on) >= today),
            *_of_circle(circle),
        )
        .order_by(col(Party.position), col(Member.position))
    )
    return tuple(Reader(row.id, row.title, row.party_id) for row in session.execute(query))


def mentions_for(session: Session, actor: Actor) -> tuple[MentionView, ...]:
    """Where somebody named me, in what I read, newest first; taken back and seen ones included, unseen first."""
    query = (
        select(Mention, MoveRow, Message, col(Clause.label), col(Clause.code), col(Part.title), col(Clause.part_id))
        .outerjoin(MoveRow, col(MoveRow.id) == Mention.move_id)
        .outerjoin(Message, col(Message.id) == Mention.message_id)
        .outerjoin(Clause, col(Clause.id) == Mention.clause_id)
        .outerjoin(Part, col(Part.id) == Message.part_id)
        .where(
            col(Mention.member_id) == actor.member_id,
            col(Mention.negotiation_id) == actor.negotiation_id,
            visible(Mention.circle, actor),
        )
        .order_by(col(Mention.seen_at).is_not(None), col(Mention.at).desc())
        .limit(MOST_MENTIONS)
    )
    return tuple(
        MentionView(
            id=row.id,
            circle=Circle.parse(row.circle),
            by_member_id=row.by_member_id,
            at=row.at,
            seen_at=row.seen_at,
            clause_id=row.clause_id,
            part_id=part_id or (message.part_id if message else None),
            move_id=row.move_id,
            message_id=row.message_id,
            text=move.text if move else message.text if message else "",
            place=code or label or title or "",
        )
        for row, move, message, label, code, title, part_id in session.execute(query)
    )


# ---------------------------------------------------------------------- pieces


def _roots(
    session: Session, actor: Actor, clause_id: str, *, wanted: Wanted, circle: Circle | None, page: int
) -> list[tuple[MoveRow, CommentThread | None, str | None]]:
    parent = aliased(MoveRow)
    answers_another = (
        select(col(parent.id))
        .where(
            col(parent.id) == MoveRow.reply_to_id,
            col(parent.circle) == MoveRow.circle,
            col(parent.type).in_(TALK_MOVES),
        )
        .exists()
    )
    query = (
        select(MoveRow, CommentThread, col(Version.text))
        .outerjoin(CommentThread, col(CommentThread.move_id) == MoveRow.id)
        .outerjoin(Version, col(Version.id) == CommentThread.version_id)
        .where(_talk(actor, clause_id), ~answers_another)
        .order_by(col(MoveRow.rank).desc())
        .offset(page * PAGE)
        .limit(PAGE + 1)
    )
    if wanted is Wanted.OPEN:
        query = query.where(col(CommentThread.resolved_at).is_(None))
    elif wanted is Wanted.SETTLED:
        query = query.where(col(CommentThread.resolved_at).is_not(None))
    if circle is not None:
        query = query.where(col(MoveRow.circle) == str(circle))
    return [(move, row, text) for move, row, text in session.execute(query)]


def _replies(session: Session, actor: Actor, clause_id: str, root_ids: list[str]) -> dict[str, tuple[MoveView, ...]]:
    """What answers each root, answers to answers included, oldest first: circles never mix in a thread."""
    if not root_ids:
        return {}
    opening: Select[str, str, str] = select(
        col(MoveRow.id).label("id"), col(MoveRow.circle).label("circle"), col(MoveRow.id).label("root")
    ).where(col(MoveRow.id).in_(root_ids))
    tree = opening.cte("thread_tree", recursive=True)
    below = select(col(MoveRow.id), col(MoveRow.circle), tree.c.root).where(
        _talk(actor, clause_id), col(MoveRow.reply_to_id) == tree.c.id, col(MoveRow.circle) == tree.c.circle
    )
    tree = tree.union(below)
    query = (
        select(MoveRow, tree.c.root)
        .join(tree, tree.c.id == MoveRow.id)
        .where(tree.c.root != MoveRow.id, _talk(actor, clause_id))
        .order_by(col(MoveRow.rank))
    )
    found: dict[str, list[MoveView]] = {}
    for move, root in session.execute(query):
        found.setdefault(root, []).append(move_view(move, None))
    return {root: tuple(those) for root, those in found.items()}


def _tasks(session: Session, actor: Actor, move_ids: list[str]) -> dict[str, list[str]]:
    query = select(col(Task.id), col(Task.move_id)).where(col(Task.move_id).in_(move_ids), visible(Task.circle, actor))
    found: dict[str, list[str]] = {}
    for task_id, move_id in session.execute(query) if move_ids else ():
        found.setdefault(move_id, []).append(task_id)
    return found


def _thread(
    session: Session,
    root: MoveRow,
    row: CommentThread | None,
    *,
    text: str | None,
    replies: tuple[MoveView, ...],
    tasks: dict[str, list[str]],
) -> Thread:
    moves = [root.id, *(reply.id for reply in replies)]
    came = tuple(task for move_id in moves for task in tasks.get(move_id, ()))
    if row is None:
        return Thread(move_view(root, None), replies, tasks=came)
    passage = None
    if row.quote and row.start is not None:
        draft = Circle.parse(row.draft) if row.draft else None
        old_text = row.text or None if text is None else text
        passage = Passage(row.quote, row.before, row.after, row.start, row.version_id, old_text, draft)
    return Thread(move_view(root, None), replies, passage, row.resolved_at, row.resolved_by, came)


def _talk(actor: Actor, clause_id: str) -> ColumnElement[bool]:
    return (
        (col(MoveRow.clause_id) == clause_id)
        & (col(MoveRow.negotiation_id) == actor.negotiation_id)
        & visible(MoveRow.circle, actor)
        & col(MoveRow.type).in_(TALK_MOVES)
    )


def _of_circle(circle: Circle) -> tuple[ColumnElement[bool], ...]:
    if circle.audience is Audience.PARTY:
        return (col(Member.party_id) == circle.party_id,)
    if circle.audience is Audience.AUTHORITIES:
        return (col(Party.side) == Side.AUTHORITY,)
    return ()
