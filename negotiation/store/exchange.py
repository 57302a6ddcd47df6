"""Rows: what the parties say and table: versions, moves, reserves, messages, live drafts.

Every row that carries text has a `circle` (the string form of `vocabulary.Circle`), and every query that reads one goes
through `store.queries.visible`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from negotiation.rules.vocabulary import Move, ReserveState
from negotiation.store.columns import enum_column, json_column, key_column, new_id, no_words, now


class Version(SQLModel, table=True):
    """A tabled text. Immutable: triggers refuse to change or delete it. `author_party_id` None = table commune."""

    __table_args__ = (UniqueConstraint("clause_id", "number"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    clause_id: str = Field(sa_column=key_column("clause.id"))
    number: int
    author_party_id: str | None = Field(default=None, sa_column=key_column("party.id", nullable=True, index=False))
    member_id: str | None = Field(default=None, sa_column=key_column("member.id", nullable=True, index=False))
    text: str
    value: Any = Field(default=None, sa_column=json_column(nullable=True))
    fingerprint: str = Field(max_length=64)
    base_version_id: str | None = Field(default=None, max_length=36)
    motive: str = ""
    tabled_at: datetime
    """Declared date when imported."""


class MoveRow(SQLModel, table=True):
    """One move, as played. `at` is declared when imported, `recorded_at` is always the server's."""

    __tablename__ = "move"
    __table_args__ = (
        Index("ix_move_clause_rank", "clause_id", "rank"),
        # Both columns: with one index each, SQLite reads a whole negotiation to count the moves of one clause.
        Index("ix_move_negotiation_clause_rank", "negotiation_id", "clause_id", "rank"),
        # All that is asked to tell where a clause stood at a date, in the order in which it is asked.
        Index("ix_move_told", "negotiation_id", "circle", "clause_id", "rank", "at", "type"),
        # The few moves that outlive a text, apart from the many that don't.
        Index("ix_move_type", "negotiation_id", "circle", "type", "clause_id", "rank"),
        Index("ix_move_version", "version_id"),
        Index("ix_move_day", "negotiation_id", "circle", "at"),
        UniqueConstraint("negotiation_id", "key"),
        Index("ix_move_request", "member_id", "request_key", unique=True),
        Index("ix_move_message", "message_id"),
    )
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id", index=False))
    clause_id: str = Field(sa_column=key_column("clause.id", index=False))
    circle: str = Field(max_length=60)
    key: str | None = Field(default=None, max_length=120)
    """Its id in a scenario file."""
    rank: int
    """Order within the clause, all circles together; never shown."""
    type: Move = Field(sa_column=enum_column(Move))
    party_id: str = Field(sa_column=key_column("party.id", index=False))
    member_id: str = Field(sa_column=key_column("member.id", index=False))
    text: str = ""
    motive: str = ""
    value: Any = Field(default=None, sa_column=json_column(nullable=True))
    version_id: str | None = Field(default=None, max_length=36)
    """The version it tables, accepts, rejects or withdraws."""
    reply_to_id: str | None = Field(default=None, max_length=36)
    bundle: str | None = Field(default=None, max_length=36)
    """Common id of the moves made in one gesture (a whole part accepted)."""
    request_key: str | None = Field(default=None, max_length=36)
    """Made by the form that sent it: the same request twice is one move (trust T13)."""
    message_id: str | None = Field(default=None, max_length=36)
    """The message of the discussion that became this comment or proposal."""
    recalled_at: datetime | None = None
    """« Commentaire retiré »: its words are gone, its place stays."""
    at: datetime
    recorded_at: datetime = Field(default_factory=now)
    attributes: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())


