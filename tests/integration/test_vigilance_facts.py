"""What the points of vigilance read of a table."""

import pytest

from negotiation.rules.vocabulary import ClauseKind, ValueKind
from negotiation.store import Announcing, Store
from negotiation.store.contract import Clause
from negotiation.store.queries.vigilance import facts_of
from tests.builders import Table, a_table


def cap(table: Table) -> int:
    with table.store.reading() as session:
        return facts_of(session, table.og.dg.actor).caps.indicators


def write_cap(table: Table, value: object, circle: str = "shared") -> None:
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        uow.session.add(
            Clause(
                negotiation_id=table.id,
                part_id=table.part_id("methode"),
                kind=ClauseKind.TEXT,
                field="indicator_cap",
                label="Plafond d’indicateurs",
                position=99,
                value_kind=ValueKind.NUMBER,
                working_value=value,
                attributes={},
                circle=circle,
            )
        )


def test_the_cap_of_indicators_is_that_of_the_note_de_cadrage(store: Store) -> None:
    table = a_table(store)
    assert cap(table) == 12
    write_cap(table, "15")
    assert cap(table) == 15


def test_a_cap_still_prepared_inside_is_nobodys_rule(store: Store) -> None:
    table = a_table(store)
    write_cap(table, "8", circle=f"party:{table.og.id}")
    assert cap(table) == 12


@pytest.mark.parametrize("nonsense", ["-3", "99999", "dix", "2.5"])
def test_a_cap_that_is_none_leaves_the_usual_one(store: Store, nonsense: str) -> None:
    table = a_table(store)
    write_cap(table, nonsense)
    assert cap(table) == 12
