"""What the points of vigilance read of a table."""

from datetime import timedelta

import pytest

from negotiation.rules.checks import points_of_vigilance
from negotiation.rules.vocabulary import ClauseKind, PartKind, ValueKind
from negotiation.services import placing
from negotiation.services.adding import NewPart, add_part
from negotiation.store import Announcing, Store
from negotiation.store.columns import now
from negotiation.store.contract import Clause
from negotiation.store.queries.gate import Concern, gate_of
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


def late(table: Table) -> list[str]:
    """The indicators that came after the list was agreed."""
    with table.store.reading() as session:
        found = points_of_vigilance(facts_of(session, table.og.dg.actor))
    return [point.about for point in found if point.fault == "indicator_added_late"]


def test_an_indicator_that_comes_after_the_agreement_on_the_list_is_said(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = a_table(store)
    table.agree("i01.definition")
    in_three_days = now() + timedelta(days=3)
    monkeypatch.setattr(placing, "now", lambda: in_three_days)
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        new = NewPart(PartKind.INDICATOR, "Un troisième indicateur", parent_id=table.part_id("fa01"))
        added = add_part(uow, table.og.dg.actor, new)
    assert late(table) == [added]
    table.og.dg.propose("i01.formula")
    assert late(table) == []  # the list itself is no longer agreed


def test_an_indicator_prepared_inside_is_late_for_nobody(store: Store) -> None:
    table = a_table(store)
    table.agree("i01.definition")
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        new = NewPart(PartKind.INDICATOR, "Le nôtre", parent_id=table.part_id("fa01"), circle=table.og.inside)
        add_part(uow, table.og.dg.actor, new)
    assert late(table) == []


def test_words_left_to_complete_are_said_once_they_are_on_the_table(store: Store) -> None:
    table = a_table(store)

    def found() -> list[object]:
        with table.store.reading() as session:
            facts, gate = facts_of(session, table.og.dg.actor), gate_of(session, table.id)
        points = [point.detail for point in points_of_vigilance(facts) if point.fault == "text_to_complete"]
        warned = [warning.place for warning in gate.warnings if warning.concern is Concern.TEXT_TO_COMPLETE]
        assert [place.id for place in warned if place] == [table.part_id("k01")] * len(points)
        return points

    assert not found()
    table.og.dg.propose("k01.markdown", "Avis sous [deux mois], voir [le code](https://www.legifrance.gouv.fr).")
    assert found() == [{"labels": ("Texte de l’article",), "placeholders": ("[deux mois]",)}]
    table.ars.dg.counter("k01.markdown", "Avis sous deux mois.")
    assert not found()
