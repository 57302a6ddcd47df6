"""Comments on a clause or on a passage of it, in threads that somebody settles and anybody may open again.

A thread stays on its clause for ever; its anchor is words, never a mark in the text (live-drafting « Comments »).
"""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import InvalidInput, NotFound, QuoteNotFound
from negotiation.events import Event, Kind
from negotiation.rules.anchoring import Anchor, anchor_from_selection, plain_text
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Action, Circle, Move
from negotiation.services.access import require
from negotiation.services.discussing import Writing
from negotiation.services.drafting import circle_of_side, drafted_text
from negotiation.services.mentioning import Words, mention
from negotiation.services.moves import Order, open_clause, play
from negotiation.services.widening import (
    Place,
    ask_before_widening,
    keep_within,
    last_circle,
    source_message,
)
from negotiation.store.columns import now
from negotiation.store.contract import Clause
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.queries.threads import thread_root
from negotiation.store.talk import CommentThread
from negotiation.store.unit_of_work import UnitOfWork

LONGEST_QUOTE = 5_000
"""Characters that a page may send as selected; the anchor keeps 500 of them."""


@dataclass(frozen=True)
class Quotation:
    """What was selected on the screen and the words around it. `version` = the id of the text shown, "" = working;
    `draft` = the side of the draft in which it stands instead."""

    quote: str
    before: str = ""
    after: str = ""
    version: str = ""
    draft: str = ""


@dataclass(frozen=True)
class Selected:
    """A passage, in the text where it was selected. `draft`: the circle of the draft that says it, "" for none."""

    anchor: Anchor
    text: str
    version_id: str | None = None
    draft: str = ""


@dataclass(frozen=True)
class Comment:
    """What is said on a clause. `reply_to`: a move's id; `message`: the message that it comes from."""

    circle: Circle
    text: str
    quotation: Quotation | None = None
    reply_to: str | None = None
    message: str | None = None
    move: Move = Move.COMMENT
    writing: Writing = field(default=Writing())


def write_comment(uow: UnitOfWork, actor: Actor, clause_id: str, comment: Comment) -> str:
    """Play the comment and open its thread; returns the move's id. The same request again writes nothing.

    Raises NotFound, NotAllowed, Frozen, NotShared, MissingText, MessageTooLong, UnreadableText, QuoteNotFound,
    WiderAudience, AlreadyDone.
    """
    clause = open_clause(uow, actor, clause_id)
    require(actor, Action.COMMENT, circle=comment.circle)
    keep_within(Circle.parse(clause.circle), comment.circle)
    sending = comment.writing.sending
    if comment.message:
        source_message(uow.session, actor, comment.message, circle=comment.circle, sending=sending)
    selected = _selected(uow, actor, clause, comment)
    if done := _written_already(uow, actor, clause_id, comment.writing.request_key):
        return done
    before = last_circle(uow.session, actor, Place(clause.part_id))
    order = Order(
        comment.move,
        text=comment.text,
        circle=comment.circle,
        reply_to=comment.reply_to,
        request_key=comment.writing.request_key,
        message=comment.message,
    )
    move_id = play(uow, actor, clause_id, order).move_id
    # After the move: whatever is hidden has answered « not found » first.
    ask_before_widening(before, comment.circle, sending)
    uow.session.flush()
    if comment.reply_to is None:
        uow.session.add(_thread_row(clause, move_id, comment.circle, selected=selected))
    mention(uow, actor, Words(comment.circle, clause_id=clause.id, move_id=move_id), comment.writing.mentions)
    return move_id


def resolve_thread(uow: UnitOfWork, actor: Actor, clause_id: str, move_id: str) -> str:
    """« Réglé ». What is settled already stays as it was; returns the id of the thread's first move.

    Raises NotFound, NotAllowed, Frozen."""
    clause, row = _thread(uow, actor, clause_id, move_id)
    if row.resolved_at is None:
        row.resolved_at, row.resolved_by = now(), actor.member_id
        _record(uow, actor, clause, row, Kind.THREAD_RESOLVED)
    return row.move_id


