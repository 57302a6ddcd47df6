"""The head of the shared history, signed by the platform and mailed to every party: only a head kept by somebody else
shows a cut tail, or a history rewritten from its start (trust T15).

It is signed and leaves at each gel, when the parties void one, and every Friday at six in the evening when the history
grew during the week. A mail carries the last head that was signed: a number, a moment, a fingerprint and a signature,
never a word of the negotiation.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.rules.notices import MailKind
from negotiation.rules.paris import PARIS, paris_day
from negotiation.rules.policy import ADMINISTRATORS, DECIDERS
from negotiation.rules.vocabulary import SHARED, Notice, Rhythm
from negotiation.services.access import roles_of, sits
from negotiation.services.mail_queue import Letter
from negotiation.services.notifying import member_behind, queue_mail
from negotiation.services.sealing import Platform, seal_head
from negotiation.store.contract import Negotiation
from negotiation.store.notifying import Mail
from negotiation.store.people import Member
from negotiation.store.queries.closing import shared_head
from negotiation.store.queries.in_force import is_in_force, version_in_force
from negotiation.store.queries.notices import rhythms_of
from negotiation.store.queries.signatures import head_seals
from negotiation.store.record import FrozenVersion, HistoryEntry, VoidedVersion
from negotiation.store.signing import HeadSeal
from negotiation.store.unit_of_work import UnitOfWork

FRIDAY, HOUR = 4, time(18)
WEEK, UNTIL_MONDAY = timedelta(days=7), timedelta(days=3)
GEL_IS_NEWS = timedelta(days=1)
KEEPERS = DECIDERS | ADMINISTRATORS
"""Whoever commits the party, or answers for its people."""


@dataclass(frozen=True)
class HeadMail:
    """One that should be made. `occasion`: a gel, its end, or a week."""

    negotiation_id: str
    person_id: str
    occasion: str

    @property
    def dedupe(self) -> str:
        return f"head:{self.negotiation_id}:{self.person_id}:{self.occasion}"


@dataclass(frozen=True)
class MailedHead:
    """What a mail says. `frozen`: the fingerprint of the last frozen text, "" before any gel. `seal`: {statement,
    signature} as proofs hold them, None where no key ever signed this history."""

    negotiation_id: str
    title: str
    sequence: int
    head: str
    frozen: str
    seal: Mapping[str, Any] | None


def head_mails_due(session: Session, moment: datetime) -> list[HeadMail]:
    """Those that nobody has made yet."""
    wanted = [
        mail
        for occasion in (_gels(session, moment), _voidings(session, moment), _weeks(session, moment))
        for mail in occasion
    ]
    asked = {mail.dedupe for mail in wanted}
    known = (
        set(session.execute(select(col(Mail.dedupe)).where(col(Mail.dedupe).in_(asked))).scalars()) if asked else set()
    )
    return [mail for mail in wanted if mail.dedupe not in known]


def queue_head_mails(uow: UnitOfWork, due: list[HeadMail], moment: datetime) -> None:
    for mail in due:
        queue_mail(
            uow,
            person_id=mail.person_id,
            negotiation_id=mail.negotiation_id,
            kind=MailKind.HEAD,
            dedupe=mail.dedupe,
            due_at=moment,
        )


def head_for(session: Session, letter: Letter) -> MailedHead | None:
    """What the mail says now; None when its reader isn't at the table any more."""
    if letter.negotiation_id is None:
        return None
    try:
        member_behind(session, letter.person_id, letter.negotiation_id)
    except NotFound:
        return None
    seals = head_seals(session, letter.negotiation_id)
    seal = seals[-1] if seals else None
    head = seal["statement"] if seal else shared_head(session, letter.negotiation_id)
    if head is None:
        return None
    frozen = version_in_force(session, letter.negotiation_id)
    title = session.get_one(Negotiation, letter.negotiation_id).title
    content_hash = frozen.content_hash if frozen else ""
    return MailedHead(letter.negotiation_id, title, int(head["seq"]), str(head["hash"]), content_hash, seal)


def histories_to_seal(session: Session, moment: datetime) -> list[str]:
    """Ids of the negotiations whose shared history grew in the week that ended on the last Friday, unsigned since."""
    friday = last_friday(moment)
    signed = exists().where(col(HeadSeal.negotiation_id) == col(Negotiation.id), col(HeadSeal.at) > friday)
    return list(session.execute(select(col(Negotiation.id)).where(_grew(friday), ~signed)).scalars())


def seal_week(uow: UnitOfWork, negotiation_id: str, moment: datetime, *, platform: Platform) -> None:
    """Sign the head of such a history, unless another worker just did."""
    uow.lock(negotiation_id)
    if negotiation_id in histories_to_seal(uow.session, moment):
        seal_head(uow, negotiation_id, platform=platform, at=moment)


def last_friday(moment: datetime) -> datetime:
    """The last time that the week's heads were due."""
    local = moment.astimezone(PARIS)
    day = local.date() - timedelta(days=(local.weekday() - FRIDAY) % 7)
    friday = datetime.combine(day, HOUR, PARIS)
    return friday if friday <= local else datetime.combine(day - WEEK, HOUR, PARIS)


def _gels(session: Session, moment: datetime) -> Iterator[HeadMail]:
    """A gel that a file declares was made by nobody here: it has its own papers."""
    query = select(col(FrozenVersion.negotiation_id), col(FrozenVersion.id)).where(
        col(FrozenVersion.frozen_at) > moment - GEL_IS_NEWS, col(FrozenVersion.declared).is_(False), is_in_force()
    )
    for row in session.execute(query).all():
        yield from _mails(session, row.negotiation_id, f"gel:{row.id}", moment)


def _voidings(session: Session, moment: datetime) -> Iterator[HeadMail]:
    """From here on the history says that the text whose head was mailed is no contract."""
    query = select(col(VoidedVersion.negotiation_id), col(VoidedVersion.frozen_version_id)).where(
        col(VoidedVersion.at) > moment - GEL_IS_NEWS
    )
    for row in session.execute(query).all():
        yield from _mails(session, row.negotiation_id, f"voided:{row.frozen_version_id}", moment)


def _weeks(session: Session, moment: datetime) -> Iterator[HeadMail]:
    friday = last_friday(moment)
    if moment - friday > UNTIL_MONDAY or moment.astimezone(PARIS).weekday() > FRIDAY:
        return  # a server that was away on Friday keeps the week-end quiet
    for negotiation_id in session.execute(select(col(Negotiation.id)).where(_grew(friday))).scalars().all():
        yield from _mails(session, negotiation_id, f"week:{friday.date().isoformat()}", moment)


def _grew(friday: datetime) -> ColumnElement[bool]:
    return exists().where(
        col(HistoryEntry.negotiation_id) == col(Negotiation.id),
        col(HistoryEntry.circle) == str(SHARED),
        col(HistoryEntry.recorded_at) > friday - WEEK,
        col(HistoryEntry.recorded_at) <= friday,
    )


def _mails(session: Session, negotiation_id: str, occasion: str, moment: datetime) -> Iterator[HeadMail]:
    """To whoever answers for each party, but those who want no receipt."""
    members = session.execute(select(Member).where(col(Member.negotiation_id) == negotiation_id)).scalars().all()
    for member in members:
        is_here = sits(member, paris_day(moment)) and (member.invited_at is None or member.joined_at is not None)
        if not is_here or not roles_of(member) & KEEPERS:
            continue
        if rhythms_of(session, member.person_id, negotiation_id)[Notice.RECEIPT] is not Rhythm.OFF:
            yield HeadMail(negotiation_id, member.person_id, occasion)
