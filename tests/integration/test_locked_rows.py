"""What was read before the lock is read again after it: PostgreSQL shows each statement what others have committed.

SQLite has no such case: a writing transaction there starts by locking the whole database.
"""

from collections.abc import Generator

import pytest
from sqlalchemy import Connection, update
from sqlmodel import col

from negotiation.errors import Frozen, StaleClause
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Move
from negotiation.services import drafting
from negotiation.services.drafting import FoundDraft, LiveDrafts, open_draft
from negotiation.services.moves import Order, Seen, play, situation_of
from negotiation.store import Announcing, Store, UnitOfWork, connect_store
from negotiation.store.columns import now
from negotiation.store.contract import Clause, Negotiation
from tests.builders import Table, a_table
from tests.postgresql import PostgresqlServer


@pytest.fixture
def table(postgresql: PostgresqlServer) -> Generator[Table]:
    url = postgresql.create_database()
    store = connect_store(url)
    yield a_table(store)
    store.engine.dispose()
    postgresql.drop_database(url)


@pytest.mark.postgresql
def test_a_gel_that_came_between_reading_and_locking_is_seen(table: Table) -> None:
    actor = table.og.dg.actor
    with pytest.raises(Frozen), table.store.unit_of_work(Announcing.SILENT) as uow:
        known = uow.session.get_one(Negotiation, table.id)
        assert known.frozen_at is None
        with table.store.unit_of_work(Announcing.SILENT) as other:
            other.session.get_one(Negotiation, table.id).frozen_at = now()
        play(uow, actor, table.clause_id("en02"), Order(Move.PROPOSAL, text="Trop tard."))


@pytest.mark.postgresql
def test_a_version_that_came_between_reading_and_locking_is_seen(table: Table) -> None:
    table.og.dg.propose("en02", "Première rédaction.")
    tabled = table.current("en02")
    assert tabled is not None
    on_screen = Seen(tabled.number, tabled.fingerprint)
    actor = table.ars.dg.actor
    with pytest.raises(StaleClause), table.store.unit_of_work(Announcing.SILENT) as uow:
        known = uow.session.get_one(Clause, table.clause_id("en02"))
        assert situation_of(uow, known).versions == 1
        table.og.dg.counter("en02", "Deuxième rédaction.")
        play(uow, actor, table.clause_id("en02"), Order(Move.ACCEPTANCE, seen=on_screen))


def test_a_clause_changed_behind_the_lock_is_never_written_over(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The revision is compared when the row is written: should a lock ever be missing, one of the two is refused."""
    table = a_table(store)
    clause_id, actor = table.clause_id("en02"), table.og.dg.actor
    monkeypatch.setattr(UnitOfWork, "refresh", lambda uow, row: None)
    with pytest.raises(StaleClause), store.unit_of_work(Announcing.SILENT) as uow:
        known = uow.session.get_one(Clause, clause_id)
        meanwhile = update(Clause).where(col(Clause.id) == clause_id).values(revision=Clause.revision + 1)
        uow.session.execute(meanwhile, execution_options={"synchronize_session": False})
        play(uow, actor, clause_id, Order(Move.PROPOSAL, text="Une rédaction."))
        assert known.revision == 1
    assert table.current("en02") is None


def test_a_gel_that_comes_while_a_first_draft_opens_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    table = a_table(store)
    find = drafting.find_draft

    def find_and_freeze(connection: Connection, actor: Actor, *, part_id: str, side: str) -> FoundDraft:
        found = find(connection, actor, part_id=part_id, side=side)
        with store.unit_of_work(Announcing.SILENT) as uow:
            uow.session.get_one(Negotiation, table.id).frozen_at = now()
        return found

    monkeypatch.setattr(drafting, "find_draft", find_and_freeze)
    with pytest.raises(Frozen):
        open_draft(LiveDrafts.of(store), table.og.dg.actor, part_id=table.part_id("fa01"), side="commune")
