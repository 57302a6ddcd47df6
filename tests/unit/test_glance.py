"""A negotiation in figures: what one clause is summed up to, and what the sums say."""

from datetime import UTC, date, datetime
from decimal import Decimal

from negotiation.rules.glance import (
    ClauseSummary,
    Wait,
    answering_days,
    distance_of,
    glance_of,
    longest_wait,
    moves_by_month,
    periods,
    wait_of,
    waits_since,
    words_kept,
)
from negotiation.rules.navette import Step
from negotiation.rules.vocabulary import Move, ValueKind

OG, ARS = "og", "ars"


def step(key: str, move: Move, party: str, day: str, *, value: object = None, author: str | None = None) -> Step:
    at = datetime.fromisoformat(f"{day}T10:00").replace(tzinfo=UTC)
    return Step(key, move, party, at, version=1, value=value, author=author or party)


NAVETTE = (
    step("a", Move.PROPOSAL, OG, "2026-01-05", value="97"),
    step("b", Move.COUNTER_PROPOSAL, ARS, "2026-03-02", value="94"),
    step("c", Move.COMMENT, OG, "2026-03-03"),
    step("d", Move.COUNTER_PROPOSAL, OG, "2026-03-09", value="95"),
    step("e", Move.ACCEPTANCE, ARS, "2026-03-10", value="95", author=OG),
)


def test_a_month_in_which_nobody_played_stands_between_the_others():
    assert moves_by_month(NAVETTE) == {"2026-01": {OG: 1}, "2026-03": {ARS: 2, OG: 2}}
    whole = glance_of([ClauseSummary(moves=moves_by_month(NAVETTE)), ClauseSummary()])
    assert list(whole.moves) == ["2026-01", "2026-02", "2026-03"]
    assert whole.steps == 5


def test_years_of_months_are_told_by_quarter_then_by_year():
    long = {f"{year}-{month:02}": {OG: 1} for year in range(2020, 2024) for month in range(1, 13)}
    assert list(periods(long))[:2] == ["2020 T1", "2020 T2"]
    assert sum(by[OG] for by in periods(long).values()) == 48
    longer = {f"{year}-01": {OG: 1} for year in range(1950, 2040)}
    assert next(iter(periods(longer))) == "1950"


def test_the_longest_wait_ends_with_the_agreement_and_a_comment_ends_none():
    assert longest_wait(NAVETTE, {"e"}) == Wait("a", date(2026, 1, 5), date(2026, 3, 2), 56)
    reopened = (*NAVETTE, step("f", Move.REOPENING, OG, "2027-03-10"))
    assert longest_wait(reopened, {"e"}).days == 56


def test_what_nobody_answers_waits_until_today():
    summary = ClauseSummary(wait=longest_wait(NAVETTE[:2], set()), last=waits_since(NAVETTE[:3]))
    assert wait_of(summary, date(2026, 12, 31)) == Wait("b", date(2026, 3, 2), None, 304)
    assert wait_of(summary, None).days == 56


def test_each_party_travelled_from_its_first_number_to_the_agreed_one():
    path = distance_of(NAVETTE, kind=ValueKind.NUMBER, standing="95")
    assert path.first == {OG: Decimal(97), ARS: Decimal(94)}
    assert (path.travelled(OG), path.travelled(ARS)) == (Decimal(-2), Decimal(1))
    assert distance_of(NAVETTE, kind=ValueKind.NUMBER, standing=None).travelled(OG) is None
    assert distance_of(NAVETTE, kind=ValueKind.NONE, standing="95") is None


def test_words_taken_out_and_put_back_are_kept_words():
    versions = {1: [(OG, 1, 10)], 2: [(OG, 1, 4), (ARS, 2, 6)], 3: [(OG, 1, 10), ("?", 0, 2), (None, 0, 5)]}
    assert words_kept(versions, 3) == {OG: (10, 10), ARS: (6, 0)}


def test_answers_are_counted_by_their_working_days_and_summed_over_clauses():
    days = answering_days(NAVETTE)
    whole = glance_of([ClauseSummary(days=days), ClauseSummary(days={ARS: {1: 2}})])
    assert whole.delays[ARS].answers == sum(days[ARS].values()) + 2
    assert whole.delays[ARS].longest == max(days[ARS])
    assert whole.delays[ARS].median == 1
