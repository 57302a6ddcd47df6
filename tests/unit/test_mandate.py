"""How far a party lets its people go: what is inside, what is outside, and what nobody can say."""

from dataclasses import replace
from typing import Any

import pytest

from negotiation.rules.lifecycle import Play, Reason, Situation, Tabled
from negotiation.rules.mandate import Bound, Breach, Mandate, crossed, outside
from negotiation.rules.visa import Place, Standing, place_of
from negotiation.rules.vocabulary import ClauseState, Move, ValueKind


@pytest.mark.parametrize(
    ("kind", "floor", "ceiling", "inside", "below", "above"),
    [
        (ValueKind.NUMBER, "93.5", "96", "95", "93.49", "96.01"),
        (ValueKind.AMOUNT, 6_200_000, 7_000_000, 6_200_000, 6_199_999, 7_000_001),
        (ValueKind.DATE, "2027-01-01", "2027-12-31", "2027-12-31", "2026-12-31", "2028-01-01"),
    ],
)
def test_the_bounds_themselves_are_inside(
    kind: ValueKind, floor: Any, ceiling: Any, inside: Any, below: Any, above: Any
) -> None:
    mandate = Mandate(kind, floor, ceiling)
    assert outside(mandate, inside) == ()
    assert outside(mandate, below) == (Breach(Bound.FLOOR, floor, below),)
    assert outside(mandate, above) == (Breach(Bound.CEILING, ceiling, above),)


def test_where_there_is_no_bound_nothing_is_outside() -> None:
    assert outside(Mandate(ValueKind.NUMBER, floor="90"), "1000") == ()
    assert outside(Mandate(ValueKind.NUMBER, ceiling="90"), "-1000") == ()
    assert outside(Mandate(ValueKind.NUMBER, floor="90", ceiling="95"), None) == ()


def test_numbers_are_compared_as_numbers_and_not_as_words() -> None:
    assert outside(Mandate(ValueKind.NUMBER, ceiling="9"), "10") != ()
    assert outside(Mandate(ValueKind.NUMBER, floor="-5"), "-10") != ()


def test_each_year_of_a_list_has_its_own_bounds() -> None:
    mandate = Mandate(ValueKind.LIST, ["2027 : 90 %", "2028 : 92,5 %"], ["2028 : 95 %"])
    assert outside(mandate, ["2027 : 90 %", "2028 : 95"]) == ()
    assert outside(mandate, ["2028 : 92", "2027 : 1 000"]) == (Breach(Bound.FLOOR, "92,5 %", "92", "2028"),)
    assert outside(Mandate(ValueKind.LIST, ["10", "20"]), ["10", "19"]) == (Breach(Bound.FLOOR, "20", "19", "2"),)


def test_words_are_left_to_people() -> None:
    assert outside(Mandate(ValueKind.CHOICE, "up", "up"), "down") == ()
    assert outside(Mandate(ValueKind.LIST, ["2028 : au plus trois"]), ["2028 : deux"]) == ()


def test_a_floor_above_its_ceiling_leaves_nothing_inside() -> None:
    assert crossed(Mandate(ValueKind.NUMBER, "96", "95"))
    assert not crossed(Mandate(ValueKind.NUMBER, "95", "95"))
    assert not crossed(Mandate(ValueKind.NUMBER, "95", None))


def test_what_waits_is_ready_to_redo_or_closed() -> None:
    tabled = Situation(
        concerned=frozenset({"og", "ars"}),
        state=ClauseState.PROPOSED,
        current=Tabled(2, "b", "ars"),
        versions=2,
        behind=frozenset({"ars"}),
    )
    answer = Play(Move.COUNTER_PROPOSAL, "og", 2, "b")
    assert place_of(tabled, answer) == Place(Standing.READY)
    assert place_of(tabled, Play(Move.COUNTER_PROPOSAL, "og", 1, "a")) == Place(Standing.TO_REDO)
    agreed = replace(tabled, state=ClauseState.AGREED, behind=tabled.concerned)
    assert place_of(agreed, answer) == Place(Standing.CLOSED, Reason.LOCKED)
