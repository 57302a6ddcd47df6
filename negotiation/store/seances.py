"""Rows: the séance, its agenda, who came, what was decided. Everything here is shared: no row holds anything private.

The state of a séance is here and nowhere else: a server that starts again finds the chair, the point under discussion
and the decisions that wait as they were.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Enum, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from negotiation.rules.policy import Method
from negotiation.rules.seances import DecisionKind, DecisionState, SeanceState, Unbound
from negotiation.store.columns import enum_column, json_column, key_column, new_id, no_words, now


def _state_column() -> Column[Any]:
    """Séances there were before any was held here come from files: they are over."""
    column = enum_column(SeanceState)
    kind = column.type
    assert isinstance(kind, Enum)
    return Column(kind, nullable=False, server_default=SeanceState.CLOSED)


class Seance(SQLModel, table=True):
    """A joint drafting session: planned, then held here; or recorded in a file, and closed.

    `start` and `end` are hours of Paris (« 09:00 »), planned, or declared by a file. `attendees`, `agenda`, `decisions`
    and `engagement_codes` are the file's words, empty otherwise: what happens here has rows of its own. `facilitator`
    and `note_taker` are keys of members, or empty: whoever should chair, and whoever writes.
    """

    __table_args__ = (UniqueConstraint("negotiation_id", "key"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    key: str = Field(max_length=80)
    calendar_key: str
    title: str
    on: date
    start: str
    end: str
    place: str
    attendees: list[str] = Field(default_factory=no_words, sa_column=json_column())
    facilitator: str
    note_taker: str
    agenda: list[str] = Field(default_factory=no_words, sa_column=json_column())
    decisions: list[dict[str, Any]] = Field(default_factory=list, sa_column=json_column())
    engagement_codes: list[str] = Field(default_factory=no_words, sa_column=json_column())
    position: int
    state: SeanceState = Field(default=SeanceState.CLOSED, sa_column=_state_column())
    planned_by: str | None = Field(default=None, max_length=36)
    """Member id; None when a file tells it."""
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    chair_id: str | None = Field(default=None, max_length=36)
    """The member who chairs now, or chaired when it closed; None while nobody does."""
    point_id: str | None = Field(default=None, max_length=36)
    """The point under discussion."""
    clause_id: str | None = Field(default=None, max_length=36)
    """The clause of that point on which the screens are."""
    pointed_at: datetime | None = None
    """Since when the point is under discussion."""


class SeancePoint(SQLModel, table=True):
    """A point of the agenda: a clause, a whole part, or free words (`title`)."""

    __tablename__ = "seance_point"
    __table_args__ = (Index("ix_seance_point_seance", "seance_id", "position"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    seance_id: str = Field(sa_column=key_column("seance.id", index=False))
    position: int
    title: str = ""
    clause_id: str | None = Field(default=None, sa_column=key_column("clause.id", nullable=True, index=False))
    part_id: str | None = Field(default=None, sa_column=key_column("part.id", nullable=True, index=False))
    """The part itself, or that of the clause."""
    planned_minutes: int | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    """When it was last left; it may be taken up again."""
    seconds: int = 0
    """Spent on it, without the time that runs since `Seance.pointed_at`."""


class SeanceAttendance(SQLModel, table=True):
    """Somebody expected at a séance or present: a member, or a person in the room without an account (`name`)."""

    __tablename__ = "seance_attendance"
    __table_args__ = (UniqueConstraint("seance_id", "member_id"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    seance_id: str = Field(sa_column=key_column("seance.id"))
    party_id: str = Field(sa_column=key_column("party.id", index=False))
    member_id: str | None = Field(default=None, sa_column=key_column("member.id", nullable=True, index=False))
    name: str = ""
    expected: bool = False
    arrived_at: datetime | None = None
    """None as long as nobody saw them."""
    noted_by: str | None = Field(default=None, max_length=36)
    """The member who wrote them down; None for whoever signed in."""


class SeanceDecision(SQLModel, table=True):
    """Something decided in a séance: proposed for a party, waiting its minute, bound, unbound or cancelled.

    `version_id`, `version_number` and `fingerprint` are the version that was seen; `before_version_id` is what stood on
    the clause when the séance opened (None: nothing tabled). `decided_by` answers for it: who recorded it, or confirmed
    it for the party; `method` is how that person was recognised then.
    """

    __tablename__ = "seance_decision"
    __table_args__ = (
        Index("ix_seance_decision_seance", "seance_id", "rank"),
        Index("ix_seance_decision_due", "state", "binds_at"),
        Index("ix_seance_decision_message", "message_id"),
        UniqueConstraint("recorded_by", "request_key"),
    )
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    negotiation_id: str = Field(sa_column=key_column("negotiation.id"))
    seance_id: str = Field(sa_column=key_column("seance.id", index=False))
    point_id: str | None = Field(default=None, max_length=36)
    rank: int
    kind: DecisionKind = Field(sa_column=enum_column(DecisionKind))
    party_id: str | None = Field(default=None, sa_column=key_column("party.id", nullable=True, index=False))
    """Whose agreement, reserve or question it is, or who has the task."""
    clause_id: str | None = Field(default=None, sa_column=key_column("clause.id", nullable=True, index=False))
    version_id: str | None = Field(default=None, max_length=36)
    version_number: int | None = None
    fingerprint: str | None = Field(default=None, max_length=64)
    before_version_id: str | None = Field(default=None, max_length=36)
    text: str = ""
    owner_id: str | None = Field(default=None, max_length=36)
    """Member id: somebody invited who never came may go, and what was decided stays."""
    due_on: date | None = None
    state: DecisionState = Field(sa_column=enum_column(DecisionState))
    recorded_by: str = Field(sa_column=key_column("member.id", index=False))
    recorded_at: datetime = Field(default_factory=now)
    request_key: str | None = Field(default=None, max_length=36)
    message_id: str | None = Field(default=None, max_length=36)
    """The message of the discussion that it comes from; told to nobody who doesn't read that message."""
    decided_by: str | None = Field(default=None, max_length=36)
    decided_at: datetime | None = None
    method: Method | None = Field(default=None, sa_column=enum_column(Method, nullable=True))
    binds_at: datetime | None = None
    settled_at: datetime | None = None
    settled_by: str | None = Field(default=None, max_length=36)
    """Member id of whoever cancelled it; None when its time came."""
    reason: Unbound | None = Field(default=None, sa_column=enum_column(Unbound, nullable=True))
    move_id: str | None = Field(default=None, max_length=36)
    task_id: str | None = Field(default=None, max_length=36)
