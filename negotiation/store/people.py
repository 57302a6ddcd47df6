"""Rows: people, how they sign in, and the party for which they act."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint, false
from sqlmodel import Field, SQLModel

from negotiation.rules.policy import Method
from negotiation.rules.vocabulary import PartyKind, Side
from negotiation.store.columns import enum_column, json_column, key_column, new_id, now


class Person(SQLModel, table=True):
    """A human being with an account. `email` is kept in lower case."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    email: str = Field(unique=True, max_length=254)
    password_hash: str | None = Field(default=None, max_length=255)
    confined: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """First entered by a link that somebody else passed on: until a mail proves the address, only the seats whose own
    links were opened are his."""
    created_at: datetime = Field(default_factory=now)


class SigninLink(SQLModel, table=True):
    """A single-use link. Only the hash of its token is kept."""

    __tablename__ = "signin_link"
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    person_id: str = Field(sa_column=key_column("person.id"))
    token_hash: str = Field(unique=True, max_length=64)
    created_at: datetime = Field(default_factory=now)
    expires_at: datetime
    used_at: datetime | None = None
    member_id: str | None = Field(default=None, max_length=36)
    """The one seat that a link passed on by hand opens; None for a link that reaches the address itself."""


class SigninSession(SQLModel, table=True):
    """A server-side session, read again on every request and every socket event."""

    __tablename__ = "signin_session"
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    person_id: str = Field(sa_column=key_column("person.id"))
    token_hash: str = Field(unique=True, max_length=64)
    created_at: datetime = Field(default_factory=now)
    authenticated_at: datetime = Field(default_factory=now)
    method: Method = Field(sa_column=enum_column(Method))
    """How the person was last recognised: every binding move keeps it."""
    expires_at: datetime
    ended_at: datetime | None = None


class Party(SQLModel, table=True):
    """An organisation at the table. `key` is its id in a scenario file, `letter` its sign everywhere (G, A, D, E…)."""

    __table_args__ = (UniqueConstraint("negotiation_id", "key"), UniqueConstraint("negotiation_id", "letter"))
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    key: str = Field(max_length=80)
    kind: PartyKind = Field(sa_column=enum_column(PartyKind))
    side: Side = Field(sa_column=enum_column(Side))
    name: str
    short_name: str
    signatory_title: str = ""
    letter: str = Field(max_length=3)
    position: int


class Member(SQLModel, table=True):
    """A person acting for a party: `title` is the job, `rights` the list of `vocabulary.Right` values."""

    __table_args__ = (UniqueConstraint("negotiation_id", "key"), UniqueConstraint("negotiation_id", "person_id"))
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    party_id: str = Field(sa_column=key_column("party.id"))
    person_id: str = Field(sa_column=key_column("person.id"))
    key: str = Field(max_length=120)
    title: str
    rights: list[str] = Field(sa_column=json_column())
    position: int
    invited_at: datetime | None = None
    invited_by: str | None = Field(default=None, max_length=36)
    """Member id; None for whoever a file or the opening named."""
    joined_at: datetime | None = None
    """First entry of somebody who was invited."""
    ends_on: date | None = None
    """Last day of an evaluator, or of anybody invited for a time."""
    left_at: datetime | None = None
    """Removed: what the person did stays, under the same name."""


class Delegation(SQLModel, table=True):
    """One member's rights lent to another of the same party, from a day to a day, both included. Nobody else's
    business: `circle` is the party's."""

    __table_args__ = (Index("ix_delegation_party", "party_id", "ends_on"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    party_id: str = Field(sa_column=key_column("party.id", index=False))
    circle: str = Field(max_length=60)
    from_member_id: str = Field(sa_column=key_column("member.id", index=False))
    to_member_id: str = Field(sa_column=key_column("member.id", index=False))
    starts_on: date
    ends_on: date
    ended_at: datetime | None = None
    set_by: str = Field(max_length=36)
    """Member id."""
    created_at: datetime = Field(default_factory=now)
