"""What a page shows is French: spaces that hold, ordinals that rise, articles that agree."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from markupsafe import Markup

from app.pages import presentation as p
from negotiation.rules.vocabulary import ValueKind

NB = "\u00a0"


def test_a_space_before_high_punctuation_never_breaks() -> None:
    assert p.typo("Accord : 95 % ?") == f"Accord{NB}: 95{NB}%{NB}?"
    assert p.typo("« deux week-ends »") == f"«{NB}deux week-ends{NB}»"
    assert p.typo("96 000 € par an") == f"96{NB}000{NB}€ par an"


def test_the_first_of_a_month_is_raised() -> None:
    assert p.typo("Le 1er juillet, la 1re fois, le 20e") == (
        "Le 1<sup>er</sup> juillet, la 1<sup>re</sup> fois, le 20<sup>e</sup>"
    )


def test_the_name_of_a_file_holds_no_ordinal() -> None:
    assert p.typo("partie-1df9-454e-8693.json") == "partie-1df9-454e-8693.json"


def test_an_apostrophe_inside_a_word_is_curly_and_quotes_stay() -> None:
    assert p.typo("l'ARS de Val-d'Aure") == "l’ARS de Val-d’Aure"
    assert p.typo("'cité'") == "&#39;cité&#39;"


def test_plain_text_stays_text_and_html_keeps_its_tags() -> None:
    assert p.typo("<b>1er : x</b>") == f"&lt;b&gt;1<sup>er</sup>{NB}: x&lt;/b&gt;"
    assert p.typo(Markup('<a title="a : b">1er : x</a>')) == f'<a title="a : b">1<sup>er</sup>{NB}: x</a>'
    assert p.typo(None) == ""


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("long", f"3{NB}juillet 2026"),
        ("short", f"3{NB}juillet"),
        ("full", f"vendredi 3{NB}juillet 2026"),
        ("weekday", f"vendredi 3{NB}juillet"),
        ("month", "juillet 2026"),
    ],
)
def test_a_date_reads_as_one_says_it(form: str, expected: str) -> None:
    assert p.date_fr(date(2026, 7, 3), form) == expected
    assert p.date_fr("2026-07-03", form) == expected


def test_the_first_day_is_an_ordinal_and_no_other() -> None:
    assert p.date_fr("2027-09-01") == f"1<sup>er</sup>{NB}septembre 2027"
    assert p.date_fr("2027-08-21", "full") == f"samedi 21{NB}août 2027"
    assert p.date_fr("2027-09-01", "full") == f"mercredi 1<sup>er</sup>{NB}septembre 2027"
    assert p.date_fr("2027-09-01", "month") == "septembre 2027"
    assert p.date_fr(None) == ""


def test_a_recorded_moment_shows_in_paris_time() -> None:
    assert p.datetime_fr("2026-07-09T10:40") == f"9{NB}juillet à 10{NB}h{NB}40"
    assert p.datetime_fr(datetime(2026, 7, 9, 8, 40, tzinfo=UTC)) == f"9{NB}juillet à 10{NB}h{NB}40"
    assert p.time_fr("2026-07-09T14:00") == f"14{NB}h"
    assert p.iso("2026-07-09T14:00") == "2026-07-09T14:00"
    assert p.iso(date(2026, 7, 9)) == "2026-07-09"


def test_a_wait_is_counted_in_days() -> None:
    assert p.ago_days(p.days_between("2026-07-10T09:00", "2026-07-10T23:00")) == "depuis aujourd’hui"
    assert p.ago_days(p.days_between("2026-07-09T23:00", "2026-07-10")) == "depuis hier"
    assert p.ago_days(p.days_between("2026-07-07", "2026-07-10")) == f"depuis 3{NB}jours"
    assert p.ago_days(None) == ""


def test_an_amount_is_whole_cents() -> None:
    assert p.amount(9_600_000) == f"96{NB}000{NB}€"
    assert p.amount(123) == f"1,23{NB}€"
    assert p.amount(-100) == f"\u22121{NB}€"
    assert p.euros(9_600_000) == f"96{NB}000"
    assert p.amount(None) == p.euros(None) == ""


def test_a_value_shows_with_its_unit() -> None:
    assert p.value_fr("93.5", "%") == f"93,5{NB}%"
    assert p.value_fr("2027-09-01", kind=ValueKind.DATE).startswith("1<sup>er</sup>")
    assert p.value_fr(84_000_000, "EUR", "amount") == f"840{NB}000{NB}€"
    assert p.value_fr("up", kind=ValueKind.CHOICE) == "à la hausse"
    assert p.percent(Decimal("33.5")) == f"33,5{NB}%"


def test_the_plural_starts_at_two() -> None:
    assert [p.count_fr(n, "accord") for n in (0, 1, 2)] == [f"0{NB}accord", f"1{NB}accord", f"2{NB}accords"]
    assert p.count_fr(1200, "travail", "travaux") == f"1{NB}200{NB}travaux"


def test_a_file_says_its_size() -> None:
    assert [p.file_size(n) for n in (1, 412_300, 1_200_000)] == [f"1{NB}octet", f"412{NB}Ko", f"1,2{NB}Mo"]


def test_a_fingerprint_is_cut_in_fours() -> None:
    assert p.fingerprint("4f1c9b27e0") == "4f1c 9b27 e0"


@pytest.mark.parametrize(
    ("name", "the", "of", "to"),
    [
        ("ARS", "l’ARS", "de l’ARS", "à l’ARS"),
        ("Département", "le Département", "du Département", "au Département"),
        ("Fondation Orlinde", "la Fondation Orlinde", "de la Fondation Orlinde", "à la Fondation Orlinde"),
        ("Orlinde", "Orlinde", "d’Orlinde", "à Orlinde"),
        ("Rive-Ambrelle", "Rive-Ambrelle", "de Rive-Ambrelle", "à Rive-Ambrelle"),
    ],
)
def test_a_party_takes_the_article_of_its_name(name: str, the: str, of: str, to: str) -> None:
    assert (p.the_party(name), p.of_party(name), p.to_party(name)) == (the, of, to)


def test_a_list_ends_with_and() -> None:
    assert p.and_fr(["Orlinde", "l’ARS", "le <Département>"]) == "Orlinde, l’ARS et le &lt;Département&gt;"
    assert p.and_fr(["Orlinde"]) == "Orlinde"
    assert p.and_fr([]) == ""


def test_a_capital_never_lowers_the_rest() -> None:
    assert p.capital(p.the_party("ARS")) == "L’ARS"


def test_a_second_authority_of_a_kind_keeps_the_sign_of_its_kind() -> None:
    assert p.party_sign("G") == 'data-party="g"'
    assert p.party_sign("A2") == 'data-party="a" data-rank="2"'
    assert p.party_sign('"><') == 'data-party="&#34;" data-rank="&gt;&lt;"'


def test_a_date_says_its_year_when_it_is_not_this_one() -> None:
    today = date(2026, 7, 10)
    assert p.date_fr(date(2026, 7, 3), p.near(date(2026, 7, 3), today)) == f"3{NB}juillet"
    assert p.date_fr(date(2023, 7, 3), p.near(date(2023, 7, 3), today)) == f"3{NB}juillet 2023"


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        ("1", "personnes", f"1{NB}personne"),
        ("0", "places", f"0{NB}place"),
        ("1.5", "places", f"1,5{NB}place"),
        ("2", "places", f"2{NB}places"),
        ("1", "mois", f"1{NB}mois"),
        ("1", "ETP", f"1{NB}ETP"),
        ("1", "journées de présence", f"1{NB}journée de présence"),
    ],
)
def test_a_unit_agrees_with_its_number(value: str, unit: str, words: str) -> None:
    assert p.value_fr(value, unit) == words
