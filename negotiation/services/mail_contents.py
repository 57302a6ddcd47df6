"""What a mail about a negotiation says, computed when it leaves for whoever is still at the table (trust T5).

Never a word of a clause, comment, message, motive or mandate: how many, where, since when. Source: product R17.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.rules.notices import RECALL, MailKind, notices_of, told_at
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Notice, Rhythm
from negotiation.services.access import is_invited
from negotiation.services.awaiting import last_gestures_due
from negotiation.services.mail_queue import Letter, Told
from negotiation.services.notifying import member_behind, notices_told
from negotiation.store.notifying import MailFact, NoticeReader
from negotiation.store.queries.negotiations import MeetingView, NegotiationView, negotiation_view, next_meeting
from negotiation.store.queries.notice_facts import facts_of
from negotiation.store.queries.notices import (
    Change,
    Name,
    Todo,
    changes_between,
    imported_at,
    names_of,
    rhythms_of,
    todo_of,
)
from negotiation.store.queries.receipts import (
    Receipt,
    by_kind_and_clause,
    owed_between,
    receipts_of,
    told_at_once,
)

FIRST_PERIOD = timedelta(days=7)
"""How far back a first digest looks."""
IMPORTING = timedelta(minutes=1)
"""What an import writes isn't news, and nobody acts at its table while it runs."""


@dataclass(frozen=True)
class News:
    """What is told. `names` by clause id; `told` is how far, when it leaves. Empty: nothing to send."""

    negotiation: NegotiationView
    today: date
    changes: tuple[Change, ...] = ()
    todo: Todo = field(default=Todo())
    receipts: tuple[Receipt, ...] = ()
    names: Mapping[str, Name] | None = None
    meeting: MeetingView | None = None
    told: Told | None = None
    is_empty: bool = False

    def named(self, clause_ids: Iterable[str]) -> list[Name]:
        """The names of these clauses, those that are shared, each once."""
        names = self.names or {}
        return list(dict.fromkeys(names[clause_id] for clause_id in clause_ids if clause_id in names))


def news_for(session: Session, letter: Letter, moment: datetime) -> News | None:
    """What a digest or an immediate mail says now; None when its reader isn't at the table any more."""
    if letter.negotiation_id is None:
        return None
    try:
        actor = member_behind(session, letter.person_id, letter.negotiation_id)
    except NotFound:
        return None
    if letter.kind is MailKind.DIGEST:
        return _digest(session, actor, letter, moment)
    return _immediate(session, actor, letter, moment)


def title_for(session: Session, letter: Letter) -> str | None:
    """The title of the negotiation to which somebody is invited; None when he isn't, or not any more."""
    if letter.negotiation_id is None or not is_invited(session, letter.negotiation_id, letter.person_id):
        return None
    return negotiation_view(session, letter.negotiation_id).title


# ---------------------------------------------------------------------- the digest


def _digest(session: Session, actor: Actor, letter: Letter, moment: datetime) -> News:
    rhythms = told_at(rhythms_of(session, actor.person_id, actor.negotiation_id))
    reader = session.get(NoticeReader, (actor.person_id, actor.negotiation_id)) or NoticeReader(
        person_id=actor.person_id, negotiation_id=actor.negotiation_id
    )
    until = moment - RECALL
    daily = notices_of(rhythms, frozenset({Rhythm.DAILY})) & letter.notices
    weekly = notices_of(rhythms, frozenset({Rhythm.WEEKLY})) & letter.notices
    told = Told(until, frozenset({Rhythm.DAILY} if daily else set()) | ({Rhythm.WEEKLY} if weekly else set()))
    first = max(until - FIRST_PERIOD, imported_at(session, actor) + IMPORTING)
    last, last_weekly = reader.told_until or first, reader.told_weekly_until or first
    sorting = frozenset() if rhythms[Notice.RECEIPT] is Rhythm.OFF else frozenset({Notice.MOVES})
    changes = _since(session, actor, daily, since=_from(last, reader), until=until, sorting=sorting)
    changes += _since(session, actor, weekly, since=_from(last_weekly, reader), until=until, sorting=sorting)
    owing = last_weekly if Notice.RECEIPT in weekly else last
    receipts = _receipts(session, actor, since=owing, until=until) if Notice.RECEIPT in daily | weekly else ()
    negotiation = negotiation_view(session, actor.negotiation_id)
    today = negotiation.situation_on or paris_day(moment)
    shown = daily | weekly | notices_of(rhythms, frozenset({Rhythm.IMMEDIATE}))
    asked = tuple(due.since for due in last_gestures_due(session, [actor]))
    todo = _shown(replace(todo_of(session, actor, today), last=asked), shown)
    told_todo = reader.told_weekly_until if Notice.YOUR_TURN in weekly else reader.told_until
    has_news = bool(changes or receipts) or _waits_anew(_shown(todo, daily | weekly), told_todo, today)
    clauses = [awaited.clause_id for awaited in todo.clauses] + [*_named(changes, receipts)]
    return News(
        negotiation=negotiation,
        today=today,
        changes=changes,
        todo=todo,
        receipts=receipts,
        names=names_of(session, actor, clauses),
        meeting=next_meeting(session, actor.negotiation_id, today),
        told=told,
        is_empty=not has_news,
    )


