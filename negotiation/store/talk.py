"""Rows around what is said: threads and their anchors, mentions, tasks, saved views, what search reads.

Each has the circle of the words it comes from. A saved view is its member's alone.
"""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from negotiation.rules.vocabulary import TaskState
from negotiation.store.columns import enum_column, key_column, new_id, now


class CommentThread(SQLModel, table=True):
    """A thread of comments: opened by a move, on a passage or on the whole clause, until somebody resolves it.

    The anchor is words, never a mark in the text: `quote` with 32 characters before and after, at `start` of the plain
    text of the version `version_id`; without one, of `text`. Source: live-drafting « Comments ».
    """

    __tablename__ = "comment_thread"
    __table_args__ = (Index("ix_comment_thread_clause", "clause_id", "circle"),)
    move_id: str = Field(primary_key=True, foreign_key="move.id", ondelete="CASCADE", max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    clause_id: str = Field(sa_column=key_column("clause.id", index=False))
    circle: str = Field(max_length=60)
    quote: str = ""
    before: str = ""
    after: str = ""
    start: int | None = None
    version_id: str | None = Field(default=None, max_length=36)
    text: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """What the clause said where no version holds it: a draft, or a working text. Empty in rows from before."""
    draft: str = Field(default="", max_length=60, sa_column_kwargs={"server_default": ""})
    """The circle of the draft in which the words were selected."""
    resolved_at: datetime | None = None
    resolved_by: str | None = Field(default=None, max_length=36)
    """Member id."""


class Mention(SQLModel, table=True):
    """Somebody named in a comment or message of a circle that he reads."""

    __table_args__ = (
        Index("ix_mention_member", "member_id", "at"),
        UniqueConstraint("member_id", "move_id"),
        UniqueConstraint("member_id", "message_id"),
    )
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    circle: str = Field(max_length=60)
    member_id: str = Field(sa_column=key_column("member.id", index=False))
    by_member_id: str = Field(max_length=36)
    clause_id: str | None = Field(default=None, max_length=36)
    move_id: str | None = Field(default=None, max_length=36)
    message_id: str | None = Field(default=None, max_length=36)
    at: datetime = Field(default_factory=now)
    seen_at: datetime | None = None


class Task(SQLModel, table=True):
    """Something to do, with its owner and its day, and the comment or message it came from."""

    __table_args__ = (
        Index("ix_task_table", "negotiation_id", "circle", "state"),
        Index("ix_task_message", "message_id"),
        Index("ix_task_move", "move_id"),
    )
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id", index=False))
    circle: str = Field(max_length=60)
    title: str
    owner_id: str | None = Field(default=None, max_length=36)
    """Member id: somebody invited who never came may go, and what there was to do stays."""
    due_on: date | None = None
    clause_id: str | None = Field(default=None, max_length=36)
    part_id: str | None = Field(default=None, max_length=36)
    move_id: str | None = Field(default=None, max_length=36)
    message_id: str | None = Field(default=None, max_length=36)
    state: TaskState = Field(default=TaskState.OPEN, sa_column=enum_column(TaskState))
    created_by: str = Field(max_length=36)
    created_at: datetime = Field(default_factory=now)
    settled_at: datetime | None = None
    settled_by: str | None = Field(default=None, max_length=36)


class SavedView(SQLModel, table=True):
    """Filters of the board that a member keeps under a name. `query`: the address's own words."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("member_id", "name"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    member_id: str = Field(sa_column=key_column("member.id", index=False))
    name: str = Field(max_length=80)
    query: str = Field(max_length=500)
    created_at: datetime = Field(default_factory=now)


class SearchEntry(SQLModel, table=True):
    """What search reads: plain words without capitals or accents, one row per thing, in its circle.

    A search touches the rows of the reader's own circles only, by this index: neither its answer nor its time says
    anything of the others.
    """

    __tablename__ = "search_entry"
    __table_args__ = (
        Index("ix_search_entry_circle", "negotiation_id", "circle"),
        UniqueConstraint("kind", "row_id"),
    )
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id", index=False))
    circle: str = Field(max_length=60)
    kind: str = Field(max_length=20)
    """part, clause, move, message, task."""
    row_id: str = Field(max_length=36)
    part_id: str | None = Field(default=None, max_length=36)
    clause_id: str | None = Field(default=None, max_length=36)
    words: str
    at: datetime = Field(default_factory=now)
