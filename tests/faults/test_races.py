"""Two processes act on one clause at the same moment (trust T12, T13, P11): exactly one outcome where the acts exclude
each other, a refusal by name for the loser, and a history that tells it all.

`NAVETTE_FAULT_ROUNDS`: rounds of each race, 25 unless told otherwise; `make faults` asks for 1 000.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from negotiation.rules.vocabulary import Move
from negotiation.services.contract_content import contract_as_it_stands
from negotiation.services.freezing import Rendered
from negotiation.services.marking import Mark
from negotiation.services.moves import Order, Seen
from negotiation.store import Store, connect_store
from negotiation.store.record import FrozenVersion
from tests.builders import Table
from tests.closing_table import ask
from tests.faults.arenas import (
    ALL,
    BOTH,
    Arena,
    Before,
    an_agreed_contract,
    an_arena,
    assert_history_is_sound,
    seated,
)
from tests.faults.duel import DONE, Answer, AskFreeze, Pair, PlayMove, overlap
from tests.postgresql import PostgresqlServer

ROUNDS = int(os.environ.get("NAVETTE_FAULT_ROUNDS", "25"))
LAID = 100
"""Clauses laid at once: each round has one of its own, and the table is put back as it was when they are played."""
WRONG = "0" * 64
STALE = "stale_clause"
LOCKED = "illegal_move locked"
BEHIND = "illegal_move already_behind"
PENDING = "illegal_move request_pending"
FROZEN = "frozen"
NOT_READY = "not_ready_to_freeze"

PROPOSED: Before = (("og", "proposal"),)
AGREED: Before = (("og", "proposal"), ("ars", "acceptance"), ("cd", "acceptance"))

Outcomes = set[tuple[str, str]]
"""What may come of the two acts: `done`, or the code and reason of a refusal."""


@dataclass(frozen=True)
class Does:
    """What one of the two does on the clause of the round. `fingerprint`: what a false screen shows."""

    member: str
    move: Move
    text: str = ""
    fingerprint: str = ""

    def on(self, arena: Arena, number: int) -> PlayMove:
        clause_id = arena.clause_id(number)
        seen = arena.seen.get(clause_id, Seen())
        if self.fingerprint:
            seen = Seen(seen.number, self.fingerprint)
        order = Order(self.move, text=self.text, motive="Il le faut.", seen=seen)
        return PlayMove(arena.people[self.member], clause_id, order)


@dataclass(frozen=True)
class Race:
    """Two acts, from a point that all clauses have reached; what may come of them among two parties, and among three.

    A clause of two parties is agreed by the first acceptance, a clause of three is not: later acts meet another state.
    """

    name: str
    before: Before
    first: Does
    second: Does
    of_two: Outcomes
    of_three: Outcomes


ACCEPTS = Does("ars.dg", Move.ACCEPTANCE)
RACES = [
    Race(
        "two members of a party accept",
        PROPOSED,
        ACCEPTS,
        Does("ars.adjoint", Move.ACCEPTANCE),
        of_two={(DONE, LOCKED), (LOCKED, DONE)},
        of_three={(DONE, BEHIND), (BEHIND, DONE)},
    ),
    Race(
        "two parties accept",
        PROPOSED,
        ACCEPTS,
        Does("cd.dg", Move.ACCEPTANCE),
        of_two=set(),
        of_three={(DONE, DONE)},
    ),
    Race(
        "one accepts what its author replaces",
        PROPOSED,
        ACCEPTS,
        Does("og.dg", Move.COUNTER_PROPOSAL, "Un autre texte."),
        of_two={(DONE, LOCKED), (STALE, DONE)},
        of_three={(DONE, DONE), (STALE, DONE)},
    ),
    Race(
        "one accepts what another party counters",
        PROPOSED,
        ACCEPTS,
        Does("cd.dg", Move.COUNTER_PROPOSAL, "Un autre texte."),
        of_two=set(),
        of_three={(DONE, DONE), (STALE, DONE)},
    ),
    Race(
        "one accepts what its author withdraws",
        PROPOSED,
        ACCEPTS,
        Does("og.dg", Move.WITHDRAWAL),
        of_two={(DONE, LOCKED), (STALE, DONE)},
        of_three={(DONE, DONE), (STALE, DONE)},
    ),
    Race(
        "one accepts, a colleague another text under the same number",
        PROPOSED,
        ACCEPTS,
        Does("ars.adjoint", Move.ACCEPTANCE, fingerprint=WRONG),
        of_two={(DONE, STALE)},
        of_three={(DONE, STALE)},
    ),
    Race(
        "two parties propose a first text",
        (),
        Does("og.dg", Move.PROPOSAL, "Un texte."),
        Does("ars.dg", Move.PROPOSAL, "Un autre texte."),
        of_two={(DONE, STALE), (STALE, DONE)},
        of_three={(DONE, STALE), (STALE, DONE)},
    ),
    Race(
        "one accepts while the author makes a reserve",
        PROPOSED,
        ACCEPTS,
        Does("og.dg", Move.RESERVE, "Sous réserve du budget."),
        of_two={(DONE, DONE), (DONE, LOCKED)},
        of_three={(DONE, DONE)},
    ),
    Race(
        "one request arrives twice",
        PROPOSED,
        ACCEPTS,
        ACCEPTS,
        of_two={(DONE, LOCKED), (LOCKED, DONE)},
        of_three={(DONE, BEHIND), (BEHIND, DONE)},
    ),
    Race(
        "two parties ask to reopen",
        AGREED,
        Does("og.dg", Move.REOPENING),
        Does("ars.dg", Move.REOPENING),
        of_two={(DONE, PENDING), (PENDING, DONE)},
        of_three={(DONE, PENDING), (PENDING, DONE)},
    ),
]


Copy = Callable[[str, str], None]
"""(from, to): makes the second database what the first is."""


@dataclass(frozen=True)
class Ring:
    """A database, and the two processes that fight in it. What is laid there once serves for many rounds."""

    store: Store
    pair: Pair
    name: str
    url: str
    aside: str
    copy: Copy

    def keep(self) -> None:
        """Remember the database as it stands."""
        self.store.engine.dispose()
        self.copy(self.url, self.aside)

    def put_back(self) -> None:
        self.store.engine.dispose()
        self.copy(self.aside, self.url)


@pytest.fixture(scope="module", params=["SQLite", pytest.param("PostgreSQL", marks=pytest.mark.postgresql)])
def ring(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ring]:
    if request.param == "SQLite":
        folder = tmp_path_factory.mktemp("races")
        url, aside = (f"sqlite:///{folder}/{name}.sqlite" for name in ("navette", "aside"))
        _copy_file(f"sqlite:///{request.getfixturevalue('migrated_sqlite')}", url)
        copy: Copy = _copy_file
    else:
        server: PostgresqlServer = request.getfixturevalue("postgresql")
        url, aside = server.create_database(), server.create_database()

        def copy(source: str, made: str) -> None:
            server.replace_database(made, by=source)

    store, pair = connect_store(url), Pair(url)
    yield Ring(store, pair, request.param, url, aside, copy)
    pair.close()
    store.engine.dispose()
    if request.param == "PostgreSQL":
        server.drop_database(url)
        server.drop_database(aside)


def _copy_file(source: str, made: str) -> None:
    shutil.copy(source.removeprefix("sqlite:///"), made.removeprefix("sqlite:///"))


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.name)
def test_of_two_acts_at_once_each_is_done_or_refused_by_name(
    race: Race, ring: Ring, record_property: Callable[[str, object], None]
) -> None:
    sizes = [parties for parties, allowed in ((BOTH, race.of_two), (ALL, race.of_three)) if allowed]
    parties = [sizes[number % len(sizes)] for number in range(min(ROUNDS, LAID))]
    arena, answers = an_arena(ring.store, parties, race.before), []
    ring.keep()
    for done in range(0, ROUNDS, LAID):
        ring.put_back()
        numbers = range(min(ROUNDS - done, LAID))
        met = ring.pair.fight([(race.first.on(arena, n), race.second.on(arena, n)) for n in numbers])
        for concerned, both in zip(parties, met, strict=False):
            assert outcomes_of(both) in (race.of_two if concerned is BOTH else race.of_three), len(concerned)
        assert_history_is_sound(arena.table)
        answers += met
    record_property("figures", figures(ring, race.name, answers))
    assert any(map(overlap, answers)), "the acts never met: nothing was shown"


LATE = {
    "asks to reopen": (Does("ars.dg", Move.REOPENING), {(DONE, FROZEN), (NOT_READY, DONE)}),
    "counters": (Does("ars.dg", Move.COUNTER_PROPOSAL, "Un autre texte."), {(DONE, FROZEN), (DONE, LOCKED)}),
}


@pytest.mark.parametrize("late", LATE)
def test_a_contract_is_frozen_or_reopened_never_both(
    late: str, ring: Ring, record_property: Callable[[str, object], None]
) -> None:
    """The last party asks for the gel; another moves a clause at that moment."""
    (act, allowed), answers = LATE[late], []
    table, rendered = about_to_be_frozen(ring.store)
    arena = seated(table)
    asked = AskFreeze(arena.people["cd.dg"], table.id, rendered)
    ring.keep()
    for _ in range(ROUNDS):
        ring.put_back()
        (both,) = ring.pair.fight([(asked, act.on(arena, 0))])
        assert outcomes_of(both) in allowed
        gel = both[0].outcome == DONE
        assert (table.negotiation().frozen_at is not None, frozen_versions(table)) == (gel, int(gel))
        assert_history_is_sound(table)
        answers.append(both)
    record_property("figures", figures(ring, f"one asks for the gel, another {late}", answers))
    assert any(map(overlap, answers)), "the acts never met: nothing was shown"


def about_to_be_frozen(store: Store) -> tuple[Table, Rendered]:
    """Everything is agreed, and all parties but the last have asked. What the PDF shows matters to no race."""
    table = an_agreed_contract(store)
    with store.reading() as session:
        rendered = Rendered(contract_as_it_stands(session, table.id), b"%PDF-1.7", Mark("v1.0", "v1.0"))
    for party in (table.og, table.ars):
        ask(party.dg, rendered)
    return table, rendered


def frozen_versions(table: Table) -> int:
    query = select(func.count()).where(col(FrozenVersion.negotiation_id) == table.id)
    with table.store.reading() as session:
        return int(session.execute(query).scalar_one())


def outcomes_of(answers: tuple[Answer, Answer]) -> tuple[str, str]:
    first, second = answers
    return first.outcome, second.outcome


def figures(ring: Ring, name: str, answers: Sequence[tuple[Answer, Answer]]) -> str:
    counted = Counter(" / ".join(outcomes_of(both)) for both in answers)
    told = ", ".join(f"{outcome}: {count}" for outcome, count in counted.most_common())
    met = sum(map(overlap, answers))
    return f"{ring.name}, {name}: {len(answers)} rounds, {met} at the same moment; {told}"
