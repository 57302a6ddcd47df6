"""The waiting mails: who sends which, what became of it, what is tried again. A crash in between doubles nothing.

Three moments are committed, each in its own transaction: `started_at` before the conversation with the mail server,
`handed_at` when the server asks for the words and just before they go, `sent_at` once it took them. So:

- died before `handed_at`: the server never had the words; the mail leaves again, nobody can have it twice;
- died between `handed_at` and `sent_at`: perhaps it has them. News (digest, immediate) is not sent again: it would come
  twice, and the next digest tells it anyway, since what was told advances with `sent_at` only. A link that somebody
  waits for (sign-in, invitation) is sent again with the same Message-ID: twice does no harm, never would.

Nobody can commit in two places at once: what remains is chosen, and kept as short as the sending of the words.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.rules.notices import (
    NOBODY,
    RESENT_WHEN_UNSURE,
    Ending,
    MailKind,
    is_too_late,
    retry_after,
)
from negotiation.rules.vocabulary import Notice, Rhythm
from negotiation.services.notifying import reader_row
from negotiation.store.notifying import Mail
from negotiation.store.people import Person
from negotiation.store.unit_of_work import UnitOfWork

KEPT = timedelta(days=30)
"""How long a mail that left, or was given up, stays in the table, for who looks into one that nobody received."""
LONGEST_SAID = 200
"""Characters of the server's answer that are kept."""


@dataclass(frozen=True)
class Letter:
    """A mail that this process is about to send."""

    id: str
    kind: MailKind
    person_id: str
    email: str
    negotiation_id: str | None
    notices: frozenset[Notice]
    message_id: str
    created_at: datetime
    attempts: int


@dataclass(frozen=True)
class Told:
    """How far a digest told its reader: `until`, for what is told at these rhythms."""

    until: datetime
    rhythms: frozenset[Rhythm]


def due_mails(session: Session, moment: datetime, *, most: int = 20) -> list[str]:
    """Ids of the mails that may leave now, longest due first."""
    query = (
        select(col(Mail.id))
        .where(col(Mail.sent_at).is_(None), col(Mail.given_up_at).is_(None), col(Mail.due_at) <= moment)
        .order_by(col(Mail.due_at))
        .limit(most)
    )
    return list(session.execute(query).scalars())


def claim(uow: UnitOfWork, mail_id: str, moment: datetime) -> Letter | None:
    """The mail, for this process alone; None when another has it or nothing is to be tried any more.

    If nothing more is heard of it, it is due again after the delay of its attempt.
    """
    row = _locked(uow, mail_id)
    if row is None or row.sent_at or row.given_up_at or row.due_at > moment:
        return None
    kind, wait = MailKind(row.kind), retry_after(row.attempts + 1)
    if row.handed_at and kind not in RESENT_WHEN_UNSURE:
        _give_up(row, moment, Ending.UNSURE)
        return None
    if wait is None:
        _give_up(row, moment, "too_many_attempts")
        return None
    if is_too_late(kind, created_at=row.created_at, moment=moment):
        _give_up(row, moment, "too_late")
        return None
    email = uow.session.get_one(Person, row.person_id).email
    if email.endswith(f"@{NOBODY}"):
        _give_up(row, moment, "no_account")
        return None
    row.started_at, row.handed_at, row.due_at = moment, None, moment + wait
    row.attempts += 1
    return Letter(
        id=row.id,
        kind=kind,
        person_id=row.person_id,
        email=email,
        negotiation_id=row.negotiation_id,
        notices=frozenset(Notice(name) for name in row.notices.split()),
        message_id=row.message_id,
        created_at=row.created_at,
        attempts=row.attempts,
    )


def mark_handed(uow: UnitOfWork, letter: Letter, moment: datetime) -> None:
    """The server asks for the words: from here on, only its answer says whether it has them. Raises NotFound when the
    mail was taken back meanwhile: its words then stay here."""
    row = _locked(uow, letter.id)
    if row is None:
        raise NotFound()
    row.handed_at = moment


def settle(uow: UnitOfWork, letter: Letter, ending: Ending, *, moment: datetime, said: str = "") -> bool:
    """What became of an attempt that didn't end with `mark_sent`; whether the mail is given up."""
    row = _locked(uow, letter.id)
    if row is None:
        return False
    row.last_error = said[:LONGEST_SAID]
    lost = ending is Ending.UNSURE and letter.kind not in RESENT_WHEN_UNSURE
    if ending is Ending.REFUSED or lost or retry_after(letter.attempts + 1) is None:
        row.given_up_at = moment
        return True
    row.started_at = row.handed_at = None
    return False


def mark_sent(uow: UnitOfWork, letter: Letter, *, moment: datetime, told: Told | None = None) -> None:
    """The server took it. What a digest told isn't told again."""
    row = _locked(uow, letter.id)
    if row is not None:
        row.sent_at, row.last_error = moment, ""
    _advance(uow, letter, told)


def drop(uow: UnitOfWork, letter: Letter, *, moment: datetime, told: Told | None = None) -> None:
    """Nothing to say, or nobody to say it to any more: it never leaves."""
    row = _locked(uow, letter.id)
    if row is not None:
        _give_up(row, moment, "nothing_to_say")
    _advance(uow, letter, told)


def old_mails(session: Session, moment: datetime, *, most: int = 500) -> list[str]:
    """Ids of the mails that nobody looks for any more."""
    query = (
        select(col(Mail.id))
        .where(or_(col(Mail.sent_at) < moment - KEPT, col(Mail.given_up_at) < moment - KEPT))
        .limit(most)
    )
    return list(session.execute(query).scalars())


def delete_mails(uow: UnitOfWork, mail_ids: Iterable[str]) -> None:
    uow.session.execute(delete(Mail).where(col(Mail.id).in_(list(mail_ids))))


def _locked(uow: UnitOfWork, mail_id: str) -> Mail | None:
    query = select(Mail).where(col(Mail.id) == mail_id).with_for_update().execution_options(populate_existing=True)
    row: Mail | None = uow.session.execute(query).scalar_one_or_none()
    return row


def _give_up(row: Mail, moment: datetime, why: str) -> None:
    row.given_up_at, row.last_error = moment, str(why)


def _advance(uow: UnitOfWork, letter: Letter, told: Told | None) -> None:
    if told is None or letter.negotiation_id is None:
        return
    reader = reader_row(uow, letter.person_id, letter.negotiation_id)
    if Rhythm.DAILY in told.rhythms:
        reader.told_until = told.until
    if Rhythm.WEEKLY in told.rhythms:
        reader.told_weekly_until = told.until
