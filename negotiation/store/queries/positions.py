"""Where each party stands on a clause: the text this round started from, what each tabled or answered, what is common.

A round runs from one agreement to the next: what was tabled before the last reopening, or before the clause was given
up, is no longer anybody's position. A fixed number of orders to the database, however many clauses.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import exists, func, or_, select, tuple_
from sqlmodel import Session, col

from negotiation.events import Kind
from negotiation.rules.policy import Actor
from negotiation.rules.rebase import RebaseState, rebase, rebase_value, state_of_both
from negotiation.rules.starting_text import Bases, answered_by, common_start
from negotiation.rules.vocabulary import ClauseState, Move
from negotiation.store.contract import Clause
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.queries.clauses import ClauseCard, ReserveView, cards_by_id
from negotiation.store.queries.exchanges import VersionView, version_view, versions_of
from negotiation.store.queries.starting_texts import bases_of, starts_between
from negotiation.store.queries.visibility import on_the_table, visible
from negotiation.store.record import HistoryEntry

SETTLED = frozenset({ClauseState.AGREED, ClauseState.WITHDRAWN})
"""States in which nobody has anything to take up again."""


class Stance(StrEnum):
    TABLED = "tabled"
    ACCEPTED = "accepted"
    """It said yes to somebody else's version: the current one, or an earlier one that was replaced since."""
    REJECTED = "rejected"
    SILENT = "silent"
    """« N'a pas encore pris position »."""
    NOT_CONCERNED = "not_concerned"


@dataclass(frozen=True)
class Words:
    """A text with its value. `version`: where it comes from; None for a working text, or for nothing at all."""

    text: str
    value: Any
    version: VersionView | None = None

    @property
    def is_empty(self) -> bool:
        return not self.text and self.value is None


@dataclass(frozen=True)
class PartyPosition:
    """One party on one clause.

    `version`: the last text that it tabled in this round and didn't withdraw, whatever it answered since. `answered`:
    the number of the version that it accepted or rejected, with what it `said` then. `is_superseded`: its text is no
    longer the current one, and it doesn't stand behind that one. `rebased`: what its text then needs to stand on the
    current one; None where that one answers it.
    """

    party_id: str
    stance: Stance
    version: VersionView | None = None
    answered: int | None = None
    said: str = ""
    at: datetime | None = None
    reserves: tuple[ReserveView, ...] = ()
    is_superseded: bool = False
    rebased: RebaseState | None = None


@dataclass(frozen=True)
class ClausePositions:
    """`base`: « texte de départ ». The one from which the texts were written between which the parties have to choose;
    while one alone stands, the one that this round started from: the last agreed, else the working text, else the first
    that was tabled. `parties`: every party of the table that was asked for, in that order."""

    card: ClauseCard
    base: Words
    current: VersionView | None
    parties: Mapping[str, PartyPosition]

    @property
    def standing(self) -> tuple[VersionView, ...]:
        """The texts between which the parties have to choose: the current one first, then the others, newest first.
        Those of parties that stand behind the current one are left out."""
        others = [each.version for each in self.parties.values() if each.version and each.is_superseded]
        latest = sorted(others, key=lambda version: -version.number)
        return ((self.current,) if self.current and self.card.state not in SETTLED else ()) + tuple(latest)

    @property
    def has_rivals(self) -> bool:
        """Whether the text on the table leaves another unanswered: what it answers is no choice any more."""
        return any(each.is_superseded and each.rebased is not None for each in self.parties.values())

    @property
    def agreed(self) -> Words | None:
        """The common text, once there is one."""
        if self.card.state is not ClauseState.AGREED:
            return None
        return Words(self.card.agreed_text or "", self.card.agreed_value, self.current)

    @property
    def accepted_by(self) -> frozenset[str]:
        """The parties that stand behind the text on the table, its author included."""
        return self.card.situation.behind


def positions_of(
    session: Session, actor: Actor, clause_ids: Iterable[str], *, party_ids: Iterable[str]
) -> dict[str, ClausePositions]:
    """Positions by clause id, for those of the clauses that this person reads. Drafts are nobody's position."""
    cards = cards_by_id(session, actor, clause_ids)
    starts = _round_starts(session, actor, cards)
    working = working_words(session, cards)
    tabled = _Tabled.of(session, cards, starts)
    answers = _last_answers(session, actor, cards)
    parties = tuple(party_ids)
    return {
        clause_id: _positions(
            card,
            working=working[clause_id],
            tabled=tabled,
            start=starts[clause_id],
            answers=answers[clause_id],
            party_ids=parties,
        )
        for clause_id, card in cards.items()
    }


