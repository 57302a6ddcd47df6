"""Time travel: a clause at a moment is what the facts recorded until then make of it, whoever did what."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import update
from sqlmodel import col

from negotiation.rules.vocabulary import SHARED
from negotiation.store import connect_store
from negotiation.store.exchange import MoveRow
from negotiation.store.queries.history import whole_chains
from negotiation.store.queries.told_at import Then, told_at
from tests.builders import Table, a_table
from tests.clause_model import COMMON, ClauseModel
from tests.history_replay import payload_of, rebuilt_from
from tests.integration.test_random_negotiations import CLAUSES, Negotiating

BEGAN = datetime(2026, 1, 5, 8, tzinfo=UTC)
RUNS, STEPS, MOMENTS = 8, 30, 5


class Remembering(Negotiating):
    """The same random negotiation, told again at some of its moments."""

    def teardown(self) -> None:
        with self.table.store.reading() as session:
            shared = dict(whole_chains(session, self._dg("og").actor))[SHARED]
        minutes = {
            payload_of(entry)["move"]: number for number, entry in enumerate(shared) if _plays(payload_of(entry))
        }
        self._spread({move: BEGAN + timedelta(minutes=number) for move, number in minutes.items()})
        for number in sorted({*minutes.values()})[:: max(1, len(minutes) // MOMENTS)]:
            # What one move brings about (an agreement, a reopening) is recorded right after it, and dated by it.
            until = next((later for later in sorted(minutes.values()) if later > number), len(shared))
            rebuilt = rebuilt_from(shared[:until])
            with self.table.store.reading() as session:
                then = told_at(session, self.table.id, BEGAN + timedelta(minutes=number))
            for name in CLAUSES:
                clause_id = self.table.clause_id(name)
                blank = ClauseModel(frozenset({"somebody"}), is_engagement=False)
                assert self._facts(then[clause_id]) == _facts_of(rebuilt.get(clause_id, blank))
        self.table.store.engine.dispose()

    def _spread(self, dates: dict[str, datetime]) -> None:
        """All was played within a second: each move gets a minute of its own."""
        with self.table.store.engine.begin() as connection:
            for move, at in dates.items():
                connection.execute(update(MoveRow).where(col(MoveRow.id) == move).values(at=at))

    def _facts(self, then: Then) -> tuple[object, ...]:
        at = then.situation
        tabled, asked = at.current, at.request
        return (
            at.state,
            (tabled.number, tabled.fingerprint) if tabled else (0, None),
            set(self._keys(at.behind)),
            set(self._keys(at.open_reserves)),
            set(self._keys(at.maintained_reserves)),
            asked.kind if asked else None,
            set(self._keys(asked.consents)) if asked else set(),
        )


def _plays(facts: dict[str, object]) -> bool:
    """Whether the fact is a move, and not what a move brought about."""
    return "move" in facts and "party" in facts


def _facts_of(model: ClauseModel) -> tuple[object, ...]:
    return (
        model.state,
        (model.current, model.fingerprint),
        model.behind - {COMMON},
        model.reserves,
        model.maintained,
        model.request[0] if model.request else None,
        set(model.consents),
    )


def test_any_moment_is_the_rebuild_from_what_was_recorded_until_then(migrated_sqlite: Path, tmp_path: Path) -> None:
    laid, played = tmp_path / "laid.sqlite", tmp_path / "played.sqlite"
    shutil.copy(migrated_sqlite, played)
    store = connect_store(f"sqlite:///{played}")
    table_id = a_table(store).id
    store.engine.dispose()
    played.rename(laid)

    def negotiating() -> Remembering:
        shutil.copy(laid, played)
        return Remembering(Table(store, table_id))

    modest = settings(
        max_examples=RUNS, stateful_step_count=STEPS, suppress_health_check=list(HealthCheck), parent=settings()
    )
    run_state_machine_as_test(negotiating, settings=modest)  # type: ignore[no-untyped-call]
