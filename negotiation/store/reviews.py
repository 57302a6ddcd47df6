"""Rows: what the parties write about a signed contract. Its values and words are clauses of a part; here is what binds
them, and what was approved."""

from datetime import date, datetime

from sqlalchemy import Column, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from negotiation.rules.vocabulary import ReviewKind
from negotiation.store.columns import enum_column, key_column, new_id, now


class Review(SQLModel, table=True):
    """The dialogue de gestion of an exercise year, or the final evaluation; all of it shared. Once approved, triggers
    refuse any change to it, and any new version of its clauses.

    `content`: canonical JSON of what was approved, and `content_hash` its SHA-256; both are empty until then.
    """

    __table_args__ = (UniqueConstraint("negotiation_id", "kind", "year"), UniqueConstraint("part_id"))
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    part_id: str = Field(sa_column=key_column("part.id", index=False))
    kind: ReviewKind = Field(sa_column=enum_column(ReviewKind))
    year: int
    on: date
    seance_id: str | None = Field(default=None, sa_column=key_column("seance.id", nullable=True, index=False))
    opened_by: str = Field(sa_column=key_column("member.id", index=False))
    opened_at: datetime = Field(default_factory=now)
    content: str = Field(default="", sa_column=Column(Text, nullable=False))
    content_hash: str = Field(default="", max_length=64)
    approved_at: datetime | None = None
