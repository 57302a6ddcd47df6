"""What every page of a negotiation shows around its own subject: who I am, the parties, the head line."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypedDict, cast

from flask import g, request
from markupsafe import Markup
from sqlmodel import Session

from app.pages.presentation import value_fr
from app.pages.reader import Me, MeAsParty, WholeParty
from app.pages.remembering import BURST, Read, remembered, remembered_by_party
from app.signin.session import current_person
from negotiation.rules.amendment import CONTRACT_TYPES
from negotiation.rules.lifecycle import possible_moves
from negotiation.rules.paris import PARIS, paris_day
from negotiation.rules.policy import ACTION_OF_MOVE, Actor, Authentication, Decision, Target, decide
from negotiation.rules.turn import Turn, turn_of
from negotiation.rules.vocabulary import ClauseState, Move
from negotiation.services import access
from negotiation.store.queries.amendments import NO_HEADING, Heading, heading_of, headings_of
from negotiation.store.queries.clauses import ClauseCard
from negotiation.store.queries.history import heads_reached
from negotiation.store.queries.negotiations import NegotiationView, negotiation_view, negotiation_views
from negotiation.store.queries.people import (
    AudienceView,
    MemberView,
    PartyView,
    audiences_of,
    members_of,
    parties_of,
    parties_of_tables,
    titles_of_members,
)
from negotiation.store.queries.turns import Pace, pace_of, paces_of

LARGEST_ASKED = 10**7


@dataclass(frozen=True)
class Mark:
    """A clause in the tally."""

    code: str
    state: ClauseState
    holders: tuple[PartyView, ...]


@dataclass(frozen=True)
class Point:
    """A value on the path of a number, in words."""

    party: PartyView
    value: Markup


@dataclass(frozen=True)
class Frame:
    """The negotiation around a page. `reached`: how far its history had come when the page was made."""

    actor: Actor
    negotiation: NegotiationView
    parties: dict[str, PartyView]
    members: dict[str, MemberView]
    audiences: dict[str, AudienceView]
    me: Me
    today: date
    reached: str
    pace: Pace
    reader_id: str
    """The member who reads; "" while a page is written for all who read the same (`rendering`)."""
    heading: Heading = NO_HEADING
    """What an avenant amends, or what avenants made of a contract's term."""

    @property
    def ends_on(self) -> date:
        """The contract's term, as signed avenants moved it."""
        return self.heading.term.ends_on if self.heading.term else self.negotiation.contract_end

    def holders(self, card: ClauseCard) -> tuple[PartyView, ...]:
        """The parties that hold the clause, in the order of the table."""
        return self.in_order(card.waits_for)

    def in_order(self, party_ids: Iterable[str]) -> tuple[PartyView, ...]:
        wanted = set(party_ids)
        return tuple(party for party in self.parties.values() if party.id in wanted)

    def days(self, card: ClauseCard) -> int:
        """Whole days since the last move, on the day that the page shows."""
        return max(0, (self.today - paris_day(card.moved_on)).days) if card.moved_on else 0

    def turn(self, card: ClauseCard) -> Turn:
        """Who holds the clause, since when somebody owes an answer, until when; a frozen version waits for nobody."""
        return self._turn(card, card.held_since)

    def turn_of_party(self, card: ClauseCard, party_id: str) -> Turn:
        """The same by the clock of one party that holds it."""
        return self._turn(card, card.held.get(party_id))

    def turns(self, card: ClauseCard) -> tuple[Turn, ...]:
        """One for each day since which parties hold the clause, the oldest first: who joins later has its own clock."""
        whole = self.turn(card)
        days = {party_id: paris_day(at) for party_id, at in card.held.items() if party_id in whole.holders}
        if len(set(days.values())) < 2:
            return (whole,)
        alike = {day: frozenset(each for each in days if days[each] == day) for day in sorted(set(days.values()))}
        return tuple(replace(self._turn(card, day), holders=holders) for day, holders in alike.items())

    def closed(self, card: ClauseCard) -> bool:
        """Whether the gel closed this clause: what is no part of the contract goes on."""
        return self.negotiation.frozen_at is not None and not card.is_after_gel

    @property
    def stopped(self) -> str:
        """Why nothing is written any more, where `frozen_at` is set: an avenant closed without follow-up was never
        frozen."""
        return "Avenant clos sans suite" if self.is_closed_avenant else "Version figée"

    @property
    def is_closed_avenant(self) -> bool:
        return self.heading.amends is not None and self.heading.amends.closed_reason is not None

    def _turn(self, card: ClauseCard, since: datetime | date | None) -> Turn:
        if self.closed(card):
            return Turn(frozenset())
        day = paris_day(since) if isinstance(since, datetime) else since
        return turn_of(card.situation, since=day, today=self.today, response_days=self.pace.response_days)

    def points(self, card: ClauseCard) -> tuple["Point", ...]:
        """The path of the number, each value in words."""
        return tuple(
            Point(self.parties[step.party_id], value_fr(step.value, card.unit, card.value_kind))
            for step in card.trail
            if step.party_id
        )

    def by_key(self) -> dict[str, PartyView]:
        """The parties by their key, as files and rows name them."""
        return {party.key: party for party in self.parties.values()}

    def name_of(self, key: str) -> str:
        """The job of a member, or the short name of a party, from its key; the key itself when it is neither."""
        titles = {member.key: f"{member.title} ({member.party.short_name})" for member in self.members.values()}
        names = {party.key: party.short_name for party in self.parties.values()}
        return titles.get(key) or names.get(key) or key

    def marks(self, cards: Iterable[ClauseCard]) -> tuple[Mark, ...]:
        return tuple(Mark(card.code, card.state, self.holders(card)) for card in cards)

    def read(self, what: str, *about: Hashable, read: Callable[[], Read], seconds: float = BURST) -> Read:
        """See `remembering.remembered`: one reading for all who read the same, in the burst that follows a move."""
        return remembered(self.actor, self.reached, what, *about, read=read, seconds=seconds)

    def read_by_party(
        self, what: str, *about: Hashable, read: Callable[["Frame"], Read], seconds: float = BURST
    ) -> Read:
        """One reading for a whole party: `read` is given a frame that knows of neither roles nor person."""
        return remembered_by_party(
            self.actor, self.reached, what, *about, read=lambda: read(self._of_party()), seconds=seconds
        )

    def _of_party(self) -> "Frame":
        return replace(self, actor=WholeParty.of(self.actor), me=MeAsParty.of(self.me), reader_id="")

    def moves(self, card: ClauseCard) -> tuple[Move, ...]:
        """The moves that this person can play on the clause now: lifecycle and rights."""
        if self.closed(card):
            return ()
        target = Target(self.actor.negotiation_id)
        return tuple(
            move
            for move in possible_moves(card.situation, self.actor.party_id)
            if decide(self.actor, ACTION_OF_MOVE[move], target) is Decision.ALLOW
        )

    def context(self, section: str, **more: Any) -> dict[str, Any]:
        """The template's context; `section` is the tab."""
        return {
            "frame": self,
            "me": self.me,
            "negotiation": self.negotiation,
            "parties": self.parties,
            "members": self.members,
            "audiences": self.audiences,
            "reached": self.reached,
            "heading": self.heading,
            "today": self.today,
            "section": section,
        } | more


