"""Rows: an avenant's own facts, beside the negotiation that holds its text."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from negotiation.rules.amendment import AmendmentKind
from negotiation.store.columns import enum_column, facts_column, key_column, new_id, now


class Amendment(SQLModel, table=True):
    """What a signed contract becomes. `root_key`: of the contract's negotiation; `amended_…`: the signed version that
    it starts from, the contract's or that of the avenant signed last. These are no foreign keys: an avenant may be
    carried to an instance that doesn't hold its contract. `number` is counted within the contract."""

    __table_args__ = (
        UniqueConstraint("negotiation_id"),
        UniqueConstraint("root_key", "number"),
        Index(
            "ix_amendment_open",
            "root_key",
            unique=True,
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
    )
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id", index=False))
    root_key: str = Field(max_length=120)
    kind: AmendmentKind = Field(sa_column=enum_column(AmendmentKind))
    number: int
    opened_by: str = Field(max_length=36)
    """Member id, within the avenant."""
    opened_at: datetime = Field(default_factory=now)
    amended_reference: str
    amended_title: str
    amended_label: str
    amended_number: str = Field(max_length=40)
    amended_content_hash: str = Field(max_length=64)
    amended_pdf_hash: str = Field(max_length=64)
    amended_on: date
    """When it was signed."""
    reason: str
    requested_by: str = Field(max_length=80)
    """Key of the party."""
    effect_on: date
    term_before: date
    term_after: date | None = None
    """The new term, for a prorogation."""
    closing: dict[str, Any] = Field(default_factory=dict, sa_column=facts_column())
    """{reason, by, consents, at}, keys of parties, an ISO moment: somebody would close it without follow-up; empty:
    nobody asks."""
    settled_at: datetime | None = None
    """Signed by all, or closed without follow-up: another avenant may be opened."""
    closed_reason: str | None = None
    """Why it was closed without follow-up; None when it wasn't."""