def clauses_to_retake(session: Session, actor: Actor) -> frozenset[str]:
    """Clauses on which a text of the actor's party was set aside by another that doesn't answer it: « à reprendre ».

    A counter-proposal, or what was built on it since, answers our text: that is our turn, nothing to take up again.
    For that party alone.
    """
    open_ones = (
        select(Clause, col(Version.number))
        .join(Version, col(Version.id) == Clause.current_version_id)
        .where(
            col(Clause.negotiation_id) == actor.negotiation_id,
            visible(Clause.circle, actor),
            col(Clause.state).not_in(SETTLED),
            or_(col(Version.author_party_id).is_(None), col(Version.author_party_id) != actor.party_id),
        )
    )
    rows = {clause.id: (clause, number) for clause, number in session.execute(open_ones)}
    current = {clause_id: number for clause_id, (clause, number) in rows.items() if actor.party_id not in clause.behind}
    if not current:
        return frozenset()
    starts = _round_starts(session, actor, current)
    own = _newest(current, col(Version.author_party_id) == actor.party_id)
    newest = {row.clause_id: row.number for row in session.execute(own) if row.number > starts[row.clause_id]}
    bases = bases_of(session, newest)
    return frozenset(
        clause_id
        for clause_id, number in newest.items()
        if number not in answered_by(current[clause_id], bases[clause_id])
    )


def starting_words(session: Session, clause_id: str, numbers: Iterable[int]) -> Words:
    """The text from which these versions were written (`rules.starting_text`), else the clause's working text."""
    number = common_start(numbers, bases_of(session, [clause_id])[clause_id])
    if number is None:
        return working_words(session, [clause_id])[clause_id]
    return _as_words(versions_of(session, clause_id, [number])[number])


def base_of(session: Session, version: VersionView, clause_id: str) -> Words:
    """The text from which a version was written: what it answered, else the clause's working text."""
    if version.base_id is None:
        return working_words(session, [clause_id])[clause_id]
    return _as_words(version_view(session, version.base_id))


def working_words(session: Session, clause_ids: Iterable[str]) -> dict[str, Words]:
    """For callers that know that the person reads these clauses."""
    query = select(col(Clause.id), col(Clause.working_text), col(Clause.working_value)).where(
        col(Clause.id).in_(sorted(clause_ids))
    )
    return {row.id: Words(row.working_text, row.working_value) for row in session.execute(query)}


def _as_words(version: VersionView) -> Words:
    return Words(version.text, version.value, version)


@dataclass(frozen=True)
class _Answer:
    move: Move
    number: int
    said: str
    at: datetime


@dataclass(frozen=True)
class _Tabled:
    """The versions that matter: by (clause, number), the newest of each party by (clause, party), and which version
    each answers, by clause."""

    by_number: Mapping[tuple[str, int], VersionView]
    newest: Mapping[tuple[str, str], int]
    bases: Mapping[str, Bases]

    @classmethod
    def of(cls, session: Session, cards: Mapping[str, ClauseCard], starts: Mapping[str, int]) -> "_Tabled":
        newest = {
            (row.clause_id, row.author_party_id): row.number
            for row in session.execute(_newest(cards, col(Version.author_party_id).is_not(None)))
            if row.number > starts[row.clause_id]
        }
        bases = bases_of(session, cards)
        wanted = {(clause_id, number) for (clause_id, _), number in newest.items()}
        wanted |= {(clause_id, starts[clause_id] + 1) for clause_id in cards}
        wanted |= {(each.id, each.situation.current.number) for each in cards.values() if each.situation.current}
        wanted |= starts_between(wanted, cards, bases)
        query = select(Version).where(tuple_(col(Version.clause_id), col(Version.number)).in_(sorted(wanted)))
        rows = session.execute(query).scalars().all()
        views = {(row.clause_id, row.number): version_view(session, row.id) for row in rows}  # in the session already
        return cls(views, newest, bases)

    def start_of(self, clause_id: str, numbers: Iterable[int], working: Words) -> Words:
        """As `starting_words`."""
        number = common_start(numbers, self.bases[clause_id])
        return working if number is None else _as_words(self.by_number[clause_id, number])


def _newest(clause_ids: Iterable[str], of_whom: Any) -> Any:
    """Clause, author and number of the newest text of each author that wasn't withdrawn."""
    withdrawn = exists().where(
        col(MoveRow.clause_id) == col(Version.clause_id),
        col(MoveRow.version_id) == col(Version.id),
        col(MoveRow.type) == Move.WITHDRAWAL,
        on_the_table(MoveRow.circle),
    )
    return (
        select(col(Version.clause_id), col(Version.author_party_id), func.max(col(Version.number)).label("number"))
        .where(col(Version.clause_id).in_(sorted(clause_ids)), of_whom, ~withdrawn)
        .group_by(col(Version.clause_id), col(Version.author_party_id))
    )


