"""A day of the contract is a day in Paris."""

from datetime import UTC, date, datetime

import pytest

from negotiation.rules.paris import paris_day


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2027, 6, 30, 21, 59, tzinfo=UTC), date(2027, 6, 30)),
        (datetime(2027, 6, 30, 22, 0, tzinfo=UTC), date(2027, 7, 1)),
        (datetime(2027, 12, 31, 22, 59, tzinfo=UTC), date(2027, 12, 31)),
        (datetime(2027, 12, 31, 23, 0, tzinfo=UTC), date(2028, 1, 1)),
    ],
)
def test_a_day_begins_at_midnight_in_paris_summer_and_winter(moment: datetime, day: date) -> None:
    assert paris_day(moment) == day
