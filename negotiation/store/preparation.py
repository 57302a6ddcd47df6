"""Rows: what surrounds the text: diagnosis, calendar, documents, consultations."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from negotiation.store.columns import json_column, key_column, new_id, now


class Diagnosis(SQLModel, table=True):
    """The shared diagnosis as a whole; its findings and data are rows of their own."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    status: str
    agreed_on: date | None = None
    agreed_by: list[str] = Field(sa_column=json_column())
    swot: dict[str, Any] = Field(sa_column=json_column())
    external: dict[str, Any] = Field(sa_column=json_column())
    financial_capacity: dict[str, Any] = Field(sa_column=json_column())
    questions: dict[str, Any] = Field(sa_column=json_column())


class Finding(SQLModel, table=True):
    """A finding of the diagnosis. Parties are named by their key in the file."""

    __table_args__ = (UniqueConstraint("negotiation_id", "key"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    key: str = Field(max_length=80)
    theme: str
    polarity: str
    scope: str
    essms_key: str | None = None
    text: str
    proposed_by: str
    validated_by: list[str] = Field(sa_column=json_column())
    status: str
    position: int


class Datum(SQLModel, table=True):
    """A datum validated one by one (R19). `values`: {year: decimal string}."""

    __table_args__ = (UniqueConstraint("negotiation_id", "key"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    key: str = Field(max_length=80)
    label: str
    unit: str
    essms_key: str | None = None
    values: dict[str, Any] = Field(sa_column=json_column())
    source: str
    proposed_by: str
    validated_by: list[str] = Field(sa_column=json_column())
    status: str
    note: str
    position: int


class CalendarItem(SQLModel, table=True):
    __tablename__ = "calendar_item"
    __table_args__ = (UniqueConstraint("negotiation_id", "key"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    key: str = Field(max_length=80)
    phase: str
    kind: str
    on: date
    time: str | None = None
    place: str | None = None
    title: str
    party_keys: list[str] = Field(sa_column=json_column())
    produces: str
    status: str
    position: int


class SupportDocument(SQLModel, table=True):
    """A document handed over. `circle` says who may see that it exists."""

    __tablename__ = "support_document"
    __table_args__ = (UniqueConstraint("negotiation_id", "key"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    key: str = Field(max_length=80)
    title: str
    kind: str
    provided_by: str
    on: date
    circle: str = Field(max_length=60)
    position: int


class Consultation(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("negotiation_id", "key"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    key: str = Field(max_length=80)
    body: str
    body_name: str
    calendar_key: str
    on: date
    kind: str
    opinion: str
    reserve: str
    party_key: str
    sent_on: date | None = None
    """When a deliberation was sent to the State (V25)."""
    position: int


class StoredTrame(SQLModel, table=True):
    """A trame that a person wrote or changed; read by its author alone, until a negotiation is opened from it."""

    __tablename__ = "trame"
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    person_id: str = Field(sa_column=key_column("person.id"))
    title: str
    content: dict[str, Any] = Field(sa_column=json_column())
    """As `rules.trame.trame_from_mapping` reads it."""
    created_at: datetime = Field(default_factory=now)
    changed_at: datetime = Field(default_factory=now)


class OpeningDraft(SQLModel, table=True):
    """The form of a negotiation that somebody prepares; read by its author alone, gone once it is opened."""

    __tablename__ = "opening_draft"
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    person_id: str = Field(sa_column=key_column("person.id"))
    title: str
    fields: dict[str, Any] = Field(sa_column=json_column())
    """{name of a field: what was typed in it, a list for boxes to tick}."""
    changed_at: datetime = Field(default_factory=now)
