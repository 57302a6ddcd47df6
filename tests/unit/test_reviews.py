"""What a follow-up says in words: a value against its target, a year, what is late, what is to be watched."""

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest

from negotiation.documents.actions_plot import actions_plot
from negotiation.rules.reviews import (
    ActionState,
    Asked,
    Held,
    Noted,
    Planned,
    Progress,
    Reading,
    YearState,
    against,
    is_late,
    months_before,
    spent,
    spread,
    state_of_year,
    warnings,
)

TODAY, END = date(2026, 11, 22), date(2028, 12, 31)


@pytest.mark.parametrize(
    ("observed", "target", "direction", "unit", "said"),
    [
        ("93.5", "93.5", "up", "%", "palier tenu"),
        ("91", "93", "up", "%", "palier manqué de 2 points"),
        ("93.5", "93", "up", "%", "palier tenu, 0,5 point au-dessus"),
        ("10.6", "10.1", "down", "%", "palier manqué de 0,5 point"),
        ("9340", "9300", "", "kWh/place", "40 kWh/place au-dessus du palier"),
        ("1", "2", "up", "personnes", "palier manqué de 1 personne"),
    ],
)
def test_a_value_reads_against_its_target(observed: str, target: str, direction: str, unit: str, said: str) -> None:
    read = against(observed, target, direction=direction, unit=unit)
    assert read is not None and read.words.replace("\u00a0", " ") == said
    assert (read.reading is Reading.MISSED) == ("manqué" in said)
    assert against(None, target, direction=direction, unit=unit) is None


def test_what_was_spent_reads_against_what_was_agreed() -> None:
    told = [spent(realised, 3_100_000) for realised in (3_100_000, 1_900_000, 3_200_050, None)]
    assert [each and each.words.replace("\u00a0", " ") for each in told] == [
        "comme accordé",
        "12 000 € de moins que l’accordé",
        "1 000,50 € de plus que l’accordé",
        None,
    ]


def test_a_year_is_what_was_written_here_before_what_a_file_declares() -> None:
    held = [Held(2024, date(2025, 6, 19), is_declared=True), Held(2025, date(2026, 7, 2))]
    states = [state_of_year(year, held, TODAY) for year in (2023, 2024, 2025, 2026)]
    assert states == [YearState.MISSING, YearState.DECLARED, YearState.OPENED, YearState.TO_COME]
    assert state_of_year(2025, [], date(2026, 6, 1)) is YearState.AWAITED
    assert state_of_year(2025, [], date(2026, 10, 1)) is YearState.MISSING
    both = [*held, Held(2024, date(2025, 9, 1), is_approved=True)]
    assert state_of_year(2024, both, TODAY) is YearState.APPROVED


def test_v30_and_v29_warn_and_say_of_what() -> None:
    told = warnings([2024, 2025], [Held(2024, date(2025, 11, 3))], end=END, today=TODAY)
    assert [each.code for each in told] == ["V30", "V30"]
    assert "exercice 2025" in told[0].words and "3 novembre 2025" in told[1].words
    late = Asked.declared(2, date(2028, 8, 1), ["contract_end"])
    other = Asked.declared(1, date(2028, 6, 30), ["targets.2028"])
    decided = Asked("L’ajustement par avenant de « EN01 » a été dit au dialogue", date(2028, 9, 2), extends=False)
    told = warnings([], [], end=END, today=TODAY, asked=[late, other, decided])
    assert [each.code for each in told] == ["V29", "V29"]
    assert "La prorogation de l’avenant 2 a été demandée le 1er août 2028" in told[0].words
    assert "EN01" in told[1].words and "2 septembre 2028" in told[1].words
    for asked, count in (([], 1), ([other], 1), ([replace(other, extends=True)], 0), ([late], 1)):
        assert len(warnings([], [], end=END, today=date(2028, 10, 1), asked=asked)) == count, asked
    assert [each.code for each in warnings([], [], end=END, today=date(2028, 7, 1))] == ["V29"]
    assert not warnings([], [], end=END, today=date(2028, 6, 30))
    assert months_before(date(2026, 8, 31), 6) == date(2026, 2, 28)


def test_progress_is_read_back_and_other_words_are_none() -> None:
    progress = Progress(ActionState.LATE, 60)
    assert Progress.read(progress.items) == progress
    for wrong in (None, "en retard", ["en retard"], ["en retard", "160 %"], ["en avance", "60 %"]):
        assert Progress.read(wrong) is None


def test_what_is_past_its_date_is_late_until_it_is_done() -> None:
    action = Planned("p", "FA01", "Action", date(2024, 1, 1), date(2025, 12, 31))
    done = Noted(date(2026, 7, 2), 2025, 100, "faite")
    assert is_late(action, TODAY)
    assert not is_late(action, date(2025, 12, 31))
    assert not is_late(Planned("p", "FA01", "Action", None, date(2025, 12, 31), (done,)), TODAY)
    assert is_late(Planned("p", "FA01", "Action", None, None, (Noted(done.on, 2025, 40, ActionState.LATE),)), TODAY)


def test_no_label_of_the_drawing_covers_another_and_nothing_leaves_it() -> None:
    assert spread([0, 10, 200], least=50) == (0, 50, 200)
    notes = tuple(Noted(date(2028, 12, day), 2020 + day, 10 * day, "faite") for day in (1, 2, 3))
    actions = [
        Planned("p", "FA<1>", "T" * 90, date(2024, 1, 1), date(2030, 1, 1), notes),
        Planned("q", "", "", None, None),
    ]
    drawn = actions_plot(actions, start=date(2024, 1, 1), end=END, today=TODAY)
    assert "FA&lt;1&gt;" in drawn and "Ses dates ne sont pas écrites" in drawn
    labels = [float(x) for x in re.findall(r'x="([\d.]+)"[^>]*>\d+ %<', drawn)]
    assert len(labels) == 3 and all(after - before >= 40 for before, after in pairwise(labels))
    assert all(0 <= float(x) <= 1080 for x in re.findall(r' x="(-?[\d.]+)"', drawn))
    assert actions_plot([], start=date(2024, 1, 1), end=END, today=TODAY) == ""
