"""Rows: files that take long to make, while they are made and until their asker has them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from negotiation.store.columns import enum_column, key_column, new_id, now

TOLD = 500
"""Characters."""


class PreparedKind(StrEnum):
    EXPORT = "export"
    """« Tout emporter »."""
    PROJECT = "project"
    """The contract under negotiation, typeset; `MARKED`: with what each open proposal changes."""
    MARKED = "marked"
    CONSOLIDATED = "consolidated"
    """The whole contract at the state of an avenant, typeset."""


class PreparedState(StrEnum):
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"


class PreparedFile(SQLModel, table=True):
    """One of a kind for each member. `circle` is the inside of the asker's party, always: the file holds what he reads.

    Dropping the row stops the making: whoever makes the file finds, at its next step, that nobody waits for it.
    """

    __tablename__ = "prepared_file"
    __table_args__ = (UniqueConstraint("member_id", "kind"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    circle: str = Field(max_length=60)
    member_id: str = Field(sa_column=key_column("member.id", index=False))
    kind: PreparedKind = Field(sa_column=enum_column(PreparedKind))
    asked_at: datetime = Field(default_factory=now)
    state: PreparedState = Field(default=PreparedState.MAKING, sa_column=enum_column(PreparedState))
    steps: int
    done: int = 0
    """Steps that are over, out of `steps`."""
    step: str = Field(max_length=200)
    """What is being made, in French; of a file that failed, what was."""
    step_at: datetime = Field(default_factory=now)
    """When `step` began, or when the file was ready, or failed."""
    told: str = Field(default="", max_length=TOLD, sa_column_kwargs={"server_default": ""})
    """What there is to say of it once it is over, in French: how many pages it has, or why it failed."""
    file_name: str = Field(max_length=200)
    data: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
