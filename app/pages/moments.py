"""A moment as an address says it: « 2026-07-10 » is the end of that day in Paris, « 2026-07-10T14:30 » that minute."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time

from negotiation.rules.paris import PARIS, paris_day

_WRITTEN = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}))?")


@dataclass(frozen=True)
class Moment:
    """`day`; `clock` None: the whole day."""

    day: date
    clock: time | None = None

    @classmethod
    def told(cls, written: str) -> "Moment | None":
        """None when it is no date."""
        found = _WRITTEN.fullmatch(written.strip())
        if found is None:
            return None
        year, month, day, hour, minute = (None if part is None else int(part) for part in found.groups())
        try:
            clock = None if hour is None or minute is None else time(hour, minute)
            return cls(date(year or 0, month or 0, day or 0), clock)
        except ValueError:
            return None

    @property
    def ends(self) -> datetime:
        """Its last second."""
        clock = self.clock or time(23, 59)
        return datetime.combine(self.day, clock.replace(second=59), PARIS)

    def __str__(self) -> str:
        return f"{self.day}T{self.clock:%H:%M}" if self.clock else self.day.isoformat()


def moment_of(at: datetime) -> Moment:
    """The day in Paris of a moment."""
    return Moment(paris_day(at))
