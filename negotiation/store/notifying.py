"""Rows: what people want to be told by e-mail, how far they were told, and the mails that leave.

No text of a clause, comment or message is ever here: a mail says that there is something new, and where. Recipients are
computed when it leaves (trust T5).
"""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from negotiation.rules.vocabulary import Notice, Rhythm
from negotiation.store.columns import enum_column, key_column, new_id, now


class NoticeChoice(SQLModel, table=True):
    """How often a person wants to be told of one kind of thing in one negotiation. Absent = the default of the kind."""

    __tablename__ = "notice_choice"
    person_id: str = Field(foreign_key="person.id", primary_key=True, ondelete="CASCADE", max_length=36)
    negotiation_id: str = Field(foreign_key="negotiation.id", primary_key=True, ondelete="CASCADE", max_length=36)
    notice: Notice = Field(sa_column=enum_column(Notice, primary_key=True))
    rhythm: Rhythm = Field(sa_column=enum_column(Rhythm))


class NoticeReader(SQLModel, table=True):
    """Where a person's mails about one negotiation stand. `told_until`: recorded time of the newest fact told."""

    __tablename__ = "notice_reader"
    person_id: str = Field(foreign_key="person.id", primary_key=True, ondelete="CASCADE", max_length=36)
    negotiation_id: str = Field(foreign_key="negotiation.id", primary_key=True, ondelete="CASCADE", max_length=36)
    working_days_only: bool = True
    told_until: datetime | None = None
    told_weekly_until: datetime | None = None
    """The same for what is told once a week."""
    visited_at: datetime | None = None
    """Beginning of the last hour of reading."""
    visited_before_at: datetime | None = None
    """The one before: « depuis votre dernière visite » while the present one lasts."""
    last_digest_on: date | None = None
    """Last day on which a digest was decided, sent or not."""
    last_weekly_on: date | None = None
    unsubscribe_hash: str | None = Field(default=None, max_length=64, index=True)
    """Hash of the token in the one-click link of every mail."""


class Mail(SQLModel, table=True):
    """A mail to send. `dedupe` makes it one whatever is retried; its words are made when it leaves, never kept.

    `kind`: a `rules.notices.MailKind`. `started_at` is committed before the conversation with the server, `handed_at`
    once the server asks for the words and before they go, `sent_at` after it took them; `message_id` never changes, so
    that a repeated delivery is recognised.
    """

    __table_args__ = (UniqueConstraint("dedupe"), Index("ix_mail_waiting", "sent_at", "due_at"))
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    person_id: str = Field(sa_column=key_column("person.id"))
    negotiation_id: str | None = Field(default=None, sa_column=key_column("negotiation.id", nullable=True))
    kind: str = Field(max_length=20)
    dedupe: str = Field(max_length=200)
    notices: str = Field(default="", max_length=200)
    """Kinds of notice that a digest was made for, separated by spaces."""
    message_id: str = Field(max_length=120)
    created_at: datetime = Field(default_factory=now)
    due_at: datetime = Field(default_factory=now)
    started_at: datetime | None = None
    handed_at: datetime | None = None
    sent_at: datetime | None = None
    given_up_at: datetime | None = None
    attempts: int = 0
    last_error: str = Field(default="", max_length=200)


class MailFact(SQLModel, table=True):
    """A fact of which an immediate mail speaks: an entry of a chain that its reader could read when it was queued."""

    __tablename__ = "mail_fact"
    mail_id: str = Field(foreign_key="mail.id", primary_key=True, ondelete="CASCADE", max_length=36)
    entry_id: str = Field(primary_key=True, max_length=36)
