"""The legal time of every date in a contract: that of Paris, wherever its server and its readers are."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def paris_day(moment: datetime) -> date:
    """The day in Paris of a moment, which says its own time zone."""
    return moment.astimezone(PARIS).date()
