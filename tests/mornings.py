"""Time as the tests of mails tell it: facts happen after an import, and mornings come when they are asked for."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

import pytest

from negotiation.rules.paris import PARIS
from negotiation.rules.working_days import is_working_day
from negotiation.services import notifying
from negotiation.store.columns import now


@dataclass
class Clock:
    """What the mails take for now."""

    moment: datetime

    def __call__(self) -> datetime:
        return self.moment

    def pass_by(self, **duration: float) -> datetime:
        self.moment += timedelta(**duration)
        return self.moment

    def next_morning(self) -> datetime:
        """Half past seven in Paris, on the next working day."""
        day = self.moment.astimezone(PARIS).date() + timedelta(days=1)
        while not is_working_day(day):
            day += timedelta(days=1)
        self.moment = datetime.combine(day, time(7, 30), PARIS)
        return self.moment

    def next_weekday(self, weekday: int) -> datetime:
        self.next_morning()
        while self.moment.astimezone(PARIS).weekday() != weekday:
            self.next_morning()
        return self.moment


def a_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Two minutes from now: nobody acts at a table while it is imported."""
    clock = Clock(now() + timedelta(minutes=2))
    today, wait = now().astimezone(PARIS).date(), notifying.digests_wait
    # The morning of the run, should it be one, is no part of any story: they go to a later one.
    monkeypatch.setattr(
        notifying, "digests_wait", lambda session, at: at.astimezone(PARIS).date() > today and wait(session, at)
    )
    for place in ("store.unit_of_work", "services.notifying"):
        monkeypatch.setattr(f"negotiation.{place}.now", clock)
    monkeypatch.setattr("app.mailing.now", clock)
    return clock
