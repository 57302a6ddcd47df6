"""Rows: the state of a live draft's document at a sequence of its log. Derived: without them, opening takes longer."""

from typing import Any

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel

from negotiation.store.columns import list_column


class DraftState(SQLModel, table=True):
    """The last state kept of a draft; one of another epoch than the draft's counts for nothing."""

    __tablename__ = "draft_state"
    draft_id: str = Field(foreign_key="draft.id", primary_key=True, ondelete="CASCADE", max_length=36)
    epoch: int
    sequence: int
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    half_characters: list[Any] = Field(sa_column=list_column())
    """[client, clock]: see `guard.UpdateFacts`."""
