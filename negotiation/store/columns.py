"""Column types shared by the rows: enums by value, JSON, random ids, UTC times.

SQLModel stores enums by name unless told otherwise; `enum_column` is the one place that tells it.
"""

import uuid
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Enum, ForeignKey, String


def new_id() -> str:
    """A random public id (UUIDv4: a time-ordered id would tell when something private was first written)."""
    return str(uuid.uuid4())


def now() -> datetime:
    """Server time, UTC, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def no_words() -> list[str]:
    """An empty list of a row's own. Pydantic reads the signature of a default's maker each time a row is made, and that
    of `list` itself costs it twenty times more.
    """
    return []


def enum_column(
    kind: type[StrEnum], *, nullable: bool = False, index: bool = False, primary_key: bool = False
) -> Column[Any]:
    """A text column that holds the enum's values, checked by the database."""
    name = f"{kind.__name__.lower()}_values"
    values = Enum(
        kind,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=True,
        name=name,
        length=40,
    )
    return Column(values, nullable=nullable, index=index, primary_key=primary_key)


def json_column(*, nullable: bool = False) -> Column[Any]:
    return Column(JSON(none_as_null=True), nullable=nullable)


def list_column() -> Column[Any]:
    """A JSON list added to a table that had rows: those hold an empty one."""
    return Column(JSON(none_as_null=True), nullable=False, server_default="[]")


def facts_column() -> Column[Any]:
    """A JSON object added to a table that had rows: those hold an empty one."""
    return Column(JSON(none_as_null=True), nullable=False, server_default="{}")


def key_column(target: str, *, nullable: bool = False, index: bool = True) -> Column[Any]:
    """A foreign key to a random id; rows of a negotiation go with it."""
    return Column(String(36), ForeignKey(target, ondelete="CASCADE"), nullable=nullable, index=index)
