"""The path of a number, in a sentence and round by round; what has no path says so."""

from negotiation.rules.navette import Step
from negotiation.rules.trajectory import Trajectory, sentence, trajectory
from negotiation.rules.vocabulary import Circle, Move, ValueKind
from tests.unit.moments import moment

NAMES = {"og": "Orlinde", "ars": "ARS"}


def tabled(number: int, party: str | None, value: str | None, **more: object) -> Step:
    holder = party or "og"
    return Step(
        f"m{number}",
        Move.COUNTER_PROPOSAL,
        holder,
        moment(number),
        version=number,
        value=value,
        author=party,
        **more,  # type: ignore[arg-type]
    )


def accepted(number: int, party: str, version: int, value: str | None) -> Step:
    return Step(f"m{number}", Move.ACCEPTANCE, party, moment(number), version=version, value=value)


FIVE = [
    tabled(1, "og", "70"),
    tabled(2, "ars", "85"),
    tabled(3, "og", "74"),
    tabled(4, "ars", "80"),
    tabled(5, "og", "76"),
    accepted(6, "ars", 5, "76"),
]


def path(steps: list[Step], *, kind: ValueKind = ValueKind.NUMBER, **more: object) -> Trajectory:
    return trajectory(steps, **{"kind": kind, "unit": "places"} | more)  # type: ignore[arg-type]


def test_the_sentence_is_that_of_the_specification() -> None:
    found = path(FIVE, agreed_by=["m6"], standing="76", observed=[(2028, "75", ""), (2027, "70", "")])
    assert sentence(found, NAMES) == (
        "Orlinde : 70 → 74 → 76\u00a0places ; ARS : 85 → 80 → 76\u00a0places ; "
        "accord : 76\u00a0places le 9 mars 2026 ; observé : 70\u00a0places en 2027, 75\u00a0places en 2028."
    )
    assert [point.round for point in found.points] == [1, 1, 2, 2, 3, 3]


def test_an_agreement_begins_another_round() -> None:
    found = path([*FIVE, tabled(7, "ars", "60")], agreed_by=["m6"])
    assert [point.round for point in found.points][-2:] == [3, 4]
    assert found.agreed is None, "what was agreed once doesn't stand"


def test_a_value_taken_back_stays_in_the_table_alone() -> None:
    gone = Step("m2", Move.WITHDRAWAL, "og", moment(2), version=1)
    found = path([tabled(1, "og", "70"), gone, tabled(3, "og", "72")])
    assert [point.withdrawn for point in found.points] == [True, False]
    assert sentence(found, NAMES) == "Orlinde : 72\u00a0places ; une seule valeur jusqu’ici."
    assert not found.can_be_drawn
    assert sentence(path([tabled(1, "og", "70"), gone]), NAMES) == "Toutes les valeurs proposées ont été retirées."


def test_a_text_written_together_is_nobodys_position() -> None:
    found = path([tabled(1, None, "70"), accepted(2, "ars", 1, "70")])
    assert sentence(found, NAMES).startswith("ARS : 70\u00a0places ; Table commune : 70")


def test_what_has_no_number_says_so_and_is_never_drawn() -> None:
    nothing = path([tabled(1, "og", None)])
    assert sentence(nothing, NAMES) == "Aucune valeur n’a encore été proposée."
    words = path([tabled(1, "og", "2026-01-01"), tabled(2, "ars", "2027-01-01")], kind=ValueKind.DATE)
    assert sentence(words, NAMES) == "Cette clause ne porte pas de valeur chiffrée."
    assert not nothing.can_be_drawn and not words.can_be_drawn
    declared = path([], standing="70")
    assert sentence(declared, NAMES).endswith("accord : 70\u00a0places, que le fichier importé déclare sans date.")


def test_what_is_internal_is_on_no_path() -> None:
    inside = tabled(9, "og", "99", circle=Circle.inside("og"))
    assert path([*FIVE, inside]) == path(FIVE)


def test_amounts_are_in_euros_and_long_paths_are_cut() -> None:
    steps = [tabled(number, "og", number * 100_00) for number in range(1, 10)]  # type: ignore[arg-type]
    found = path(steps, kind=ValueKind.AMOUNT, unit="")
    assert sentence(found, NAMES) == "Orlinde : 100 → 200 → … → 700 → 800 → 900\u00a0€."
    assert found.points[0].number == 100
