"""Who is to be told, and when: choices, visits, mails to make. What a mail says is made when it leaves.

A mail becomes waiting through `queue_mail`, once whatever is retried. Facts are looked at after the delay of recall, in
the background: no move waits for it, and a move whose words were taken back makes no mail leave.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.rules.notices import QUIET, RECALL, MailKind, Pace, notices_of, rhythms_due, told_at
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor, Authentication, Method
from negotiation.rules.vocabulary import Notice, Rhythm
from negotiation.rules.working_days import is_working_day
from negotiation.services.access import actor_in
from negotiation.store.columns import new_id, now
from negotiation.store.notifying import Mail, MailFact, NoticeChoice, NoticeReader
from negotiation.store.people import Member, Party
from negotiation.store.queries.notice_facts import Fact, facts_of, told_as
from negotiation.store.queries.notices import rhythms_of
from negotiation.store.queries.receipts import owed_among
from negotiation.store.record import Outbox
from negotiation.store.unit_of_work import UnitOfWork

VISIT = timedelta(hours=1)
"""What is read within an hour is one visit, noted once."""
MOST = 200
"""Facts, or digests, of one transaction."""


# ---------------------------------------------------------------------- mails to make


def queue_mail(
    uow: UnitOfWork,
    *,
    person_id: str,
    kind: MailKind,
    dedupe: str,
    negotiation_id: str | None = None,
    due_at: datetime | None = None,
    notices: Iterable[Notice] = (),
) -> str | None:
    """Make one mail wait; None when there is one of the same `dedupe` already, whatever became of it.

    Ask `app.mailing.mail_is_set` first: without a server nothing ever leaves.
    """
    if uow.session.execute(select(col(Mail.id)).where(col(Mail.dedupe) == dedupe)).first():
        return None
    mail = Mail(
        person_id=person_id,
        negotiation_id=negotiation_id,
        kind=str(kind),
        dedupe=dedupe,
        notices=" ".join(sorted(notices)),
        message_id=new_id(),
        created_at=due_at or now(),
        due_at=due_at or now(),
    )
    return mail.id if _added(uow, mail) else None


@dataclass(frozen=True)
class Plan:
    """What the facts just looked at make wait: entries by (person, negotiation)."""

    looked_at: tuple[str, ...]
    """Ids of the announcements."""
    entries: Mapping[tuple[str, str], tuple[str, ...]]


def plan_immediate(session: Session, moment: datetime) -> Plan | None:
    """Look at the facts that nobody looked at and that can't be taken back any more; None when there is none."""
    query = (
        select(col(Outbox.id), col(Outbox.entry_id))
        .where(col(Outbox.noticed_at).is_(None), col(Outbox.created_at) <= moment - RECALL)
        .order_by(col(Outbox.created_at))
        .limit(MOST)
    )
    rows = session.execute(query).all()
    if not rows:
        return None
    facts: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts_of(session, [row.entry_id for row in rows if row.entry_id]):
        facts[fact.negotiation_id].append(fact)
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for negotiation_id, those in facts.items():
        for person_id in _people(session, negotiation_id):
            entries = _concerning(session, person_id, negotiation_id, those)
            if entries:
                found[person_id, negotiation_id] = entries
    return Plan(tuple(row.id for row in rows), found)


def queue_immediate(uow: UnitOfWork, plan: Plan, moment: datetime) -> None:
    """At most one mail waits per person and negotiation: what happens meanwhile joins it."""
    for (person_id, negotiation_id), entries in plan.entries.items():
        mail_id = _waiting(uow, person_id, negotiation_id) or queue_mail(
            uow,
            person_id=person_id,
            negotiation_id=negotiation_id,
            kind=MailKind.IMMEDIATE,
            dedupe=f"immediate:{person_id}:{entries[0]}",
            due_at=_after_quiet(uow, person_id, negotiation_id, moment),
        )
        if mail_id:
            known = select(col(MailFact.entry_id)).where(col(MailFact.mail_id) == mail_id)
            new = [entry for entry in entries if entry not in set(uow.session.execute(known).scalars())]
            uow.session.add_all(MailFact(mail_id=mail_id, entry_id=entry) for entry in new)
    listed = col(Outbox.id).in_(plan.looked_at)
    uow.session.execute(update(Outbox).where(listed).values(noticed_at=moment))


