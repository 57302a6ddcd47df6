"""Three parties play whatever comes to their minds, legal or not; a plain model says what should have happened.

Afterwards the promises of T12 and T13 are read from what was stored: every acceptance names the text that was current
at its place in the history, every state can be counted again, from the moves as from the payloads of the shared chain
alone, and every chain verifies.

`NAVETTE_NEGOTIATION_RUNS` negotiations of at most `NAVETTE_NEGOTIATION_STEPS` acts; `make faults` asks for 2 000 of 50.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from sqlalchemy import bindparam, func, select
from sqlmodel import col

from negotiation.errors import IllegalMove, NotAllowed, NothingChanged, StaleClause
from negotiation.rules import history_chain
from negotiation.rules.clause_text import version_fingerprint
from negotiation.rules.history_chain import Opening
from negotiation.rules.lifecycle import Origin
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import AUTHORITIES, SHARED, Move
from negotiation.services.moves import Seen
from negotiation.store import connect_store
from negotiation.store.contract import Clause
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.queries.history import whole_chains
from negotiation.store.record import HistoryEntry
from negotiation.store.unit_of_work import as_link
from tests.builders import Person, Table, a_table
from tests.clause_model import COMMON, TALK, TEXTS, ClauseModel
from tests.history_replay import facts_of, parties_named_in, payload_of, rebuilt_from

RUNS = int(os.environ.get("NAVETTE_NEGOTIATION_RUNS", "60"))
PARTS = max(1, RUNS // 200)
"""Tests that the runs are shared among, so that several processes may play them."""
STEPS = int(os.environ.get("NAVETTE_NEGOTIATION_STEPS", "10"))
PARTIES = ("og", "ars", "cd")
CLAUSES = ("en01", "en02", "fa01.description")
NUMBERED = "en01"
CELL = "i01.targets.2028"
ANSWERS = tuple(move for move in Move if move not in (*TEXTS, *TALK))
ASKED = {
    Move.REOPENING: Move.REOPENING_CONSENT,
    Move.ABANDONMENT: Move.ABANDONMENT_CONSENT,
    Move.CONCERNED_CHANGE: Move.CONCERNED_CONSENT,
}
COMMITTING = (
    Move.ACCEPTANCE,
    Move.RESERVE_LIFTED,
    Move.RESERVE_MAINTAINED,
    *ASKED,
    *ASKED.values(),
    Move.REQUEST_REFUSAL,
    Move.REQUEST_WITHDRAWAL,
)
"""Moves that a drafter can't make."""

clauses, parties, words = (
    st.sampled_from(CLAUSES),
    st.sampled_from(PARTIES),
    st.sampled_from(["Un.", "Deux.", "Trois."]),
)


class Player(Person):
    """Nobody's rights change here: they are read once."""

    @cached_property
    def actor(self) -> Actor:
        return super().actor


