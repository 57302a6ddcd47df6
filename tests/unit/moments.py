"""Days of 2026 for tests of rules: `moment(3)` is the third working day of March, at ten in Paris."""

from datetime import date, datetime, time

from negotiation.rules.paris import PARIS
from negotiation.rules.working_days import add_working_days


def moment(day: int, hour: int = 10) -> datetime:
    return datetime.combine(add_working_days(date(2026, 3, 1), day), time(hour), PARIS)