def _round_starts(session: Session, actor: Actor, clause_ids: Iterable[str]) -> dict[str, int]:
    """How many versions each clause had when its round began."""
    starts = dict.fromkeys(clause_ids, 0)
    query = select(col(HistoryEntry.clause_id), col(HistoryEntry.payload)).where(
        col(HistoryEntry.clause_id).in_(sorted(starts)),
        col(HistoryEntry.kind).in_([Kind.CLAUSE_REOPENED, Kind.CLAUSE_ABANDONED]),
        visible(HistoryEntry.circle, actor),
    )
    for clause_id, payload in session.execute(query):
        if payload is not None:
            starts[clause_id] = max(starts[clause_id], json.loads(payload)["version"])
    return starts


def _last_answers(session: Session, actor: Actor, clause_ids: Iterable[str]) -> dict[str, dict[str, _Answer]]:
    """The last acceptance or rejection of each party, by clause and party."""
    answering = (
        col(MoveRow.clause_id).in_(sorted(clause_ids))
        & col(MoveRow.type).in_([Move.ACCEPTANCE, Move.REJECTION])
        & visible(MoveRow.circle, actor)
    )
    last = (
        select(col(MoveRow.clause_id), func.max(col(MoveRow.rank)).label("rank"))
        .where(answering)
        .group_by(col(MoveRow.clause_id), col(MoveRow.party_id))
        .subquery()
    )
    query = (
        select(MoveRow, col(Version.number))
        .join(last, (last.c.clause_id == MoveRow.clause_id) & (last.c.rank == MoveRow.rank))
        .join(Version, col(Version.id) == MoveRow.version_id)
        .where(answering)
    )
    found: dict[str, dict[str, _Answer]] = defaultdict(dict)
    for move, number in session.execute(query):
        said = move.motive or move.text
        found[move.clause_id][move.party_id] = _Answer(move.type, number, said, move.at)
    return found


def _positions(
    card: ClauseCard,
    *,
    working: Words,
    tabled: _Tabled,
    start: int,
    answers: Mapping[str, _Answer],
    party_ids: tuple[str, ...],
) -> ClausePositions:
    number = card.situation.current.number if card.situation.current else 0
    answered = answered_by(number, tabled.bases[card.id])
    parties = {
        party_id: _position(
            card,
            party_id,
            version=tabled.by_number.get((card.id, tabled.newest.get((card.id, party_id), 0))),
            current=tabled.by_number.get((card.id, number)),
            answer=answer if (answer := answers.get(party_id)) and answer.number > start else None,
            base=lambda version: (
                None if version.number in answered else tabled.start_of(card.id, (version.number, number), working)
            ),
        )
        for party_id in party_ids
    }
    standing = [each.version.number for each in parties.values() if each.version and each.is_superseded]
    competing = [each for each in standing if each not in answered]
    return ClausePositions(
        card=card,
        base=tabled.start_of(card.id, (number, *competing), working)
        if competing
        else _base(card, start, working=working, tabled=tabled),
        current=tabled.by_number.get((card.id, number)),
        parties=parties,
    )


def _base(card: ClauseCard, start: int, *, working: Words, tabled: _Tabled) -> Words:
    first = tabled.by_number.get((card.id, start + 1))
    if first and first.base_id:
        return tabled.start_of(card.id, [first.number], working)
    if first is None and card.agreed_text is not None:
        return Words(card.agreed_text, card.agreed_value)
    if not working.is_empty or first is None:
        return working
    return _as_words(first)


def _position(
    card: ClauseCard,
    party_id: str,
    *,
    version: VersionView | None,
    current: VersionView | None,
    answer: _Answer | None,
    base: Any,
) -> PartyPosition:
    reserves = tuple(each for each in card.reserves if each.party_id == party_id)
    if party_id not in card.situation.concerned:
        return PartyPosition(party_id, Stance.NOT_CONCERNED, reserves=reserves)
    is_behind = party_id in card.situation.behind
    later = answer if answer and (version is None or answer.number > version.number) else None
    stance = Stance.TABLED if version else Stance.SILENT
    if later:
        stance = Stance.ACCEPTED if later.move is Move.ACCEPTANCE else Stance.REJECTED
    answered = later.number if later else None
    if is_behind and current and current.author_id != party_id:
        stance, answered = Stance.ACCEPTED, current.number  # also where a file declares the agreement without moves
    is_superseded, rebased = False, None
    if version and current and version.id != current.id and not is_behind and card.state not in SETTLED:
        is_superseded = True
        start = base(version)
        rebased = _rebased(start, current, version) if start else None
    return PartyPosition(
        party_id,
        stance,
        version=version,
        answered=answered,
        said=later.said if later else "",
        at=later.at if later else None,
        reserves=reserves,
        is_superseded=is_superseded,
        rebased=rebased,
    )


def _rebased(base: Words, current: VersionView, ours: VersionView) -> RebaseState:
    return state_of_both(
        rebase(base.text, current.text, ours.text),
        rebase_value(base.value, current.value, ours.value),
        common=(current.text, current.value),
    )
