"""Rows: the relevé of a séance. Its passages are clauses of a part; here is what binds them, and what was approved."""

from datetime import datetime

from sqlalchemy import Column, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from negotiation.store.columns import key_column, new_id, now


class Minutes(SQLModel, table=True):
    """The relevé de décisions of one séance, all of it shared. Once approved, triggers refuse any change to it, and any
    new version of its clauses.

    `content`: canonical JSON of what was approved, and `content_hash` its SHA-256; both are empty until then.
    """

    __table_args__ = (UniqueConstraint("seance_id"), UniqueConstraint("part_id"))
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    seance_id: str = Field(sa_column=key_column("seance.id", index=False))
    part_id: str = Field(sa_column=key_column("part.id", index=False))
    drawn_up_by: str = Field(sa_column=key_column("member.id", index=False))
    drawn_up_at: datetime = Field(default_factory=now)
    content: str = Field(default="", sa_column=Column(Text, nullable=False))
    content_hash: str = Field(default="", max_length=64)
    approved_at: datetime | None = None
