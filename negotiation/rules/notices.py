"""What people are told by e-mail: which fact is which notice, how often, when a digest leaves, how long one tries.

Sources: product R17 (a digest that people keep), trust T5 (mails carry no content), issue 3 point 9. Pure: no clock, no
row. Kinds of facts are named by their value, since `events` stands above the rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from negotiation.rules.paris import PARIS
from negotiation.rules.vocabulary import Notice, Rhythm
from negotiation.rules.working_days import is_working_day


class MailKind(StrEnum):
    INVITATION = "invitation"
    SIGNIN = "signin"
    DIGEST = "digest"
    IMMEDIATE = "immediate"
    HEAD = "head"
    """The head of the shared history, to be kept."""


class Ending(StrEnum):
    """How the conversation with the mail server ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """For good: this address, or this mail."""
    LATER = "later"
    """Not taken, for now."""
    UNSURE = "unsure"
    """The words were sent, and no answer came: perhaps taken."""


RESENT_WHEN_UNSURE = frozenset({MailKind.INVITATION, MailKind.SIGNIN, MailKind.HEAD})
"""Better twice than never: somebody waits for the link. News is better never than twice: the next digest tells it."""

DEFAULT_RHYTHMS: dict[Notice, Rhythm] = {
    Notice.YOUR_TURN: Rhythm.DAILY,
    Notice.MENTION: Rhythm.IMMEDIATE,
    Notice.VOIDED: Rhythm.IMMEDIATE,
    Notice.VISA: Rhythm.DAILY,
    Notice.TASK: Rhythm.DAILY,
    Notice.MOVES: Rhythm.DAILY,
    Notice.TALK: Rhythm.DAILY,
    Notice.TABLE: Rhythm.DAILY,
    Notice.RECEIPT: Rhythm.DAILY,
}
"""One e-mail each morning; at once only what is addressed to somebody, or undoes what a party had given."""

NOTICE_OF_FACT: dict[str, Notice | None] = {
    **dict.fromkeys(
        (
            "clause.proposed",
            "clause.countered",
            "clause.accepted",
            "clause.rejected",
            "clause.withdrawn",
            "clause.agreed",
            "clause.reopened",
            "clause.abandoned",
            "reserve.stated",
            "reserve.lifted",
            "reserve.maintained",
            "reopening.requested",
            "reopening.consented",
            "abandonment.requested",
            "abandonment.consented",
            "concerned.requested",
            "concerned.consented",
            "concerned.changed",
            "request.refused",
            "request.withdrawn",
        ),
        Notice.MOVES,
    ),
    **dict.fromkeys(
        (
            "question.asked",
            "question.answered",
            "comment.written",
            "draft.noted",
            "message.sent",
            "thread.resolved",
            "thread.reopened",
        ),
        Notice.TALK,
    ),
    "signature.reminded": Notice.MENTION,
    **dict.fromkeys(("task.opened", "task.changed", "task.settled"), Notice.TASK),
    **dict.fromkeys(("visa.asked", "visa.reminded", "visa.given", "visa.refused", "visa.cancelled"), Notice.VISA),
    **dict.fromkeys(
        (
            "negotiation.opened",
            "perimeter.changed",
            "phase.changed",
            "consultation.recorded",
            "part.added",
            "part.changed",
            "part.moved",
            "part.dropped",
            "part.restored",
            "clause.added",
            "clause.split",
            "clause.written",
            "party.joined",
            "member.invited",
            "member.changed",
            "member.left",
            "delegation.set",
            "delegation.ended",
            "delegation.used",
            "visa_rule.set",
            "mandate.set",
            "seance.planned",
            "seance.changed",
            "seance.cancelled",
            "seance.opened",
            "seance.closed",
            "minutes.drawn_up",
            "minutes.approved",
            "review.opened",
            "review.approved",
            "decision.unbound",
            "avenant.opened",
            "avenant.signed",
            "avenant.closing",
            "avenant.closed",
            "freeze.requested",
            "freeze.cancelled",
            "version.frozen",
            "version.signed",
            "inside.fate_chosen",
            "inside.destruction_announced",
            "inside.destroyed",
            "fact.disclosed",
            "version.declined",
            "version.locked",
            "version.reopening_asked",
            "version.reopening_agreed",
            "version.reopening_declined",
            "version.reopening_taken_back",
            "version.voided",
            "signature.delegated",
            "signature.paper_brought",
            "signature.paper_confirmed",
            "signature.act_joined",
            "signing.terms_set",
        ),
        Notice.TABLE,
    ),
    # what nobody waits for, what somebody took back, and what its own move or task tells already
    **dict.fromkeys(
        (
            "negotiation.imported",
            "words.recalled",
            "archive.exported",
            "word.exported",
            "seance.chaired",
            "decision.recorded",
            "decision.confirmed",
            "decision.bound",
            "decision.cancelled",
        ),
        None,
    ),
}
RECEIPTED = frozenset(kind for kind, notice in NOTICE_OF_FACT.items() if notice is Notice.MOVES)
"""Facts of which their author, and whoever decides for a concerned party, receive the version and its fingerprint: what
nobody can deny later (trust T14). By default both sides hold them with the next morning's digest: whoever answers forty
clauses in a day keeps one mail, not forty."""