class Negotiating(RuleBasedStateMachine):
    """One table, three clauses: an engagement of three with a number, one of two, a text of three."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self.table = table
        names = [f"{party}.{role}" for party in PARTIES for role in ("dg", "redac")]
        self.people = {name: Player(self.table, name) for name in names}
        self.models = {
            name: ClauseModel(frozenset(self._keys(self.table.situation(name).concerned)), "." not in name)
            for name in CLAUSES
        }

        self.first_concerned = {name: model.concerned for name, model in self.models.items()}

    # ------------------------------------------------------------------ what they do

    @rule(clause=clauses, party=parties, text=words, move=st.sampled_from(TEXTS), origin=st.sampled_from(Origin))
    def table_a_text(self, clause: str, party: str, text: str, move: Move, origin: Origin) -> None:
        value = str(len(text)) if clause == NUMBERED else None
        fingerprint = version_fingerprint(text, value)
        model = self.models[clause]
        if not model.allows(move, party) or fingerprint == model.fingerprint:
            self._refused(self._dg(party).play, move, clause, text, value=value, motive="Parce que.", origin=origin)
            return
        self._dg(party).play(move, clause, text, value=value, motive="Parce que.", origin=origin)
        model.table(party if origin is Origin.PARTY else COMMON, fingerprint)

    @rule(clause=clauses, party=parties, move=st.sampled_from(ANSWERS), named=st.sets(parties))
    def answer(self, clause: str, party: str, move: Move, named: set[str]) -> None:
        model = self.models[clause]
        keys = frozenset(named if move is Move.CONCERNED_CHANGE else ())
        told = {"parties": frozenset(self.table.party_id(key) for key in keys)}
        if not model.allows(move, party, keys):
            self._refused(self._dg(party).play, move, clause, "Voilà.", **told)
            return
        self._dg(party).play(move, clause, "Voilà.", **told)
        model.make(move, party, keys)

    @rule(clause=clauses, party=parties, text=words, origin=st.sampled_from(Origin))
    def agree(self, clause: str, party: str, text: str, origin: Origin) -> None:
        """Chance alone would seldom agree on anything."""
        self.table_a_text(clause, party, text, Move.PROPOSAL, origin)
        for other in PARTIES:
            self.answer(clause, other, Move.ACCEPTANCE, set())

    @precondition(lambda self: any(model.agreed for model in self.models.values()))
    @rule(mover=parties)
    def reopen_what_is_agreed(self, mover: str) -> None:
        clause = next(name for name, model in self.models.items() if model.agreed)
        self.all_consent(clause, mover, Move.REOPENING, set())

    @rule(clause=clauses, mover=parties, move=st.sampled_from(list(ASKED)), named=st.sets(parties, min_size=2))
    def all_consent(self, clause: str, mover: str, move: Move, named: set[str]) -> None:
        self.answer(clause, mover, move, named)
        for party in PARTIES:
            self.answer(clause, party, ASKED[move], set())

    @rule(clause=clauses, party=parties, move=st.sampled_from(ANSWERS), number=st.integers(1, 3))
    def answer_an_old_screen(self, clause: str, party: str, move: Move, number: int) -> None:
        """A version that was current once, or this one's number with another text."""
        texts, current = self.models[clause].texts, self.models[clause].current
        old = [Seen(rank, text) for rank, (_, text) in enumerate(texts, start=1) if rank != current]
        seen = old[number % len(old)] if old else Seen(current or 1, "0" * 64)
        self._refused(self._dg(party).play, move, clause, "Voilà.", seen=seen)

    @rule(clause=clauses, party=parties, move=st.sampled_from(COMMITTING))
    def overstep_his_role(self, clause: str, party: str, move: Move) -> None:
        self._refused(self.people[f"{party}.redac"].play, move, clause, "Voilà.")

    @rule(clause=clauses, party=parties, move=st.sampled_from(TALK))
    def talk(self, clause: str, party: str, move: Move) -> None:
        self._dg(party).play(move, clause, "Un mot.")

    @rule(clause=clauses, party=parties)
    def talk_inside(self, clause: str, party: str) -> None:
        before = self._shared_entries()
        self._dg(party).note(clause, "Entre nous.")
        if party != "og":
            self._dg(party).note(clause, "Entre autorités.", AUTHORITIES)
        assert self._shared_entries() == before

    @rule(party=parties, text=words)
    def write_in_a_cell_that_follows(self, party: str, text: str) -> None:
        self._refused(self._dg(party).play, Move.PROPOSAL, CELL, text, value="12")

    # ------------------------------------------------------------------ what must then hold

    def _refused(self, act: Callable[..., object], *order: Any, **rest: Any) -> None:
        before = self._shared_entries()
        with pytest.raises((IllegalMove, StaleClause, NotAllowed, NothingChanged)):
            act(*order, **rest)
        assert self._shared_entries() == before

    def teardown(self) -> None:
        try:
            self._all_agree()
        finally:
            self.table.store.engine.dispose()  # nothing of this negotiation stays beside the file

    def _all_agree(self) -> None:
        """The rows, their fingerprints, the model, the history read anew."""
        with self.table.store.reading() as session:
            rows = session.execute(select(Version).where(col(Version.negotiation_id) == self.table.id)).scalars()
            versions = {row.id: row for row in rows}
            query = select(MoveRow).where(
                col(MoveRow.negotiation_id) == self.table.id, col(MoveRow.circle) == str(SHARED)
            )
            moves = session.execute(query.order_by(col(MoveRow.rank))).scalars().all()
            shared = dict(whole_chains(session, self._dg("og").actor))[SHARED]
        for version in versions.values():
            stored = rfc8785.dumps({"text": version.text, "value": version.value})
            assert version.fingerprint == hashlib.sha256(stored).hexdigest()
        rebuilt = rebuilt_from(shared)
        named = parties_named_in(shared)
        for name, model in self.models.items():
            clause = self.table.clause(name)
            self._compare(name, clause, model)
            mine = [move for move in moves if move.clause_id == clause.id]
            told = recounted(
                self.first_concerned[name], mine, versions, self._key, is_engagement=model.is_engagement, named=named
            )
            assert facts_of(told) == facts_of(model)
            if clause.id in rebuilt:
                assert facts_of(rebuilt[clause.id]) == facts_of(model)
            else:
                assert not mine
        self._every_chain_verifies()

    def _compare(self, name: str, clause: Clause, model: ClauseModel) -> None:
        situation = self.table.situation(name)
        tabled = situation.current
        assert clause.state is model.state
        assert ((tabled.number, tabled.fingerprint) if tabled else (0, None)) == (model.current, model.fingerprint)
        assert set(self._keys(situation.behind)) == model.behind - {COMMON}
        assert set(self._keys(situation.open_reserves)) == model.reserves
        assert set(self._keys(situation.maintained_reserves)) == model.maintained
        assert set(self._keys(situation.concerned)) == model.concerned
        asked = situation.request
        assert (asked.kind if asked else None) == (model.request[0] if model.request else None)
        assert set(self._keys(asked.consents) if asked else ()) == set(model.consents)
        assert (clause.agreed_version_id is not None) is model.agreed_once

    def _every_chain_verifies(self) -> None:
        for party in PARTIES:
            with self.table.store.reading() as session:
                chains = list(whole_chains(session, self._dg(party).actor))
            for circle, entries in chains:
                openings = [Opening(payload_of(entry), bytes.fromhex(entry.salt)) for entry in entries]
                name = history_chain.chain_name(self.table.id, str(circle))
                assert history_chain.verify([as_link(entry) for entry in entries], openings, chain=name).ok

    # ------------------------------------------------------------------ names

    def _dg(self, party: str) -> Person:
        return self.people[f"{party}.dg"]

    def _key(self, party_id: str) -> str:
        return next(key for key in PARTIES if self.table.party_id(key) == party_id)

    def _keys(self, party_ids: frozenset[str]) -> list[str]:
        return [self._key(party_id) for party_id in party_ids]

    def _shared_entries(self) -> int:
        with self.table.store.engine.connect() as connection:
            found = connection.execute(_SHARED_ENTRIES, {"table": self.table.id})
            return int(found.scalar_one())


