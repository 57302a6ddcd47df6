"""Rows: files that came back from Word, as read, until their party confirms or drops them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from negotiation.store.columns import enum_column, json_column, key_column, new_id, now


class ReturnState(StrEnum):
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    DROPPED = "dropped"


class WordReturn(SQLModel, table=True):
    """What a file says, never the file itself. `circle` is the inside of the party that brought it, always.

    `reading`: as `services.word_return` writes it: {"export_id", "clauses": [{"clause_id", "rejected", "accepted"}],
    "changes", "comments", "outside"}, in the shapes of `documents.word_model`, clause ids with dashes; of a file
    without marks, "sections": [{"title", "text", "clause_id"}] too, "" for a section that is taken for no clause.
    """

    __tablename__ = "word_return"
    __table_args__ = (UniqueConstraint("member_id", "request_key"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    circle: str = Field(max_length=60)
    member_id: str = Field(sa_column=key_column("member.id", index=False))
    request_key: str | None = Field(default=None, max_length=36)
    at: datetime = Field(default_factory=now)
    file_name: str = Field(max_length=200)
    size: int
    """Bytes of the file."""
    reading: dict[str, Any] = Field(sa_column=json_column())
    state: ReturnState = Field(default=ReturnState.WAITING, sa_column=enum_column(ReturnState))
    settled_at: datetime | None = None
    settled_by: str | None = Field(default=None, max_length=36)
    """Member id."""
