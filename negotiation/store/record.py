"""Rows: the history chains, what is announced after commit, and the frozen and signed contract."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from negotiation.store.columns import facts_column, json_column, key_column, new_id, now


class HistoryEntry(SQLModel, table=True):
    """A link of one chain: one chain and one sequence per (negotiation, circle). Append-only by trigger.

    `payload` is canonical JSON (None once withheld or erased); `header_hash` seals everything but the payload, which
    it holds through the salted `commitment`. See `rules/history_chain.py`.
    """

    __tablename__ = "history_entry"
    __table_args__ = (
        UniqueConstraint("negotiation_id", "circle", "sequence"),
        Index("ix_history_entry_recorded", "negotiation_id", "recorded_at"),
        Index("ix_history_entry_kind", "negotiation_id", "circle", "kind", "sequence"),
    )
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id", index=False))
    circle: str = Field(max_length=60)
    sequence: int
    recorded_at: datetime
    actor: str = Field(max_length=80)
    kind: str = Field(max_length=60)
    clause_id: str | None = Field(default=None, max_length=36, index=True)
    commitment: str = Field(max_length=64)
    salt: str = Field(max_length=64)
    payload: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    previous_hash: str = Field(max_length=64)
    header_hash: str = Field(max_length=64)


class Outbox(SQLModel, table=True):
    """What to announce after commit: a type and ids, never content. Redelivered until `delivered_at` is set."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    circle: str = Field(max_length=60)
    kind: str = Field(max_length=60)
    part_id: str | None = Field(default=None, max_length=36)
    clause_id: str | None = Field(default=None, max_length=36)
    seance_id: str | None = Field(default=None, max_length=36)
    entry_id: str | None = Field(default=None, max_length=36)
    """The fact in its chain; None for what is announced without being recorded."""
    created_at: datetime = Field(default_factory=now)
    delivered_at: datetime | None = Field(default=None, index=True)
    noticed_at: datetime | None = Field(default=None, index=True)
    """When it was looked at for the mails that it makes leave."""


class FreezeRequest(SQLModel, table=True):
    """A party asks for the gel of the contract as it stands."""

    __tablename__ = "freeze_request"
    __table_args__ = (UniqueConstraint("negotiation_id", "party_id"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    party_id: str = Field(sa_column=key_column("party.id", index=False))
    member_id: str = Field(sa_column=key_column("member.id", index=False))
    content_hash: str = Field(max_length=64)
    """Fingerprint of the contract that was on the screen: a later change voids the request."""
    at: datetime = Field(default_factory=now)


class FrozenVersion(SQLModel, table=True):
    """The contract, frozen: canonical JSON, its hash, the PDF stored once. Immutable by trigger."""

    __tablename__ = "frozen_version"
    __table_args__ = (UniqueConstraint("negotiation_id", "number"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    label: str
    number: str = Field(max_length=40)
    content: str = Field(sa_column=Column(Text, nullable=False))
    content_hash: str = Field(max_length=64, index=True)
    pdf: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    pdf_hash: str = Field(max_length=64, index=True)
    heads: dict[str, Any] = Field(sa_column=json_column())
    """Head of the shared chain just before the gel: {circle: {sequence, hash}}."""
    frozen_at: datetime = Field(default_factory=now)
    declared: bool = False
    """True when a file declared it: nobody clicked here."""
    terms: dict[str, Any] = Field(default_factory=dict, sa_column=facts_column())
    """How it is signed: {order, every}; empty: in any order, by one person a party."""
    seal: dict[str, Any] = Field(default_factory=dict, sa_column=facts_column())
    """The seal of its PDF: {certificate_hash, timestamp, printed_hash, printed_size}; empty: its bytes carry none."""


class Signature(SQLModel, table=True):
    """A signatory of a frozen version. `signed_at` None = expected; `declared` = said by a file, not made here."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    frozen_version_id: str = Field(sa_column=key_column("frozen_version.id"))
    party_id: str = Field(sa_column=key_column("party.id", index=False))
    member_id: str | None = Field(default=None, sa_column=key_column("member.id", nullable=True, index=False))
    role: str
    mandate: str = ""
    """Deliberation or decision that authorises the signatory (« quality » in a file)."""
    evidence: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    signed_on: date | None = None
    signed_at: datetime | None = None
    declared: bool = False
    position: int
    field: str = Field(default="", max_length=200, sa_column_kwargs={"server_default": ""})
    """The field of the sealed PDF that waits for this signature; "" where there is none."""
    declined_at: datetime | None = None
    decline_reason: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    """What every party reads; a signatory who declined may still change his mind and sign."""


class UnfreezeRequest(SQLModel, table=True):
    """A party wants a frozen version reopened before anybody signs it: who asks (with a motive), then who consents."""

    __tablename__ = "unfreeze_request"
    __table_args__ = (UniqueConstraint("frozen_version_id", "party_id"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    frozen_version_id: str = Field(sa_column=key_column("frozen_version.id"))
    party_id: str = Field(sa_column=key_column("party.id", index=False))
    member_id: str = Field(sa_column=key_column("member.id", index=False))
    motive: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    """Why, in the words of the party that asks; "" for those that consent."""
    at: datetime = Field(default_factory=now)


class VoidedVersion(SQLModel, table=True):
    """A frozen version that every party reopened before anybody signed it: genuine, kept, and not the contract.

    Immutable by trigger, like the version, and refused once there is a signature.
    """

    __tablename__ = "voided_version"
    __table_args__ = (UniqueConstraint("frozen_version_id"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    frozen_version_id: str = Field(sa_column=key_column("frozen_version.id", index=False))
    party_id: str = Field(sa_column=key_column("party.id", index=False))
    """The party that asked."""
    motive: str = Field(sa_column=Column(Text, nullable=False))
    sequence: int
    """Of the fact that says so in the shared history."""
    at: datetime = Field(default_factory=now)


class DeclaredSignature(SQLModel, table=True):
    """The signature block of a file: place, version label and status, as declared."""

    __tablename__ = "declared_signature"
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    signed_on: date
    place: str
    version: str
    status: str


class ImportRecord(SQLModel, table=True):
    """What was imported, from which file, and to which day."""

    __tablename__ = "import_record"
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    file_hash: str = Field(max_length=64)
    until: date | None = None
    at: datetime = Field(default_factory=now)