def asked_number(name: str) -> int | None:
    """A whole number of the address, for paging; None when it is missing, unreadable or beyond what a row may hold."""
    asked = request.args.get(name, type=int)
    return asked if asked is not None and 0 <= asked <= LARGEST_ASKED else None


def reader_in(session: Session, negotiation_id: str) -> Actor:
    """The signed-in person, acting in this negotiation. Raises NotFound."""
    return together(("reader", negotiation_id), lambda: access.actor_in(session, negotiation_id, **_who_asks()))


def reader_on_clause(session: Session, clause_id: str) -> Actor:
    """The signed-in person, acting in the negotiation of this clause. Raises NotFound."""
    return access.on_clause(session, clause_id, who=lambda negotiation_id: reader_in(session, negotiation_id))


def frame_of(session: Session, actor: Actor) -> Frame:
    """Everything around the page, for this reader."""
    return together(("frame", actor.negotiation_id), lambda: _frame_of(session, actor))


class _WhoAsks(TypedDict):
    person_id: str
    authentication: Authentication


def _who_asks() -> _WhoAsks:
    person = current_person()
    return {"person_id": person.person_id, "authentication": person.authentication}


def together(question: Hashable, read: Callable[[], Read]) -> Read:
    """Read once for all the pieces that one request asks for (`app.pages.pieces`), anew in any other."""
    known: dict[Hashable, Any] = g.get("together", {})
    if question not in known:
        known[question] = read()
    return cast(Read, known[question])


def _frame_of(session: Session, actor: Actor) -> Frame:
    reached = heads_reached(session, actor)  # first: what is written meanwhile is then missed by nobody
    around = remembered_by_party(actor, reached, "around", read=lambda: _around(session, actor))
    mine = around.members[actor.member_id]
    return Frame(
        actor=actor,
        negotiation=around.negotiation,
        parties={party.id: party for party in around.parties},
        members=around.members,
        audiences=around.audiences,
        me=Me(id=actor.person_id, name=mine.title, role=mine.title, party=mine.party),
        today=around.negotiation.situation_on or datetime.now(PARIS).date(),
        reached=reached,
        pace=around.pace,
        reader_id=actor.member_id,
        heading=around.heading,
    )


@dataclass(frozen=True)
class _Around:
    """What a frame says to everybody of one party."""

    negotiation: NegotiationView
    parties: tuple[PartyView, ...]
    members: dict[str, MemberView]
    audiences: dict[str, AudienceView]
    pace: Pace
    heading: Heading


def _around(session: Session, actor: Actor) -> _Around:
    parties = parties_of(session, actor.negotiation_id)
    view = negotiation_view(session, actor.negotiation_id)
    may_say = view.frozen_at is not None or view.contract_type in CONTRACT_TYPES
    return _Around(
        view,
        parties,
        members_of(session, actor.negotiation_id, at_table=parties),
        audiences_of(session, actor, at_table=parties),
        pace_of(session, actor.negotiation_id),
        heading_of(session, actor.negotiation_id) if may_say else NO_HEADING,
    )


def frames_of(session: Session, actors: Iterable[Actor]) -> tuple[Frame, ...]:
    """The negotiations of one person, as the accueil shows them: neither members nor audiences, and as few orders to
    the database for forty tables as for one. Open ones first."""
    by_table = {actor.negotiation_id: actor for actor in actors}
    parties = parties_of_tables(session, by_table)
    titles = titles_of_members(session, [actor.member_id for actor in by_table.values()])
    paces = paces_of(session, by_table)
    headings = headings_of(session, by_table)
    today = datetime.now(PARIS).date()
    frames = []
    for negotiation in negotiation_views(session, by_table):
        actor = by_table[negotiation.id]
        named = {party.id: party for party in parties[negotiation.id]}
        title = titles[actor.member_id]
        frames.append(
            Frame(
                actor=actor,
                negotiation=negotiation,
                parties=named,
                members={},
                audiences={},
                me=Me(id=actor.person_id, name=title, role=title, party=named[actor.party_id]),
                today=negotiation.situation_on or today,
                reached="",
                pace=paces[negotiation.id],
                reader_id=actor.member_id,
                heading=headings[negotiation.id],
            )
        )
    return tuple(frames)
