"""Labels of a plot never overlap nor leave the drawing, and the same labels always go to the same places."""

from decimal import Decimal
from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from negotiation.documents.plots import PlotParty
from negotiation.documents.trajectory_plot import trajectory_plot
from negotiation.rules.navette import Step
from negotiation.rules.plot_layout import Box, Label, Place, placed, ticks
from negotiation.rules.trajectory import trajectory
from negotiation.rules.vocabulary import Move, ValueKind
from tests.unit.moments import moment

SHEET = Box(0, 0, 600, 300)
_spots = st.floats(0, 600, allow_nan=False), st.floats(0, 300, allow_nan=False)


@st.composite
def labels(draw: st.DrawFn) -> list[Label]:
    count = draw(st.integers(1, 25))
    found = []
    for number in range(count):
        x, y = draw(_spots[0]), draw(_spots[1])
        places = tuple(Place(x + dx, y + dy, anchor) for dx, dy, anchor in ((0, -20, "middle"), (18, 5, "start")))
        words = draw(st.text("0123456789 %€", min_size=1, max_size=14))
        found.append(Label(f"l{number:02}", (words, words[:2]), places, 14, draw(st.integers(0, 2))))
    return found


@given(labels(), st.lists(st.builds(lambda x, y: Box(x, y, x + 30, y + 30), *_spots), max_size=10), st.randoms())
def test_no_label_covers_another_nor_a_mark_nor_the_edge(wanted: list[Label], marks: list[Box], chance: object) -> None:
    found = placed(wanted, within=SHEET, around=marks)
    boxes = [spot.box for spot in found.values()]
    assert all(SHEET.holds(box) for box in boxes)
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    assert not any(box.overlaps(mark) for box in boxes for mark in marks)
    shuffled = list(wanted)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert placed(shuffled, within=SHEET, around=marks) == found, "whatever the order they come in"


@given(st.decimals(-(10**9), 10**9, places=2), st.decimals(-(10**9), 10**9, places=2))
def test_ticks_are_few_even_and_hold_every_value(one: Decimal, other: Decimal) -> None:
    found = ticks(one, other)
    assert 2 <= len(found) <= 12
    assert found[0] <= min(one, other) and max(one, other) <= found[-1]
    assert len({later - sooner for sooner, later in pairwise(found)}) == 1


@given(st.lists(st.tuples(st.sampled_from("gad"), st.integers(-500, 5000), st.booleans()), min_size=2, max_size=40))
def test_any_path_of_two_values_can_be_drawn(told: list[tuple[str, int, bool]]) -> None:
    steps = []
    for number, (party, value, accepts) in enumerate(told, start=1):
        move = Move.ACCEPTANCE if accepts and number > 1 else Move.COUNTER_PROPOSAL
        steps.append(Step(f"m{number}", move, party, moment(number), version=number, value=str(value), author=party))
    path = trajectory(steps, kind=ValueKind.NUMBER, unit="%", agreed_by=[steps[-1].id], standing=steps[-1].value)
    parties = [PlotParty(letter, letter.upper(), letter, letter) for letter in "gad"]
    drawn = trajectory_plot(path, parties, title="<Valeurs>", desc="dites", key="v")
    assert drawn is not None
    assert "nan" not in drawn.svg and "<Valeurs>" not in drawn.svg
    assert drawn == trajectory_plot(path, parties, title="<Valeurs>", desc="dites", key="v")