class Reserve(SQLModel, table=True):
    """A party's reserve on a clause, open until lifted, maintained to the contract, or moot."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    clause_id: str = Field(sa_column=key_column("clause.id"))
    party_id: str = Field(sa_column=key_column("party.id", index=False))
    move_id: str = Field(max_length=36)
    text: str
    state: ReserveState = Field(sa_column=enum_column(ReserveState))
    settled_by_move_id: str | None = Field(default=None, max_length=36)


class Message(SQLModel, table=True):
    """A message of a discussion channel. `session_id` and `kind` come from an imported séance."""

    __table_args__ = (
        Index("ix_message_channel", "negotiation_id", "circle", "rank"),
        Index("ix_message_part", "part_id", "circle", "rank"),
        Index("ix_message_request", "member_id", "request_key", unique=True),
    )
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id", index=False))
    circle: str = Field(max_length=60)
    rank: int
    key: str | None = Field(default=None, max_length=120)
    party_id: str = Field(sa_column=key_column("party.id", index=False))
    member_id: str = Field(sa_column=key_column("member.id", index=False))
    text: str
    kind: str = "message"
    refs: list[str] = Field(default_factory=no_words, sa_column=json_column())
    session_id: str | None = Field(default=None, max_length=36)
    part_id: str | None = Field(default=None, max_length=36)
    """The part beside which it was written; None in the channel of the table."""
    clause_id: str | None = Field(default=None, max_length=36)
    request_key: str | None = Field(default=None, max_length=36)
    recalled_at: datetime | None = None
    at: datetime
    recorded_at: datetime = Field(default_factory=now)


class Draft(SQLModel, table=True):
    """A live draft: the pair (part, circle). The log of its updates is the truth; rooms are caches."""

    __table_args__ = (UniqueConstraint("part_id", "circle"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    part_id: str = Field(sa_column=key_column("part.id", index=False))
    circle: str = Field(max_length=60)
    epoch: int = 1
    sequence: int = 0
    credited: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How far the log was read to tell who wrote what (table commune only)."""


class DraftUpdate(SQLModel, table=True):
    """One acknowledged update, as received. `person_id` None = written by the platform (seed, rebuild)."""

    __tablename__ = "draft_update"
    __table_args__ = (UniqueConstraint("draft_id", "op_id"),)
    draft_id: str = Field(foreign_key="draft.id", primary_key=True, ondelete="CASCADE", max_length=36)
    sequence: int = Field(primary_key=True)
    epoch: int
    op_id: str = Field(max_length=64)
    update: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    person_id: str | None = Field(default=None, max_length=36)
    party_id: str | None = Field(default=None, max_length=36)
    recorded_at: datetime = Field(default_factory=now)


class DraftWriter(SQLModel, table=True):
    """Who first used a Yjs client id in a draft: nobody else may write under it (trust M4)."""

    __tablename__ = "draft_writer"
    draft_id: str = Field(foreign_key="draft.id", primary_key=True, ondelete="CASCADE", max_length=36)
    epoch: int = Field(primary_key=True)
    client_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    person_id: str | None = Field(default=None, max_length=36)
    party_id: str | None = Field(default=None, max_length=36)


class DraftCredit(SQLModel, table=True):
    """Who wrote which words of a clause in a draft, as far as `Draft.credited`: derived from the log, and again."""

    __tablename__ = "draft_credit"
    draft_id: str = Field(foreign_key="draft.id", primary_key=True, ondelete="CASCADE", max_length=36)
    clause_id: str = Field(primary_key=True, max_length=36)
    text: str
    """As a reader sees it, a line for each paragraph, item and cell."""
    runs: list[Any] = Field(sa_column=json_column())
    """[party id or null, characters] in a row."""
    deletions: list[Any] = Field(sa_column=json_column())
    """What was taken out last, by whom and when, and whose it was."""


class DraftSetAside(SQLModel, table=True):
    """Words and value of a draft that nobody proposed when its clause started again from another text. Read by its
    audience."""

    __tablename__ = "draft_set_aside"
    __table_args__ = (Index("ix_draft_set_aside_clause", "draft_id", "clause_id"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    draft_id: str = Field(foreign_key="draft.id", ondelete="CASCADE", max_length=36)
    clause_id: str = Field(max_length=36)
    text: str
    value: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """As its field held it, half typed perhaps; empty when the text alone was never proposed."""
    at: datetime = Field(default_factory=now)


class DraftFollowed(SQLModel, table=True):
    """The last tabled version of which the writers of a draft know: they started from it, proposed it, or said that
    they go on with their own words."""

    __tablename__ = "draft_followed"
    draft_id: str = Field(foreign_key="draft.id", primary_key=True, ondelete="CASCADE", max_length=36)
    clause_id: str = Field(primary_key=True, max_length=36)
    version_id: str = Field(max_length=36)
