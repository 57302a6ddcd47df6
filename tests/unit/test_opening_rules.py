"""What follows from the answers of whoever opens a table."""

from datetime import date

import pytest

from negotiation.rules.opening import calendar_of, end_of, is_email, is_finess, letters_of, party_keys, years_between
from negotiation.rules.trame import built_in_trames
from negotiation.rules.vocabulary import PartyKind

OG, ARS, CD = PartyKind.GESTIONNAIRE, PartyKind.REGIONAL_HEALTH_AGENCY, PartyKind.DEPARTMENT
STATE, OTHER = PartyKind.STATE, PartyKind.OTHER_ATC


def test_each_party_has_one_letter() -> None:
    assert letters_of((kind, "Nom") for kind in (OG, ARS, CD, STATE, PartyKind.PARTNER)) == ["G", "A", "D", "E", "P"]
    assert letters_of([(OG, "Nom"), (STATE, "Nom"), (STATE, "Nom")]) == ["G", "E1", "E2"]
    assert letters_of([(CD, "Nom"), (PartyKind.METROPOLIS, "Nom")]) == ["D1", "D2"]
    assert letters_of([(OTHER, "Éducation"), (OTHER, "2M")]) == ["E", "M"]


def test_each_party_has_one_key() -> None:
    assert party_keys([OG, CD, CD]) == ("og", "cd", "cd-2")


@pytest.mark.parametrize(
    ("start", "years", "end"),
    [
        (date(2027, 1, 1), 5, date(2031, 12, 31)),
        (date(2027, 7, 1), 1, date(2028, 6, 30)),
        (date(2028, 2, 29), 1, date(2029, 2, 27)),
        (date(9999, 1, 1), 5, date(9998, 12, 31)),
    ],
)
def test_a_contract_ends_on_the_eve_of_its_anniversary(start: date, years: int, end: date) -> None:
    assert end_of(start, years) == end


def test_a_contract_begun_in_summer_has_one_column_more() -> None:
    assert years_between(date(2027, 7, 1), end_of(date(2027, 7, 1), 5)) == (2027, 2028, 2029, 2030, 2031, 2032)


def test_the_calendar_is_counted_from_the_signature_even_at_the_end_of_time() -> None:
    for trame in built_in_trames():
        signature = date(2026, 11, 12)
        days = [day for _, day in calendar_of(trame.milestones, signature)]
        assert days == sorted(days)
        assert signature in days
        assert len(calendar_of(trame.milestones, date.max)) < len(days) or max(days) == signature


def test_numbers_and_addresses_are_read_strictly() -> None:
    assert is_finess("990000201")
    assert is_finess("2A0000154")
    assert not any(map(is_finess, ("99000020", "9900002011", "99000020x", "９90000201", "")))
    assert is_email("prenom.nom@ars-vyre.example")
    assert not any(map(is_email, ("nom", "nom@", "@x.example", "a b@x.example", "a@x", "a@x.example\n", "a@b@x.fr")))
