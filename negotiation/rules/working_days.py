"""Working days in metropolitan France: neither Saturdays, nor Sundays, nor the public holidays of the law.

The holidays are those of Code du travail, art. L. 3133-1, Pentecost Monday included; what Alsace-Moselle and the
overseas départements add is left out. They come from the library `holidays`, which knows the years 1803 to 2100.
"""

from bisect import bisect_right
from datetime import date, timedelta
from functools import cache

import holidays

DEFAULT_RESPONSE_DAYS = 10
"""Working days to answer, unless the cadrage says otherwise (V18, domain reference section 6)."""

_SATURDAY = 5
_DAY = timedelta(days=1)


def is_working_day(day: date) -> bool:
    return day.weekday() < _SATURDAY and day not in _weekday_holidays(day.year)


def add_working_days(start: date, days: int) -> date:
    """The `days`-th working day after `start`; `start` itself for 0. Raises ValueError below 0."""
    if days < 0:
        raise ValueError(days)
    day = start
    while days:
        day += _DAY
        days -= is_working_day(day)
    return day


def working_days_between(start: date, end: date) -> int:
    """Working days after `start`, up to `end` included; 0 when `end` isn't after `start`.

    Counted by the week, not by the day: a board asks it for hundreds of clauses.
    """
    if end <= start:
        return 0
    return _weekdays_through(end) - _weekdays_through(start) - _holidays_in(start, end)


def _weekdays_through(day: date) -> int:
    """Days from Monday to Friday since the origin of the calendar, which is a Monday, `day` included."""
    weeks, rest = divmod(day.toordinal(), 7)
    return weeks * 5 + min(rest, 5)


def _holidays_in(since: date, end: date) -> int:
    """Holidays on a weekday after `since`, up to `end` included."""
    count = 0
    for year in range(since.year, end.year + 1):
        days = _weekday_holidays(year)
        count += bisect_right(days, end) - bisect_right(days, since)
    return count


@cache
def _weekday_holidays(year: int) -> tuple[date, ...]:
    """In order; those of a weekend take no working day away."""
    return tuple(sorted(day for day in holidays.country_holidays("FR", years=year) if day.weekday() < _SATURDAY))