RECALL = timedelta(seconds=30)
"""Words may be taken back so long: no mail speaks of anything younger (issue 3, point 8)."""
QUIET = timedelta(minutes=5)
"""At least so long between two immediate mails to one person about one negotiation: what comes meanwhile is grouped."""

FIRST_HOUR, LAST_HOUR = 7, 20
"""Hours of Paris between which a digest may leave: in the morning, or later in the day when the server was away."""

RETRIES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360))
"""How long to wait after each attempt that failed; after the last, the mail is given up."""
NOBODY = "archive.invalid"
"""Mail domain of those who have no account in this instance: reserved by RFC 2606, no mail ever leaves for it."""
LIFETIMES: dict[MailKind, timedelta] = {
    MailKind.SIGNIN: timedelta(hours=1),
    MailKind.DIGEST: timedelta(hours=LAST_HOUR - FIRST_HOUR),
    MailKind.IMMEDIATE: timedelta(days=1),
    MailKind.INVITATION: timedelta(days=7),
    MailKind.HEAD: timedelta(days=7),
}
"""Too late is worse than never: an older mail is given up, whatever attempts are left."""
INVITATION_LIFETIME = timedelta(days=14)
"""How long the link of an invitation opens: holidays included."""


@dataclass(frozen=True)
class Pace:
    """How a person reads about one negotiation, and the last days on which a digest was decided."""

    working_days_only: bool = True
    last_on: date | None = None
    last_weekly_on: date | None = None


def rhythms_due(pace: Pace, moment: datetime) -> frozenset[Rhythm]:
    """The rhythms whose digest leaves now: none outside the hours, on a day off, or when today's was decided already.

    The weekly one leaves on Monday, or on the first day after it that counts; a week missed is caught up.
    """
    local = moment.astimezone(PARIS)
    today = local.date()
    decided = pace.last_on is not None and pace.last_on >= today
    if decided or not FIRST_HOUR <= local.hour < LAST_HOUR or not _counts(today, pace):
        return frozenset()
    return frozenset({Rhythm.DAILY, Rhythm.WEEKLY} if _week_is_due(pace, today) else {Rhythm.DAILY})


def _week_is_due(pace: Pace, today: date) -> bool:
    monday = today - timedelta(days=today.weekday())
    if pace.last_weekly_on is not None:
        return pace.last_weekly_on < monday
    return not any(_counts(monday + timedelta(days=number), pace) for number in range(today.weekday()))


def _counts(day: date, pace: Pace) -> bool:
    return not pace.working_days_only or is_working_day(day)


def notices_of(rhythms: Mapping[Notice, Rhythm], wanted: frozenset[Rhythm]) -> frozenset[Notice]:
    """The notices that have one of these rhythms."""
    return frozenset(notice for notice, rhythm in rhythms.items() if rhythm in wanted)


def told_at(rhythms: Mapping[Notice, Rhythm]) -> dict[Notice, Rhythm]:
    """The rhythms as they are followed. A receipt comes with the first notice of its fact, never beside it: whoever
    chose to hear of the moves sooner has it sooner."""
    receipt, moves = rhythms[Notice.RECEIPT], rhythms[Notice.MOVES]
    by_haste = list(Rhythm)
    sooner = receipt is not Rhythm.OFF and by_haste.index(moves) < by_haste.index(receipt)
    return {**rhythms, Notice.RECEIPT: moves if sooner else receipt}


def retry_after(attempts: int) -> timedelta | None:
    """How long to wait after so many attempts; None once they are enough."""
    return RETRIES[attempts - 1] if 0 < attempts <= len(RETRIES) else None


def is_too_late(kind: MailKind, *, created_at: datetime, moment: datetime) -> bool:
    return moment - created_at > LIFETIMES[kind]
