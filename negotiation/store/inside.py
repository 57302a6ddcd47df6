"""Rows of one party's inside: visas, mandates, what becomes of it all. Every one has the party's circle, and no trace
anywhere else.

Nothing here is dated, numbered or counted in what another party reads: a move that waited for a visa bears the time at
which it left. Source: product R16.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from negotiation.rules.policy import Method
from negotiation.rules.vocabulary import Gesture, Move, Role, VisaState
from negotiation.store.columns import enum_column, json_column, key_column, new_id, now


class VisaRule(SQLModel, table=True):
    """A gesture of the party that leaves only with the visa of somebody who has this role."""

    __tablename__ = "visa_rule"
    __table_args__ = (UniqueConstraint("party_id", "gesture"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    party_id: str = Field(sa_column=key_column("party.id", index=False))
    circle: str = Field(max_length=60)
    gesture: Gesture = Field(sa_column=enum_column(Gesture))
    role: Role = Field(sa_column=enum_column(Role))


class VisaRequest(SQLModel, table=True):
    """A move kept at home until its visa: what was asked, on which text, by whom; and what became of it.

    `seen_number` and `seen_fingerprint` are the version that was on the screen: once another one stands, the request is
    « à reprendre ». `base_version_id` is the text that the proposal started from.
    """

    __tablename__ = "visa_request"
    __table_args__ = (Index("ix_visa_request_party", "party_id", "state"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    party_id: str = Field(sa_column=key_column("party.id", index=False))
    circle: str = Field(max_length=60)
    clause_id: str = Field(sa_column=key_column("clause.id"))
    member_id: str = Field(sa_column=key_column("member.id", index=False))
    role: Role = Field(sa_column=enum_column(Role))
    move: Move = Field(sa_column=enum_column(Move))
    text: str = ""
    motive: str = ""
    value: Any = Field(default=None, sa_column=json_column(nullable=True))
    origin: str = Field(default="party", max_length=40)
    seen_number: int | None = None
    seen_fingerprint: str | None = Field(default=None, max_length=64)
    base_version_id: str | None = Field(default=None, max_length=36)
    bundle: str | None = Field(default=None, max_length=36)
    """Requests made in one gesture. What leaves bears another: the moves of one gesture would tell, by its id, that
    they waited."""
    message_id: str | None = Field(default=None, max_length=36)
    """The message of the discussion that became this proposal."""
    written: list[Any] | None = Field(default=None, sa_column=json_column(nullable=True))
    """Who wrote which words of a text of the table commune: [party id or null, words] in a row."""
    draft: str = Field(default="", max_length=60, sa_column_kwargs={"server_default": ""})
    """The circle of the draft that it comes from: to its writers it will be no news. Empty: it comes from none."""
    words: str = ""
    """What the asker tells the one who gives the visa."""
    state: VisaState = Field(default=VisaState.WAITING, sa_column=enum_column(VisaState))
    answer: str = ""
    asked_at: datetime = Field(default_factory=now)
    method: Method | None = Field(default=None, sa_column=enum_column(Method, nullable=True))
    """How the asker was recognised when he asked: what his move keeps. The party's own chain says how the giver was."""
    settled_at: datetime | None = None
    settled_by: str | None = Field(default=None, max_length=36)
    """Member id."""


class InsideFate(SQLModel, table=True):
    """What a party chose for its inside once the contract is signed; without a row it is kept.

    From `destroyed_at` on, the database lets the rows of this circle go, and what its history says up to `through`.
    """

    __tablename__ = "inside_fate"
    __table_args__ = (UniqueConstraint("party_id"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    party_id: str = Field(sa_column=key_column("party.id", index=False))
    circle: str = Field(max_length=60)
    years: int | None = None
    """After the signature; None: kept."""
    member_id: str = Field(sa_column=key_column("member.id", index=False))
    """Who chose last."""
    chosen_at: datetime = Field(default_factory=now)
    announced_on: date | None = None
    """Day of Paris on which the party was told that the destruction comes; a change of mind takes it back."""
    destroyed_at: datetime | None = None
    through: int | None = None
    """Sequence of the last fact that went; what the party has written inside since then stays."""
    wiped_at: datetime | None = None
    """When the bytes had left the file too."""


class Mandate(SQLModel, table=True):
    """How far a party lets its people go on a clause. `floor` and `ceiling`: canonical values of the clause's kind."""

    __table_args__ = (UniqueConstraint("party_id", "clause_id"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    party_id: str = Field(sa_column=key_column("party.id", index=False))
    circle: str = Field(max_length=60)
    clause_id: str = Field(sa_column=key_column("clause.id"))
    floor: Any = Field(default=None, sa_column=json_column(nullable=True))
    ceiling: Any = Field(default=None, sa_column=json_column(nullable=True))
    fallback: str = ""
    """Text to which the party may retreat."""
    leeway: str = ""
    """« Marge de manœuvre », in words."""
    member_id: str = Field(sa_column=key_column("member.id", index=False))
    """Who set it last."""
    set_at: datetime = Field(default_factory=now)