def _from(told: datetime, reader: NoticeReader) -> datetime:
    """What was read on the pages needs no telling."""
    return max(told, reader.visited_at) if reader.visited_at else told


def _since(
    session: Session,
    actor: Actor,
    notices: frozenset[Notice],
    *,
    since: datetime,
    until: datetime,
    sorting: frozenset[Notice],
) -> tuple[Change, ...]:
    """What changed. Of the notices in `sorting`, what a receipt tells is left to it."""
    if not notices:
        return ()
    apart = owed_between(session, actor, since=since, until=until) if notices & sorting else ()
    return changes_between(session, actor, notices, since=since, until=until, told=by_kind_and_clause(apart))


def _receipts(session: Session, actor: Actor, *, since: datetime, until: datetime) -> tuple[Receipt, ...]:
    """Also of what the reader did himself, and of what he read on the pages: a mail is kept, a page is not."""
    told = told_at_once(session, actor, since=since)
    owed = owed_between(session, actor, since=since, until=until)
    return receipts_of(session, actor, (each.entry_id for each in owed if each.entry_id not in told))


def _named(changes: Iterable[Change], receipts: Iterable[Receipt]) -> Iterator[str]:
    for change in changes:
        yield from change.clause_ids
    for receipt in receipts:
        yield from (act.clause_id for act in receipt.acts)


def _shown(todo: Todo, notices: frozenset[Notice]) -> Todo:
    return Todo(
        clauses=todo.clauses if Notice.YOUR_TURN in notices else (),
        visas=todo.visas if Notice.VISA in notices else (),
        tasks=todo.tasks if Notice.TASK in notices else (),
        last=todo.last if Notice.YOUR_TURN in notices else (),
    )


def _waits_anew(todo: Todo, told: datetime | None, today: date) -> bool:
    """Whether anything waits that no mail said, or came to its term since one did."""
    if told is None:
        return bool(todo.clauses or todo.visas or todo.tasks or todo.last)
    said_on = paris_day(told)
    new = [awaited.since for awaited in todo.clauses] + [*todo.visas, *todo.last]
    new += [created for created, _ in todo.tasks]
    turns = (awaited.turn for awaited in todo.clauses)
    late = any(turn.late_by > 0 and turn.due_on is not None and turn.due_on >= said_on for turn in turns)
    due = any(day is not None and said_on < day <= today for _, day in todo.tasks)
    return late or due or any(moment is not None and moment > told for moment in new)


# ---------------------------------------------------------------------- at once


def _immediate(session: Session, actor: Actor, letter: Letter, moment: datetime) -> News:
    rhythms = told_at(rhythms_of(session, actor.person_id, actor.negotiation_id))
    wanted = notices_of(rhythms, frozenset({Rhythm.IMMEDIATE}))
    entries = session.execute(select(col(MailFact.entry_id)).where(col(MailFact.mail_id) == letter.id)).scalars()
    facts = facts_of(session, entries)
    told = notices_told(session, actor, facts)
    owed = set() if rhythms[Notice.RECEIPT] is Rhythm.OFF else {key for key in told if Notice.RECEIPT in told[key]}
    found: dict[Notice, Change] = {}
    for fact in facts:
        by_receipt = {Notice.MOVES, Notice.RECEIPT} if fact.entry_id in owed else {Notice.RECEIPT}
        for notice in told[fact.entry_id] & wanted - by_receipt:
            before = found.get(notice, Change(notice, 0, ()))
            clauses = (*before.clause_ids, fact.clause_id) if fact.clause_id else before.clause_ids
            found[notice] = replace(before, count=before.count + 1, clause_ids=clauses)
    changes = tuple(found[notice] for notice in Notice if notice in found)
    receipts = receipts_of(session, actor, owed) if changes or Notice.RECEIPT in wanted else ()
    return News(
        negotiation=negotiation_view(session, actor.negotiation_id),
        today=paris_day(moment),
        changes=changes,
        receipts=receipts,
        names=names_of(session, actor, _named(changes, receipts)),
        is_empty=not (changes or receipts),
    )