def queue_digests(uow: UnitOfWork, moment: datetime) -> int:
    """Decide today's digest of those for whom it is time; how many were decided. What each says is seen when it leaves:
    one that has nothing to say doesn't."""
    decided = 0
    for person_id, negotiation_id, reader in uow.session.execute(_undecided(moment)).all():
        pace = Pace(reader.working_days_only, reader.last_digest_on, reader.last_weekly_on) if reader else Pace()
        rhythms = rhythms_due(pace, moment)
        if not rhythms:
            continue
        today, decided = paris_day(moment), decided + 1
        kept = reader or reader_row(uow, person_id, negotiation_id)
        kept.last_digest_on = today
        if Rhythm.WEEKLY in rhythms:
            kept.last_weekly_on = today
        due = notices_of(told_at(rhythms_of(uow.session, person_id, negotiation_id)), rhythms)
        if due:
            queue_mail(
                uow,
                person_id=person_id,
                negotiation_id=negotiation_id,
                kind=MailKind.DIGEST,
                dedupe=f"digest:{person_id}:{negotiation_id}:{today}",
                due_at=moment,
                notices=due,
            )
    return decided


def digests_wait(session: Session, moment: datetime) -> bool:
    """Whether it is the hour, and somebody's digest of today was not decided yet."""
    return bool(rhythms_due(Pace(working_days_only=False), moment)) and bool(
        session.execute(_undecided(moment)).first()
    )


def member_behind(session: Session, person_id: str, negotiation_id: str) -> Actor:
    """The person as a mail knows him: at the table today, signed in nowhere. Raises NotFound."""
    return actor_in(session, negotiation_id, person_id=person_id, authentication=Authentication(Method.DECLARED, now()))


def notices_told(session: Session, actor: Actor, facts: Iterable[Fact]) -> dict[str, frozenset[Notice]]:
    """As which notices each of these facts concerns this person, by entry."""
    listed = list(facts)
    key = session.get_one(Party, actor.party_id).key
    owed = owed_among(session, actor, [fact.entry_id for fact in listed])
    receipt = frozenset({Notice.RECEIPT})
    return {
        fact.entry_id: told_as(fact, actor, party_key=key) | (receipt if fact.entry_id in owed else frozenset())
        for fact in listed
    }


# ---------------------------------------------------------------------- what a person chooses


@dataclass(frozen=True)
class Choices:
    """What a person wants to be told about one negotiation."""

    rhythms: Mapping[Notice, Rhythm]
    working_days_only: bool


def set_notices(uow: UnitOfWork, actor: Actor, choices: Choices) -> None:
    """Keep the rhythm of each notice given, for oneself."""
    for notice, rhythm in choices.rhythms.items():
        _choose(uow, actor.person_id, actor.negotiation_id, notice, rhythm)
    reader_row(uow, actor.person_id, actor.negotiation_id).working_days_only = choices.working_days_only


def unsubscribe(uow: UnitOfWork, token: str) -> bool:
    """Turn every mail of one person about one negotiation off; False when the token is nobody's. Twice is once."""
    reader = _reader_of_token(uow.session, token)
    if reader is None:
        return False
    for notice in Notice:
        _choose(uow, reader.person_id, reader.negotiation_id, notice, Rhythm.OFF)
    return True


def negotiation_of_token(session: Session, token: str) -> str | None:
    """The negotiation about which the mail with this token was."""
    reader = _reader_of_token(session, token)
    return reader.negotiation_id if reader else None


def remember_token(uow: UnitOfWork, person_id: str, negotiation_id: str, token: str) -> None:
    """Keep the hash of the token that this reader's mails carry."""
    reader_row(uow, person_id, negotiation_id).unsubscribe_hash = _digest(token)


def note_visit(uow: UnitOfWork, actor: Actor, moment: datetime) -> None:
    """The reader is at the table. Ask `visit_is_noted` first: it costs no writing."""
    row = reader_row(uow, actor.person_id, actor.negotiation_id)
    if not _is_recent(row, moment):
        row.visited_before_at, row.visited_at = row.visited_at, moment


def visit_is_noted(session: Session, actor: Actor, moment: datetime) -> bool:
    row = session.get(NoticeReader, (actor.person_id, actor.negotiation_id))
    return row is not None and _is_recent(row, moment)


def reader_row(uow: UnitOfWork, person_id: str, negotiation_id: str) -> NoticeReader:
    """What is kept of this reader, made the first time."""
    if uow.session.get(NoticeReader, (person_id, negotiation_id)) is None:
        _added(uow, NoticeReader(person_id=person_id, negotiation_id=negotiation_id))
    return uow.session.get_one(NoticeReader, (person_id, negotiation_id))


# ---------------------------------------------------------------------- inside


