"""Relevés: what a séance recorded, as the rules tell it, and the relevé itself as everybody at the table reads it.

Only shared rows are read here: drafts, apartés, visas and mandates have no way into a relevé.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, select
from sqlmodel import Session, col

from negotiation.rules.french_display import WORDS_OF_CHOICES, value_text
from negotiation.rules.minutes_facts import Act, Facts, Failed, Next, OnClause, Point, Present, Said, Told, Who
from negotiation.rules.paris import PARIS
from negotiation.rules.policy import Actor
from negotiation.rules.seances import DecisionKind, DecisionState
from negotiation.rules.vocabulary import TALK_MOVES, TEXT_MOVES, Move, ValueKind
from negotiation.store.contract import Clause, Part
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.minutes import Minutes
from negotiation.store.queries.decided import DecisionView
from negotiation.store.queries.negotiations import next_meeting
from negotiation.store.queries.people import MemberView, PartyView, members_of, parties_of
from negotiation.store.queries.seance_moves import SeanceMove, moves_during, standing_at_opening
from negotiation.store.queries.seances import AttendeeView, PointView, SeanceView, seance_view
from negotiation.store.queries.visibility import on_the_table, visible
from negotiation.store.seances import Seance


@dataclass(frozen=True)
class MinutesView:
    """The relevé of a séance. `content_hash` and `content` are empty until every party has approved."""

    id: str
    seance_id: str
    part_id: str
    title: str
    drawn_up_by: str
    drawn_up_at: datetime
    content: str
    content_hash: str
    approved_at: datetime | None


@dataclass(frozen=True)
class AnswerView:
    """What a party said of a passage: its own text, its approval, or why it asks for another. `version`: the one that
    it names; `author_id`: the party that wrote it, None for what was drawn up."""

    clause_id: str
    move: Move
    party_id: str
    member_id: str
    version: int
    author_id: str | None
    words: str
    at: datetime


def minutes_of(session: Session, actor: Actor, seance_id: str) -> MinutesView | None:
    """The relevé of a séance of this table; None as long as there is none."""
    return next(iter(_minutes(session, actor, col(Minutes.seance_id) == seance_id)), None)


def minutes_by_seance(session: Session, actor: Actor) -> dict[str, MinutesView]:
    """Every relevé of the table, by séance id."""
    return {each.seance_id: each for each in _minutes(session, actor)}


def _minutes(session: Session, actor: Actor, *which: ColumnElement[bool]) -> list[MinutesView]:
    query = (
        select(Minutes, col(Part.title))
        .join(Part, col(Part.id) == Minutes.part_id)
        .where(col(Minutes.negotiation_id) == actor.negotiation_id, visible(Part.circle, actor), *which)
    )
    return [
        MinutesView(
            id=row.id,
            seance_id=row.seance_id,
            part_id=row.part_id,
            title=title,
            drawn_up_by=row.drawn_up_by,
            drawn_up_at=row.drawn_up_at,
            content=row.content,
            content_hash=row.content_hash,
            approved_at=row.approved_at,
        )
        for row, title in session.execute(query)
    ]


def answers_on(session: Session, actor: Actor, part_id: str) -> tuple[AnswerView, ...]:
    """What the parties tabled, approved or refused in the passages of a relevé, oldest first."""
    query = (
        select(MoveRow, col(Version.number), col(Version.author_party_id))
        .join(Clause, col(Clause.id) == MoveRow.clause_id)
        .join(Version, col(Version.id) == MoveRow.version_id)
        .where(
            col(Clause.part_id) == part_id,
            col(MoveRow.negotiation_id) == actor.negotiation_id,
            visible(MoveRow.circle, actor),
            col(MoveRow.type).in_([Move.ACCEPTANCE, Move.REJECTION, *TEXT_MOVES]),
        )
        .order_by(col(MoveRow.recorded_at), col(MoveRow.clause_id), col(MoveRow.rank))
    )
    return tuple(
        AnswerView(row.clause_id, row.type, row.party_id, row.member_id, number, author, row.motive or row.text, row.at)
        for row, number, author in session.execute(query)
        if row.type not in TEXT_MOVES or author == row.party_id
    )


def facts_of_seance(session: Session, actor: Actor, seance_id: str) -> Facts:
    """What the records say of a séance that is over. Raises NotFound."""
    return _Records(session, actor, seance_view(session, actor, seance_id)).facts()


class _Records:
    """The rows of one séance, read once."""

    def __init__(self, session: Session, actor: Actor, seance: SeanceView) -> None:
        self.session, self.actor, self.seance = session, actor, seance
        self.parties: dict[str, PartyView] = {party.id: party for party in parties_of(session, actor.negotiation_id)}
        self.members: dict[str, MemberView] = members_of(session, actor.negotiation_id)
        self.bound = [each for each in seance.decisions if each.state is DecisionState.BOUND]
        start, end = _between(seance)
        decided = {each.move_id for each in seance.decisions if each.move_id}
        self.moves = [each for each in self._moves(start, end) if each.id not in decided]
        ids = {each.clause_id for each in self.bound if each.clause_id} | {each.clause_id for each in self.moves}
        self.clauses = {row.id: (row, part) for row, part in session.execute(_clauses(actor, ids))}
        self.versions = _versions(session, ids)
        self.start, self.end = start, end

    def facts(self) -> Facts:
        card = self.seance.card
        return Facts(
            title=card.title,
            on=card.on,
            start=card.start,
            end=card.end,
            place=card.place,
            opened_at=card.opened_at,
            closed_at=card.closed_at,
            chair=self._who(card.chair_id or card.facilitator_id),
            note_taker=self._who(card.note_taker_id),
            people=tuple(self._people()),
            points=tuple(_point(each, is_held=card.opened_at is not None) for each in self.seance.points),
            clauses=tuple(self._on_clauses()),
            decisions=tuple(each.text for each in self.bound if each.kind is None and not each.clause_id),
            reserves=tuple(self._reserves()),
            tasks=tuple(self._said(each) for each in self._bound(DecisionKind.TASK)),
            questions=tuple(self._said(each) for each in self._bound(DecisionKind.QUESTION)),
            to_copil=tuple(self._said(each) for each in self._bound(DecisionKind.SENT_TO_COPIL)),
            failed=tuple(self._failed()),
            next=self._next(),
        )

    def _bound(self, kind: DecisionKind) -> list[DecisionView]:
        return [each for each in self.bound if each.kind is kind]

    def _moves(self, start: datetime, end: datetime) -> Iterable[SeanceMove]:
        """What was played meanwhile: on the clauses of the agenda, or, in a file, on those that its decisions name."""
        if self.seance.card.opened_at is not None:
            return moves_during(self.session, self.actor, self.seance.card.id)
        named = {each.clause_id for each in self.bound if each.clause_id}
        query = (
            select(MoveRow)
            .where(
                col(MoveRow.negotiation_id) == self.actor.negotiation_id,
                on_the_table(MoveRow.circle),
                col(MoveRow.clause_id).in_(named),
                col(MoveRow.type).not_in(TALK_MOVES),
                col(MoveRow.at) >= start,
                col(MoveRow.at) <= end,
            )
            .order_by(col(MoveRow.at), col(MoveRow.clause_id), col(MoveRow.rank))
        )
        return [
            SeanceMove(
                id=row.id,
                clause_id=row.clause_id,
                move=row.type,
                party_id=row.party_id,
                member_id=row.member_id,
                version_id=row.version_id,
                text=row.text,
                motive=row.motive,
                at=row.at,
            )
            for row in self.session.execute(query).scalars()
        ]

    # ------------------------------------------------------------------ people

    def _who(self, member_id: str | None, party_id: str | None = None) -> Who | None:
        member = self.members.get(member_id or "")
        party = self.parties.get(party_id or "") or (member.party if member else None)
        if party is None:
            return None
        return Who(party.short_name, member.title if member and member.party.id == party.id else "")

    def _people(self) -> Iterable[Present]:
        grouped: dict[str, list[AttendeeView]] = defaultdict(list)
        for each in self.seance.attendance:
            grouped[each.party_id].append(each)
        for party in self.parties.values():
            of_party = grouped.get(party.id, [])
            here = tuple(self._name(each) for each in of_party if each.is_present)
            absent = tuple(self._name(each) for each in of_party if not each.is_present)
            if here or absent:
                yield Present(party.short_name, here, absent)

    def _name(self, attendee: AttendeeView) -> str:
        member = self.members.get(attendee.member_id or "")
        return member.title if member else attendee.name

    # ------------------------------------------------------------------ what was decided

    def _on_clauses(self) -> Iterable[OnClause]:
        """One for each clause on which something was agreed, tabled, taken back or said by a file, in that order."""
        acts = sorted((*self._agreements(), *self._played()), key=lambda found: found[1].at)
        words = [(each.clause_id, each.text) for each in self.bound if each.kind is None and each.clause_id]
        decided = [each.clause_id for each in self.bound if each.clause_id and _is_listed(each)]
        moved = [clause_id for clause_id, act in acts if act.move is not Move.RESERVE]
        for clause_id in dict.fromkeys((*decided, *moved)):
            before, after = self._before(clause_id), self._after(clause_id)
            yield OnClause(
                name=self._name_of(clause_id),
                acts=tuple(act for on, act in acts if on == clause_id and act.move is not Move.RESERVE),
                words=tuple(text for on, text in words if on == clause_id),
                before=self._told(clause_id, before),
                after=self._told(clause_id, after),
            )

    def _agreements(self) -> Iterable[tuple[str, Act]]:
        for each in self._bound(DecisionKind.AGREEMENT):
            who = self._who(each.decided_by or each.recorded_by, each.party_id)
            at = each.decided_at or each.recorded_at
            if each.clause_id and who and at:
                yield each.clause_id, Act(Move.ACCEPTANCE, who, at, each.version_number, each.text)

    def _played(self) -> Iterable[tuple[str, Act]]:
        for each in self.moves:
            who = self._who(each.member_id, each.party_id)
            version = next((row for row in self.versions.get(each.clause_id, ()) if row.id == each.version_id), None)
            words = each.motive if each.move in (Move.PROPOSAL, Move.COUNTER_PROPOSAL) else each.text or each.motive
            if who:
                yield each.clause_id, Act(each.move, who, each.at, version.number if version else None, words)

    def _before(self, clause_id: str) -> Version | None:
        """The last text tabled until the séance opened, or until the hour at which a file says that it began."""
        found = self.versions.get(clause_id, ())
        if self.seance.card.opened_at is not None:
            opened = self.session.get_one(Seance, self.seance.card.id)
            standing = standing_at_opening(self.session, opened, clause_id)
            return next((row for row in found if row.id == standing), None)
        return next((row for row in reversed(found) if row.tabled_at < self.start), None)

    def _after(self, clause_id: str) -> Version | None:
        """The version last agreed to; else the last one tabled until the end, unless it was taken back since."""
        found = self.versions.get(clause_id, ())
        agreed = [each for each in self._bound(DecisionKind.AGREEMENT) if each.clause_id == clause_id]
        if agreed:
            return next((row for row in found if row.id == agreed[-1].version_id), None)
        last = next((row for row in reversed(found) if row.tabled_at <= self.end), None)
        here = [each for each in self.moves if each.clause_id == clause_id]
        gone = any(each.move is Move.WITHDRAWAL and last and each.version_id == last.id for each in here)
        return None if gone else last

    def _told(self, clause_id: str, version: Version | None) -> Told | None:
        if version is None:
            return None
        clause, _ = self.clauses[clause_id]
        author = self.parties.get(version.author_party_id or "")
        return Told(
            number=version.number,
            author=author.short_name if author else None,
            text=version.text,
            value=value_text(self._named_value(clause, version), clause.unit, clause.value_kind),
        )

    def _named_value(self, clause: Clause, version: Version) -> object:
        """The value, with names where it holds keys of parties or members, as the contract prints it."""
        names: Mapping[str, str] = {
            "party": {party.key: party.name for party in self.parties.values()},
            "member": {member.key: member.title for member in self.members.values()},
        }.get(str(clause.attributes.get("names")), WORDS_OF_CHOICES)
        match clause.value_kind:
            case ValueKind.CHOICE:
                return names.get(version.value, version.value)
            case ValueKind.LIST if version.value is not None:
                return [names.get(item, item) for item in version.value]
            case _:
                return version.value

    def _reserves(self) -> Iterable[Said]:
        yield from (self._said(each) for each in self._bound(DecisionKind.RESERVE))
        for each in self.moves:
            if each.move is Move.RESERVE:
                who = self._who(each.member_id, each.party_id)
                yield Said(each.text or each.motive, about=self._name_of(each.clause_id), who=who)

    def _said(self, decision: DecisionView) -> Said:
        is_task = decision.kind is DecisionKind.TASK
        return Said(
            decision.text,
            about=self._name_of(decision.clause_id),
            who=self._who(decision.decided_by or decision.recorded_by, None if is_task else decision.party_id),
            owner=self._who(decision.owner_id, decision.party_id) if is_task else None,
            due_on=decision.due_on,
        )

    def _failed(self) -> Iterable[Failed]:
        for each in self.seance.decisions:
            if each.state is DecisionState.UNBOUND and each.kind and each.reason:
                who = self._who(None, each.party_id)
                yield Failed(each.kind, each.reason, about=_name(each.code, each.label), who=who, words=each.text)

    def _name_of(self, clause_id: str | None) -> str:
        found = self.clauses.get(clause_id or "")
        return _name(found[0].code or found[1].code, found[0].label) if found else ""

    def _next(self) -> Next | None:
        on = self.seance.card.on
        if on == date.max:
            return None
        meeting = next_meeting(self.session, self.actor.negotiation_id, on + timedelta(days=1))
        return Next(meeting.title, meeting.on, meeting.time or "") if meeting else None


def _is_listed(decision: DecisionView) -> bool:
    """Whether the decision is told under its clause: reserves, questions and tasks have their own lists."""
    return decision.kind in (None, DecisionKind.AGREEMENT)


def _between(seance: SeanceView) -> tuple[datetime, datetime]:
    """From when to when: as it was held, or at the hours of Paris that a file gives; the whole day when they can't be
    read."""
    card = seance.card
    begins, ends = (datetime.combine(card.on, hour, PARIS) for hour in (time.min, time.max))
    if card.opened_at is not None:
        return card.opened_at, card.closed_at or ends
    try:
        start, end = (datetime.combine(card.on, time.fromisoformat(hour), PARIS) for hour in (card.start, card.end))
    except ValueError:
        return begins, ends
    return start, end


def _clauses(actor: Actor, ids: Iterable[str]) -> Select[Clause, Part]:
    """Clauses that all parties read, with their parts; those of dropped parts keep their names."""
    return (
        select(Clause, Part)
        .join(Part, col(Part.id) == Clause.part_id)
        .where(
            col(Clause.negotiation_id) == actor.negotiation_id,
            on_the_table(Clause.circle),
            col(Clause.id).in_(sorted(ids)),
        )
    )


def _versions(session: Session, clause_ids: Iterable[str]) -> dict[str, list[Version]]:
    """The tabled texts of these clauses, oldest first: shared by nature."""
    query = select(Version).where(col(Version.clause_id).in_(sorted(clause_ids))).order_by(col(Version.number))
    found: dict[str, list[Version]] = defaultdict(list)
    for row in session.execute(query).scalars():
        found[row.clause_id].append(row)
    return found


def _point(point: PointView, *, is_held: bool) -> Point:
    words = _name(point.code, point.label)
    named = f"{words} ({point.title})" if words and point.title else words or point.title
    if not is_held:
        return Point(named)
    return Point(named, point.began_at is not None, round(point.seconds / 60))


def _name(code: str, label: str) -> str:
    """« EN05, Sorties annuelles »."""
    return ", ".join(each for each in (code, label) if each)
