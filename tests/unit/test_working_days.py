"""Delays count the days on which an administration works."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from negotiation.rules.working_days import add_working_days, is_working_day, working_days_between

days = st.dates(date(2008, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    "day",
    [
        "2026-01-01",
        "2026-04-06",  # Easter Monday
        "2026-05-01",
        "2026-05-08",
        "2026-05-14",  # Ascension
        "2026-05-25",  # Pentecost Monday
        "2026-07-14",
        "2028-08-15",
        "2027-11-01",
        "2026-11-11",
        "2026-12-25",
        "2026-11-21",  # a Saturday
        "2026-11-22",  # a Sunday
    ],
)
def test_nobody_is_expected_to_answer_on_a_holiday_or_a_weekend(day: str) -> None:
    assert not is_working_day(date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2026-04-03", "2026-12-26", "2026-05-15", "2026-06-08"])
def test_good_friday_the_days_of_alsace_moselle_and_bridge_days_are_worked(day: str) -> None:
    on = date.fromisoformat(day)
    assert is_working_day(on) == (on.weekday() < 5)


def test_ten_working_days_across_a_month_of_may_take_sixteen() -> None:
    assert add_working_days(date(2026, 5, 12), 10) == date(2026, 5, 28)


def test_a_delay_that_starts_on_a_sunday_starts_to_run_on_monday() -> None:
    assert add_working_days(date(2026, 11, 22), 1) == date(2026, 11, 23)


def test_nothing_runs_backwards() -> None:
    assert working_days_between(date(2026, 11, 23), date(2026, 11, 20)) == 0
    with pytest.raises(ValueError, match="-1"):
        add_working_days(date(2026, 11, 23), -1)


@given(days, st.integers(0, 60))
def test_what_is_added_is_what_is_counted(start: date, count: int) -> None:
    assert working_days_between(start, add_working_days(start, count)) == count


@given(days, st.integers(0, 800))
def test_counting_by_the_week_is_counting_by_the_day(start: date, length: int) -> None:
    end = start + timedelta(days=length)
    by_day = sum(is_working_day(start + timedelta(days=n)) for n in range(1, length + 1))
    assert working_days_between(start, end) == by_day
