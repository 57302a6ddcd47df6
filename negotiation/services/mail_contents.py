"""What a mail about a negotiation says, computed when it leaves for whoever is still at the table (trust T5).

Never a word of a clause, comment, message, motive or mandate: how many, where, since when. Source: product R17.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.rules.notices import RECALL, MailKind, notices_of
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Notice, Rhythm
from negotiation.services.mail_queue import Letter, Told
from negotiation.services.notifying import member_behind, party_key
from negotiation.store.notifying import MailFact, NoticeReader
from negotiation.store.queries.negotiations import MeetingView, NegotiationView, negotiation_view, next_meeting
from negotiation.store.queries.notice_facts import facts_of, told_as
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
    if letter.negotiation_id is None:
        return None
    try:
        member_behind(session, letter.person_id, letter.negotiation_id)
    except NotFound:
        return None
    return negotiation_view(session, letter.negotiation_id).title


# ---------------------------------------------------------------------- the digest


def _digest(session: Session, actor: Actor, letter: Letter, moment: datetime) -> News:
    rhythms = rhythms_of(session, actor.person_id, actor.negotiation_id)
    reader = session.get(NoticeReader, (actor.person_id, actor.negotiation_id)) or NoticeReader(
        person_id=actor.person_id, negotiation_id=actor.negotiation_id
    )
    until = moment - RECALL
    daily = notices_of(rhythms, frozenset({Rhythm.DAILY})) & letter.notices
    weekly = notices_of(rhythms, frozenset({Rhythm.WEEKLY})) & letter.notices
    told = Told(until, frozenset({Rhythm.DAILY} if daily else set()) | ({Rhythm.WEEKLY} if weekly else set()))
    first = max(until - FIRST_PERIOD, imported_at(session, actor) + IMPORTING)
    changes = _since(session, actor, daily, since=_from(reader.told_until or first, reader), until=until)
    changes += _since(session, actor, weekly, since=_from(reader.told_weekly_until or first, reader), until=until)
    negotiation = negotiation_view(session, actor.negotiation_id)
    today = negotiation.situation_on or paris_day(moment)
    shown = daily | weekly | notices_of(rhythms, frozenset({Rhythm.IMMEDIATE}))
    todo = _shown(todo_of(session, actor, today), shown)
    told_todo = reader.told_weekly_until if Notice.YOUR_TURN in weekly else reader.told_until
    has_news = bool(changes) or _waits_anew(_shown(todo, daily | weekly), told_todo, today)
    clauses = [awaited.clause_id for awaited in todo.clauses] + [found for each in changes for found in each.clause_ids]
    return News(
        negotiation=negotiation,
        today=today,
        changes=changes,
        todo=todo,
        names=names_of(session, actor, clauses),
        meeting=next_meeting(session, actor.negotiation_id, today),
        told=told,
        is_empty=not has_news,
    )


def _from(told: datetime, reader: NoticeReader) -> datetime:
    """What was read on the pages needs no telling."""
    return max(told, reader.visited_at) if reader.visited_at else told


def _since(
    session: Session, actor: Actor, notices: frozenset[Notice], *, since: datetime, until: datetime
) -> tuple[Change, ...]:
    return changes_between(session, actor, notices, since=since, until=until) if notices else ()


def _shown(todo: Todo, notices: frozenset[Notice]) -> Todo:
    return Todo(
        clauses=todo.clauses if Notice.YOUR_TURN in notices else (),
        visas=todo.visas if Notice.VISA in notices else (),
        tasks=todo.tasks if Notice.TASK in notices else (),
    )


def _waits_anew(todo: Todo, told: datetime | None, today: date) -> bool:
    """Whether anything waits that no mail said, or came to its term since one did."""
    if told is None:
        return bool(todo.clauses or todo.visas or todo.tasks)
    said_on = paris_day(told)
    new = [awaited.since for awaited in todo.clauses] + [*todo.visas] + [created for created, _ in todo.tasks]
    turns = (awaited.turn for awaited in todo.clauses)
    late = any(turn.late_by > 0 and turn.due_on is not None and turn.due_on >= said_on for turn in turns)
    due = any(day is not None and said_on < day <= today for _, day in todo.tasks)
    return late or due or any(moment is not None and moment > told for moment in new)


# ---------------------------------------------------------------------- at once


def _immediate(session: Session, actor: Actor, letter: Letter, moment: datetime) -> News:
    rhythms = rhythms_of(session, actor.person_id, actor.negotiation_id)
    wanted = notices_of(rhythms, frozenset({Rhythm.IMMEDIATE}))
    entries = session.execute(select(col(MailFact.entry_id)).where(col(MailFact.mail_id) == letter.id)).scalars()
    key = party_key(session, actor)
    found: dict[Notice, Change] = {}
    for fact in facts_of(session, entries):
        for notice in told_as(fact, actor, party_key=key) & wanted:
            before = found.get(notice, Change(notice, 0, ()))
            clauses = (*before.clause_ids, fact.clause_id) if fact.clause_id else before.clause_ids
            found[notice] = replace(before, count=before.count + 1, clause_ids=clauses)
    changes = tuple(found[notice] for notice in Notice if notice in found)
    return News(
        negotiation=negotiation_view(session, actor.negotiation_id),
        today=paris_day(moment),
        changes=changes,
        names=names_of(session, actor, [clause for each in changes for clause in each.clause_ids]),
        is_empty=not changes,
    )
