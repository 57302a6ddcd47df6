"""What « whose turn » needs beside the cards: the delay and the rounds that the parties agreed, and who tabled what
since the last agreement. A few orders to the database for a whole board.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from negotiation.rules.part_fields import COPIL_ROUNDS, RESPONSE_DELAY, Field
from negotiation.rules.turn import DEFAULT_ROUNDS, rounds_of
from negotiation.rules.vocabulary import ClauseState, PartKind, ReserveState
from negotiation.rules.working_days import DEFAULT_RESPONSE_DAYS
from negotiation.store.contract import Clause, Part
from negotiation.store.exchange import Reserve, Version
from negotiation.store.preparation import CalendarItem
from negotiation.store.queries.clauses import ClauseCard, in_the_contract
from negotiation.store.queries.negotiations import MeetingView
from negotiation.store.queries.visibility import on_the_table

LONGEST_DELAY = 250
"""Working days; a number beyond is no delay."""
MOST_ROUNDS = 50
LONGEST_NUMBER = 4
"""Digits."""
WINDOW = 6
"""Versions one looks back for each round of the limit: what a board costs doesn't grow with a clause's past, and six
parties may have written in each."""
_agreed, _current, _last_agreed = aliased(Version), aliased(Version), aliased(Version)


@dataclass(frozen=True)
class Pace:
    """`response_days`: working days to answer. `rounds`: from how many on the table suggests the COPIL."""

    response_days: int = DEFAULT_RESPONSE_DAYS
    rounds: int = DEFAULT_ROUNDS


def pace_of(session: Session, negotiation_id: str) -> Pace:
    return paces_of(session, [negotiation_id])[negotiation_id]


def paces_of(session: Session, negotiation_ids: Iterable[str]) -> dict[str, Pace]:
    """By negotiation: what all parties read in the note de cadrage, agreed, else tabled, else written; else usual."""
    ids = sorted(set(negotiation_ids))
    query = (
        select(Clause, col(_agreed.value), col(_current.value))
        .outerjoin(_agreed, col(_agreed.id) == Clause.agreed_version_id)
        .outerjoin(_current, col(_current.id) == Clause.current_version_id)
        .where(
            col(Clause.negotiation_id).in_(ids),
            col(Clause.field).in_([RESPONSE_DELAY.name, COPIL_ROUNDS.name]),
            on_the_table(Clause.circle),
            col(Clause.part_id).in_(_standing_sections(ids)),
        )
    )
    said = {
        (clause.negotiation_id, clause.field): _number(clause, agreed, tabled)
        for clause, agreed, tabled in session.execute(query)
    }

    def asked(negotiation_id: str, field: Field, *, longest: int, usual: int) -> int:
        number = said.get((negotiation_id, field.name), 0)
        return number if 0 < number <= longest else usual

    return {
        each: Pace(
            response_days=asked(each, RESPONSE_DELAY, longest=LONGEST_DELAY, usual=DEFAULT_RESPONSE_DAYS),
            rounds=asked(each, COPIL_ROUNDS, longest=MOST_ROUNDS, usual=DEFAULT_ROUNDS),
        )
        for each in ids
    }


def _standing_sections(negotiation_ids: list[str]) -> Any:
    return select(col(Part.id)).where(
        col(Part.negotiation_id).in_(negotiation_ids),
        col(Part.kind) == PartKind.FRAMING_SECTION,
        col(Part.dropped_at).is_(None),
    )


def _number(clause: Clause, agreed: object, tabled: object) -> int:
    """The whole number that it says; 0 when it says none."""
    if clause.state is ClauseState.WITHDRAWN:
        return 0
    given = str(next((value for value in (agreed, tabled, clause.working_value) if value is not None), ""))
    return int(given) if given.isdecimal() and len(given) <= LONGEST_NUMBER else 0


def rounds_by_clause(session: Session, cards: Iterable[ClauseCard], pace: Pace) -> dict[str, int]:
    """How many rounds each open clause went through since it was last agreed, where that may be too many.

    Clauses with too few versions to be stuck are left out. Only the last versions are read, `WINDOW` for each round of
    the limit.
    """
    open_ids = [
        card.id
        for card in cards
        if card.situation.current is not None
        and card.state is not ClauseState.AGREED
        and card.situation.versions >= 2 * pace.rounds
    ]
    if not open_ids:
        return {}
    query = (
        select(col(Version.clause_id), col(Version.author_party_id), col(Version.number), col(_last_agreed.number))
        .join(Clause, col(Clause.id) == Version.clause_id)
        .outerjoin(_last_agreed, col(_last_agreed.id) == Clause.agreed_version_id)
        .where(
            col(Version.clause_id).in_(open_ids),
            col(Version.number) > col(Clause.versions) - WINDOW * pace.rounds,
        )
        .order_by(col(Version.clause_id), col(Version.number))
    )
    authors: dict[str, list[str | None]] = defaultdict(list)
    for clause_id, author, number, agreed in session.execute(query):
        if number > (agreed or 0):
            authors[clause_id].append(author)
    return {clause_id: rounds_of(those) for clause_id, those in authors.items()}


@dataclass(frozen=True)
class Convergence:
    """Where the clauses of the contract stand, as a COPIL reads it (domain reference section 8, 2). Each counts once:
    one that bears an open reserve is nowhere else; those withdrawn and the cells that follow an engagement nowhere."""

    agreed: int = 0
    reserved: int = 0
    discussed: int = 0
    unopened: int = 0


def convergence_of(session: Session, negotiation_id: str) -> Convergence:
    """Over what all parties read."""
    reserved = select(col(Reserve.clause_id)).where(
        col(Reserve.negotiation_id) == negotiation_id, col(Reserve.state) == ReserveState.OPEN
    )
    query = (
        select(col(Clause.state), col(Clause.id).in_(reserved), func.count())
        .where(
            col(Clause.negotiation_id) == negotiation_id,
            on_the_table(Clause.circle),
            in_the_contract(negotiation_id),
            col(Clause.follows_id).is_(None),
            col(Clause.state) != ClauseState.WITHDRAWN,
        )
        .group_by(col(Clause.state), col(Clause.id).in_(reserved))
    )
    counts = {(state, bool(held)): count for state, held, count in session.execute(query)}
    free = {state: counts.get((state, False), 0) for state in ClauseState}
    discussed = (ClauseState.PROPOSED, ClauseState.COUNTERED, ClauseState.PARTIALLY_AGREED, ClauseState.REOPENED)
    return Convergence(
        agreed=free[ClauseState.AGREED],
        reserved=sum(counts.get((state, True), 0) for state in ClauseState),
        discussed=sum(free[state] for state in discussed),
        unopened=free[ClauseState.TO_WRITE],
    )


def next_copil(session: Session, negotiation_id: str, today: date) -> MeetingView | None:
    """The steering committee that may arbitrate next."""
    query = (
        select(CalendarItem)
        .where(
            col(CalendarItem.negotiation_id) == negotiation_id,
            col(CalendarItem.on) >= today,
            col(CalendarItem.status) == "planned",
            col(CalendarItem.kind) == "copil",
        )
        .order_by(col(CalendarItem.on), col(CalendarItem.time))
        .limit(1)
    )
    item = session.execute(query).scalar_one_or_none()
    return MeetingView(item.title, item.on, item.time, item.place, item.kind) if item else None
