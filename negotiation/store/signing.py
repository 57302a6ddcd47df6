"""Rows: in which order a contract is signed, what was added behind the frozen file, scans of what was signed on paper,
and what the keys of the platform vouched for. What is signed or sealed is immutable by trigger."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from negotiation.rules.signatures import SigningOrder
from negotiation.store.columns import enum_column, facts_column, json_column, key_column, new_id, now


class SigningTerms(SQLModel, table=True):
    """How the next frozen version will be signed; none: in any order, by one person a party."""

    __tablename__ = "signing_terms"
    __table_args__ = (UniqueConstraint("negotiation_id"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id", index=False))
    order: SigningOrder = Field(sa_column=enum_column(SigningOrder))
    every: list[str] = Field(default_factory=list, sa_column=json_column())
    """Keys of the parties of which every signatory signs; one suffices for the others."""
    set_by: str = Field(max_length=36)
    at: datetime = Field(default_factory=now)


class SignedIncrement(SQLModel, table=True):
    """Bytes added behind a sealed file: the file as it is signed so far is the frozen one, then these by number."""

    __tablename__ = "signed_increment"
    __table_args__ = (UniqueConstraint("frozen_version_id", "number"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    frozen_version_id: str = Field(sa_column=key_column("frozen_version.id"))
    signature_id: str | None = Field(default=None, sa_column=key_column("signature.id", nullable=True, index=False))
    """Whose signature it is; None for the final lock."""
    number: int
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    file_hash: str = Field(max_length=64, index=True)
    """SHA-256 of the whole file, these bytes included."""
    at: datetime = Field(default_factory=now)


class PaperSignature(SQLModel, table=True):
    """A scan of the contract signed by hand, bound to the frozen text. Counts once each other party confirmed it."""

    __tablename__ = "paper_signature"
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    frozen_version_id: str = Field(sa_column=key_column("frozen_version.id", index=False))
    signature_id: str = Field(sa_column=key_column("signature.id"))
    content_hash: str = Field(max_length=64)
    mandate: dict[str, Any] = Field(sa_column=json_column())
    """{reference, on}: the act that authorises the signatory."""
    signer: str = Field(default="", max_length=200, sa_column_kwargs={"server_default": ""})
    """The name of who signed by hand; "" for what was brought before it was asked."""
    media_type: str = Field(max_length=40)
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    data_hash: str = Field(max_length=64)
    member_id: str = Field(sa_column=key_column("member.id", index=False))
    """Who brought it."""
    authentication: dict[str, Any] = Field(default_factory=dict, sa_column=facts_column())
    """{method, at, network}: how whoever brought it was recognised."""
    reading: dict[str, Any] = Field(default_factory=dict, sa_column=facts_column())
    """{pages, text, found}: how many pages it has, which have words that a program reads, and which of those carry the
    fingerprint; empty for what was brought before scans were opened."""
    at: datetime = Field(default_factory=now)


class SigningAct(SQLModel, table=True):
    """The file of the act that authorises a signatory. Replaced at will until his place is signed, then immutable."""

    __tablename__ = "signing_act"
    __table_args__ = (UniqueConstraint("signature_id"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    frozen_version_id: str = Field(sa_column=key_column("frozen_version.id", index=False))
    signature_id: str = Field(sa_column=key_column("signature.id", index=False))
    media_type: str = Field(max_length=40)
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    data_hash: str = Field(max_length=64)
    pages: int
    member_id: str = Field(sa_column=key_column("member.id", index=False))
    """Who joined it."""
    at: datetime = Field(default_factory=now)


class PaperConfirmation(SQLModel, table=True):
    """Another party looked at the scan and says that it is the frozen contract, signed."""

    __tablename__ = "paper_confirmation"
    __table_args__ = (UniqueConstraint("paper_id", "party_id"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    paper_id: str = Field(sa_column=key_column("paper_signature.id"))
    party_id: str = Field(sa_column=key_column("party.id", index=False))
    member_id: str = Field(sa_column=key_column("member.id", index=False))
    authentication: dict[str, Any] = Field(default_factory=dict, sa_column=facts_column())
    """{method, at, network}."""
    at: datetime = Field(default_factory=now)


class HeadSeal(SQLModel, table=True):
    """The head of a shared history, signed by the platform's key of heads. `statement` is canonical JSON."""

    __tablename__ = "head_seal"
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    statement: str = Field(sa_column=Column(Text, nullable=False))
    signature: str = Field(max_length=128)
    public_key: str = Field(max_length=64)
    at: datetime = Field(default_factory=now)


class PlatformKey(SQLModel, table=True):
    """The public part of a key that made a proof here: kept when the key is changed, so that old proofs verify."""

    __tablename__ = "platform_key"
    fingerprint: str = Field(primary_key=True, max_length=64)
    """SHA-256 of the certificate; the public key itself for a key of heads."""
    certificate: str = Field(default="", sa_column=Column(Text, nullable=False))
    """PEM; "" for a key of heads."""
    first_used_at: datetime = Field(default_factory=now)