def _added(uow: UnitOfWork, row: Mail | NoticeReader) -> bool:
    """Whether the row is new: on PostgreSQL two tabs of one person may come at the same moment."""
    try:
        with uow.session.begin_nested():
            uow.session.add(row)
    except IntegrityError:
        return False
    return True


def _people(session: Session, negotiation_id: str) -> list[str]:
    query = select(col(Member.person_id)).where(col(Member.negotiation_id) == negotiation_id, *_has_entered())
    return list(session.execute(query.order_by(col(Member.person_id))).scalars())


def _has_entered() -> tuple[ColumnElement[bool], ...]:
    """Whoever was invited hears of the table once he came."""
    came = or_(col(Member.invited_at).is_(None), col(Member.joined_at).is_not(None))
    return col(Member.left_at).is_(None), came


def _concerning(session: Session, person_id: str, negotiation_id: str, facts: list[Fact]) -> tuple[str, ...]:
    """Entries that this person wants to be told of at once. Who he is, is asked only where it may matter."""
    rhythms = told_at(rhythms_of(session, person_id, negotiation_id))
    wanted = notices_of(rhythms, frozenset({Rhythm.IMMEDIATE}))
    possible = [fact for fact in facts if fact.may_concern() & wanted]
    if not possible:
        return ()
    found = _at_the_table(session, person_id, negotiation_id)
    if found is None:
        return ()
    told = notices_told(session, found, possible)
    return tuple(fact.entry_id for fact in possible if told[fact.entry_id] & wanted)


def _at_the_table(session: Session, person_id: str, negotiation_id: str) -> Actor | None:
    try:
        return member_behind(session, person_id, negotiation_id)
    except NotFound:
        return None


def _waiting(uow: UnitOfWork, person_id: str, negotiation_id: str) -> str | None:
    """The immediate mail that waits and isn't leaving right now."""
    query = select(col(Mail.id)).where(
        *_immediate(person_id, negotiation_id),
        col(Mail.started_at).is_(None),
        col(Mail.sent_at).is_(None),
        col(Mail.given_up_at).is_(None),
    )
    found: str | None = uow.session.execute(query.limit(1)).scalar_one_or_none()
    return found


def _after_quiet(uow: UnitOfWork, person_id: str, negotiation_id: str, moment: datetime) -> datetime:
    query = select(func.max(col(Mail.sent_at))).where(*_immediate(person_id, negotiation_id))
    last: datetime | None = uow.session.execute(query).scalar_one()
    return max(moment, last + QUIET) if last else moment


def _immediate(person_id: str, negotiation_id: str) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Mail.person_id) == person_id,
        col(Mail.negotiation_id) == negotiation_id,
        col(Mail.kind) == str(MailKind.IMMEDIATE),
    )


def _undecided(moment: datetime) -> Select[str, str, NoticeReader | None]:
    """People at the table whose digest of today was not decided, those who rest that day left out."""
    today = paris_day(moment)
    same = (col(NoticeReader.person_id) == col(Member.person_id)) & (
        col(NoticeReader.negotiation_id) == col(Member.negotiation_id)
    )
    query = (
        select(col(Member.person_id), col(Member.negotiation_id), NoticeReader)
        .outerjoin(NoticeReader, same)
        .where(
            *_has_entered(),
            or_(col(Member.ends_on).is_(None), col(Member.ends_on) >= today),
            or_(col(NoticeReader.last_digest_on).is_(None), col(NoticeReader.last_digest_on) < today),
        )
        .order_by(col(Member.negotiation_id), col(Member.person_id))
        .limit(MOST)
    )
    return query if is_working_day(today) else query.where(col(NoticeReader.working_days_only).is_(False))


def _choose(uow: UnitOfWork, person_id: str, negotiation_id: str, notice: Notice, rhythm: Rhythm) -> None:
    row = uow.session.get(NoticeChoice, (person_id, negotiation_id, notice))
    if row is None:
        row = NoticeChoice(person_id=person_id, negotiation_id=negotiation_id, notice=notice, rhythm=rhythm)
        uow.session.add(row)
    row.rhythm = rhythm


def _reader_of_token(session: Session, token: str) -> NoticeReader | None:
    query = select(NoticeReader).where(col(NoticeReader.unsubscribe_hash) == _digest(token))
    found: NoticeReader | None = session.execute(query).scalar_one_or_none()
    return found


def _is_recent(row: NoticeReader, moment: datetime) -> bool:
    return row.visited_at is not None and moment - row.visited_at < VISIT


def _digest(token: str) -> str:
    """Tokens are random and long: a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