def reopen_thread(uow: UnitOfWork, actor: Actor, clause_id: str, move_id: str) -> str:
    """« Rouvrir ». Raises NotFound, NotAllowed, Frozen."""
    clause, row = _thread(uow, actor, clause_id, move_id)
    if row.resolved_at is not None:
        row.resolved_at, row.resolved_by = None, None
        _record(uow, actor, clause, row, Kind.THREAD_REOPENED)
    return row.move_id


def _selected(uow: UnitOfWork, actor: Actor, clause: Clause, comment: Comment) -> Selected | None:
    asked = comment.quotation
    if asked is None or not asked.quote.strip() or comment.reply_to is not None:
        return None
    if len(asked.quote) + len(asked.before) + len(asked.after) > LONGEST_QUOTE:
        raise InvalidInput(field="quote")
    draft = circle_of_side(actor, asked.draft) if asked.draft else None
    if draft is not None:
        keep_within(draft, comment.circle)
    drafted = drafted_text(uow.session, actor, clause.id, side=asked.draft) if draft is not None else None
    text = _text_of(uow, clause, asked.version) if drafted is None else drafted
    anchor = anchor_from_selection(plain_text(text), asked.quote, asked.before, asked.after)
    if anchor is None:
        raise QuoteNotFound()
    if drafted is not None:
        return Selected(anchor, text, draft=str(draft))
    return Selected(anchor, "" if asked.version else text, version_id=asked.version or None)


def _text_of(uow: UnitOfWork, clause: Clause, version_id: str) -> str:
    """What a version of this clause says, or its working text. Raises NotFound."""
    if not version_id:
        return clause.working_text
    version = uow.session.get(Version, version_id)
    if version is None or version.clause_id != clause.id:
        raise NotFound()
    return version.text


def _thread_row(clause: Clause, move_id: str, circle: Circle, *, selected: Selected | None) -> CommentThread:
    row = CommentThread(move_id=move_id, negotiation_id=clause.negotiation_id, clause_id=clause.id, circle=str(circle))
    if selected is not None:
        anchor = selected.anchor
        row.quote, row.before, row.after, row.start = anchor.quote, anchor.before, anchor.after, anchor.start
        row.version_id, row.text, row.draft = selected.version_id, selected.text, selected.draft
    return row


def _thread(uow: UnitOfWork, actor: Actor, clause_id: str, move_id: str) -> tuple[Clause, CommentThread]:
    """The thread of a move, with a row even where a file or an older page opened it. Raises NotFound."""
    clause = open_clause(uow, actor, clause_id)
    root = thread_root(uow.session, actor, move_id)
    if root is None or root.clause_id != clause.id:
        raise NotFound()
    circle = Circle.parse(root.circle)
    require(actor, Action.SETTLE_THREAD, circle=circle)
    row = uow.session.get(CommentThread, root.id)
    if row is None:
        row = _thread_row(clause, root.id, circle, selected=None)
        uow.session.add(row)
    return clause, row


def _record(uow: UnitOfWork, actor: Actor, clause: Clause, row: CommentThread, kind: Kind) -> None:
    facts = {"clause": clause.id, "move": row.move_id}
    circle = Circle.parse(row.circle)
    uow.record(
        Event(kind, clause.negotiation_id, circle, actor.key, facts, clause_id=clause.id, part_id=clause.part_id)
    )


def _written_already(uow: UnitOfWork, actor: Actor, clause_id: str, request_key: str | None) -> str | None:
    """The comment of this very request, when it comes a second time (trust T13)."""
    if request_key is None:
        return None
    query = select(col(MoveRow.id)).where(
        col(MoveRow.member_id) == actor.member_id,
        col(MoveRow.request_key) == request_key,
        col(MoveRow.clause_id) == clause_id,
    )
    found: str | None = uow.session.execute(query).scalar_one_or_none()
    return found
