"""What a form or a file holds becomes one canonical value, or is refused: no number is guessed."""

from decimal import Decimal

import pytest

from negotiation.errors import UnreadableText, WrongValue
from negotiation.rules.values import Canonical, as_entered, as_read, canonical_value, tidy_entry
from negotiation.rules.vocabulary import ValueKind

NUMBER, AMOUNT, DATE, CHOICE, LIST = (
    ValueKind.NUMBER,
    ValueKind.AMOUNT,
    ValueKind.DATE,
    ValueKind.CHOICE,
    ValueKind.LIST,
)


@pytest.mark.parametrize(
    ("typed", "kind", "kept"),
    [
        ("93,5", NUMBER, "93.5"),
        ("93,50 %", NUMBER, "93.5"),
        ("\u22120,3", NUMBER, "-0.3"),
        ("-0", NUMBER, "0"),
        ("1 250", NUMBER, "1250"),
        ("1,250", NUMBER, "1.25"),
        ("0.125", NUMBER, "0.125"),
        ("62 000", AMOUNT, 6200000),
        ("62\u202f000,50 €", AMOUNT, 6200050),
        ("-1200", AMOUNT, -120000),
        ("0", AMOUNT, 0),
        (" 1/9/2027 ", DATE, "2027-09-01"),
        ("2027-09-01", DATE, "2027-09-01"),
        (" oui ", CHOICE, "oui"),
        ("une\n\n deux ", LIST, ["une", "deux"]),
        ("", NUMBER, None),
        (None, LIST, None),
    ],
)
def test_what_is_typed_the_french_way_has_one_form(typed: object, kind: ValueKind, kept: Canonical) -> None:
    assert canonical_value(typed, kind) == kept


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("62.000", AMOUNT),
        ("1.250", NUMBER),
        ("1.250.000", NUMBER),
        ("62,000", AMOUNT),
        ("0,005", AMOUNT),
        ("5 %", AMOUNT),
        ("5 €", NUMBER),
        ("1_000", NUMBER),
        ("1e3", NUMBER),
        ("１２", NUMBER),
        ("NaN", NUMBER),
        ("Infinity", AMOUNT),
        (True, NUMBER),
        ("93.1234567", NUMBER),
        ("9" * 400, AMOUNT),
        ("31/02/2027", DATE),
        ("2027-W35-3", DATE),
        (20270901, DATE),
        (12, CHOICE),
        ([1], LIST),
        ("12", ValueKind.NONE),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(typed: object, kind: ValueKind) -> None:
    with pytest.raises(WrongValue):
        canonical_value(typed, kind)


@pytest.mark.parametrize(("typed", "kind"), [("ou\u202ei", CHOICE), ("une\ndeu\u200bx", LIST), (["a\u0000b"], LIST)])
def test_a_value_hides_nothing(typed: object, kind: ValueKind) -> None:
    with pytest.raises(UnreadableText):
        canonical_value(typed, kind)


def test_an_item_of_a_list_is_one_line_so_that_its_form_reads_back() -> None:
    assert canonical_value(["une\nsuite", "deux"], LIST) == ["une suite", "deux"]


@pytest.mark.parametrize(
    ("value", "kind"),
    [("93.5", NUMBER), ("1.25", NUMBER), ("-1234.125", NUMBER), (6200050, AMOUNT), (-5, AMOUNT), (["a", "b"], LIST)],
)
def test_what_a_form_shows_reads_back_the_same(value: Canonical, kind: ValueKind) -> None:
    assert canonical_value(as_entered(value, kind), kind) == value


def test_numbers_of_a_file_are_already_numbers() -> None:
    assert canonical_value(Decimal("1.250"), NUMBER) == "1.25"
    assert canonical_value(Decimal("1E+3"), NUMBER) == "1000"
    assert canonical_value(Decimal("62000.500"), AMOUNT) == 6200050


def test_two_ways_of_typing_a_value_are_one_and_what_is_half_typed_stays() -> None:
    assert tidy_entry("62 000,00 €", AMOUNT) == tidy_entry("62000", AMOUNT) == "62000"
    assert tidy_entry("94,5,", NUMBER) == "94,5,"
    assert as_read("94,5,", NUMBER) is None
    assert as_read("", NUMBER) is None
