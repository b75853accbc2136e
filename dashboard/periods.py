"""Named periods of time in a project's zone. Pure: the present is an argument."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

PERIODS: Final = {
    "today": "Today",
    "yesterday": "Yesterday",
    "24h": "Last 24 hours",
    "7d": "Last 7 days",
    "28d": "Last 28 days",
    "90d": "Last 90 days",
    "mtd": "Month to date",
    "lastmonth": "Last month",
    "qtd": "Quarter to date",
    "12mo": "Last 12 months",
}
"""28 days, not 30: four whole weeks, so that comparisons do not wobble with weekends."""
DEFAULT: Final = "7d"
DAYS: Final = {"today": 1, "7d": 7, "28d": 28, "90d": 90}


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open [start, end), aware UTC. `open` while its end is the present."""

    start: datetime
    end: datetime
    open: bool = False

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.end - self.start


def window(period: str, now: datetime, zone: tzinfo) -> Window:
    """The period's window; the present counts up to the end of the running minute.

    Days are calendar days of `zone`, so days of 23 and 25 hours are right.

    Raises:
        KeyError: there is no such period.
    """
    if period not in PERIODS:
        raise KeyError(period)
    local = now.astimezone(zone)
    today, until = local.date(), minute_after(now)
    if period == "24h":
        hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return Window(hour - timedelta(hours=23), until, open=True)
    if period == "yesterday":
        return Window(_midnight(today - timedelta(days=1), zone), _midnight(today, zone))
    if period == "lastmonth":
        first = today.replace(day=1)
        return Window(_midnight(months_before(first, 1), zone), _midnight(first, zone))
    return Window(_midnight(_first_day(period, today), zone), until, open=True)


def _first_day(period: str, today: date) -> date:
    if days := DAYS.get(period):
        return today - timedelta(days=days - 1)
    first = today.replace(day=1)
    if period == "qtd":
        return first.replace(month=3 * ((first.month - 1) // 3) + 1)
    return months_before(first, 11) if period == "12mo" else first


def minute_after(now: datetime) -> datetime:
    """The end of the running minute, UTC."""
    return now.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)


def months_before(first: date, months: int) -> date:
    """The first day of the month `months` earlier."""
    number = first.year * 12 + first.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def step_for(length: timedelta) -> str:
    """The bucket that suits a window: 5 minutes up to 6 hours, an hour to 3 days, a day to 100 days, then weeks."""
    if length <= timedelta(hours=6):
        return "5m"
    if length <= timedelta(days=3):
        return "hour"
    return "day" if length <= timedelta(days=100) else "week"
