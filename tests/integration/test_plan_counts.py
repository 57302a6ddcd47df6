"""The plan on the left says what waits, there and below."""

from negotiation.store import Store
from negotiation.store.queries.negotiations import PlanEntry, plan_of
from tests.builders import Table, a_table


def plan(table: Table) -> dict[str, PlanEntry]:
    with table.store.reading() as session:
        return {entry.id: entry for entry in plan_of(session, table.og.dg.actor)}


def lineage(entries: dict[str, PlanEntry], part_id: str | None) -> list[PlanEntry]:
    if part_id is None:
        return []
    return [entries[part_id], *lineage(entries, entries[part_id].parent_id)]


def test_a_part_waits_when_anything_below_it_waits(store: Store) -> None:
    table = a_table(store, parties=2)
    part_id = table.clause("i01.definition").part_id
    before = lineage(plan(table), part_id)
    table.og.dg.propose("i01.definition", "Part des résidents concernés.")
    after = lineage(plan(table), part_id)
    assert len(after) > 1
    assert [entry.waiting_below for entry in after] == [entry.waiting_below + 1 for entry in before]
    assert [entry.waiting for entry in after[1:]] == [entry.waiting for entry in before[1:]]


def test_a_text_that_was_tabled_is_no_longer_to_be_proposed(store: Store) -> None:
    table = a_table(store, parties=2)
    part_id = table.clause("fa01.description").part_id
    before = plan(table)[part_id].untabled
    table.og.dg.propose("fa01.description", "Un autre texte.")
    assert plan(table)[part_id].untabled == before - 1
