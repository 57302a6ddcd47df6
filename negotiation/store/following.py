"""Rows: what happens after signature, as declared by a file: dialogues de gestion, avenants, evaluation."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from negotiation.store.columns import json_column, key_column, new_id


class Observation(SQLModel, table=True):
    """The observed value of an indicator for a year (decimal string)."""

    __table_args__ = (UniqueConstraint("part_id", "year"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    part_id: str = Field(sa_column=key_column("part.id", index=False))
    year: int
    value: str


class DialogueDeGestion(SQLModel, table=True):
    """A yearly dialogue. `action_reviews` and `indicator_reviews` as in the file, numbers as decimal strings."""

    __tablename__ = "dialogue_de_gestion"
    __table_args__ = (UniqueConstraint("negotiation_id", "key"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    key: str = Field(max_length=80)
    calendar_key: str
    year: int
    on: date
    status: str
    attendees: list[str] = Field(sa_column=json_column())
    action_reviews: list[dict[str, Any]] = Field(sa_column=json_column())
    indicator_reviews: list[dict[str, Any]] = Field(sa_column=json_column())
    conclusions: str
    decisions: list[str] = Field(sa_column=json_column())
    minutes_validated_on: date | None = None
    position: int


class Avenant(SQLModel, table=True):
    """An amendment as declared. `changes`: {target: {type, id, field}, old, new}, values in canonical form."""

    __table_args__ = (UniqueConstraint("negotiation_id", "key"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    key: str = Field(max_length=80)
    number: int
    title: str
    reason: str
    requested_by: str
    requested_on: date
    status: str
    signed_on: date | None = None
    changes: list[dict[str, Any]] = Field(sa_column=json_column())
    position: int


class AvenantMove(SQLModel, table=True):
    """A move of an avenant's thread, declared, in its circle like any other text."""

    __tablename__ = "avenant_move"
    __table_args__ = (UniqueConstraint("negotiation_id", "key"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    avenant_id: str = Field(sa_column=key_column("avenant.id"))
    key: str = Field(max_length=120)
    circle: str = Field(max_length=60)
    rank: int
    at: datetime
    party_id: str = Field(sa_column=key_column("party.id", index=False))
    member_id: str = Field(sa_column=key_column("member.id", index=False))
    type: str
    text: str
    value: str | None = None
    accepts: str | None = None


class Evaluation(SQLModel, table=True):
    """The final evaluation as declared. `results`: one per engagement, numbers as decimal strings."""

    __table_args__ = (UniqueConstraint("negotiation_id", "key"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    key: str = Field(max_length=80)
    calendar_key: str
    opened_on: date
    shared_on: date
    status: str
    period: str
    team: list[str] = Field(sa_column=json_column())
    results: list[dict[str, Any]] = Field(sa_column=json_column())
    lessons: list[str] = Field(sa_column=json_column())
    next_contract: list[str] = Field(sa_column=json_column())