_SHARED_ENTRIES = select(func.count()).where(
    col(HistoryEntry.negotiation_id) == bindparam("table"), col(HistoryEntry.circle) == str(SHARED)
)


def recounted(
    concerned: frozenset[str],
    moves: Iterable[MoveRow],
    versions: Mapping[str, Version],
    key_of: Callable[[str], str],
    *,
    is_engagement: bool,
    named: Mapping[str, frozenset[str]],
) -> ClauseModel:
    """A clause counted again from the rows of its shared moves, each of which must have been possible."""
    model = ClauseModel(concerned, is_engagement)
    for move in moves:
        party = key_of(move.party_id)
        parties = named.get(move.id, frozenset())
        assert model.allows(move.type, party, parties)
        if move.type in TEXTS:
            version = versions[str(move.version_id)]
            model.table(key_of(version.author_party_id) if version.author_party_id else COMMON, version.fingerprint)
            assert version.number == model.current
        else:
            model.make(move.type, party, parties)
    return model


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_three_parties_do_the_history_and_the_state_agree(
    part: int, migrated_sqlite: Path, tmp_path: Path
) -> None:
    laid, played = tmp_path / "laid.sqlite", tmp_path / "played.sqlite"
    shutil.copy(migrated_sqlite, played)
    store = connect_store(f"sqlite:///{played}")  # one for all: it remembers how each question is put
    table_id = a_table(store).id
    store.engine.dispose()
    played.rename(laid)

    def negotiating() -> Negotiating:
        """At the same table, where nobody has moved."""
        shutil.copy(laid, played)
        return Negotiating(Table(store, table_id))

    modest = settings(
        max_examples=RUNS // PARTS,
        stateful_step_count=STEPS,
        suppress_health_check=list(HealthCheck),
        parent=settings(),
    )
    run_state_machine_as_test(negotiating, settings=modest)  # type: ignore[no-untyped-call]
