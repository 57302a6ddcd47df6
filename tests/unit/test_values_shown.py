"""What Word shows of a value is read back as that value, and nothing is guessed."""

import pytest

from negotiation.errors import WrongValue
from negotiation.rules.french_display import value_text
from negotiation.rules.values import Canonical
from negotiation.rules.values_shown import value_from_words
from negotiation.rules.vocabulary import ValueKind

CHOICES = {"perenne": "pérenne", "ars": "ARS Bourgogne"}


@pytest.mark.parametrize(
    ("value", "unit", "kind"),
    [
        ("93.5", "%", ValueKind.NUMBER),
        ("1", "places", ValueKind.NUMBER),
        ("-1200", "repas", ValueKind.NUMBER),
        ("7", "", ValueKind.NUMBER),
        (84000000, "", ValueKind.AMOUNT),
        (-1250, "", ValueKind.AMOUNT),
        ("2027-09-01", "", ValueKind.DATE),
        ("2028-02-29", "", ValueKind.DATE),
        ("perenne", "", ValueKind.CHOICE),
    ],
)
def test_what_is_shown_is_read_back(value: Canonical, unit: str, kind: ValueKind) -> None:
    assert value_from_words(value_text(value, unit, kind), kind, unit=unit, choices=CHOICES) == value


@pytest.mark.parametrize(
    ("typed", "kind", "value"),
    [
        ("850 000 euros", ValueKind.AMOUNT, 85000000),
        ("15/03/2027", ValueKind.DATE, "2027-03-15"),
        ("ars  bourgogne", ValueKind.CHOICE, "ars"),
        ("", ValueKind.AMOUNT, None),
        ("840 k€", ValueKind.AMOUNT, WrongValue),
        ("environ 840 000 €", ValueKind.AMOUNT, WrongValue),
        ("62.000 €", ValueKind.AMOUNT, WrongValue),
        ("31 juin 2027", ValueKind.DATE, WrongValue),
        ("rentrée 2027", ValueKind.DATE, WrongValue),
        ("12 lits", ValueKind.NUMBER, WrongValue),
        ("à voir", ValueKind.CHOICE, WrongValue),
        ("une, deux", ValueKind.LIST, WrongValue),
    ],
)
def test_what_was_retyped_is_read_or_refused(typed: str, kind: ValueKind, value: object) -> None:
    if value is WrongValue:
        with pytest.raises(WrongValue):
            value_from_words(typed, kind, unit="places", choices=CHOICES)
    else:
        assert value_from_words(typed, kind, unit="places", choices=CHOICES) == value
