"""Numbers, money, times and changes as text, one way for pages, mails and charts. Pure; CSV and API stay raw."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import Final

NBSP: Final = "\u00a0"
MINUS: Final = "\u2212"
TIMES: Final = "\u00d7"
UNKNOWN: Final = "\u2014"
FEW: Final = 20
"""Below this many calls a share is written "3 of 17"."""

Number = int | float | Decimal


def _exact(value: Number) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _fixed(value: Decimal, decimals: int) -> str:
    return f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN):,f}"


def _signed(value: Decimal, text: str) -> str:
    """Put a true minus before `text`, the writing of the absolute value."""
    return f"{MINUS}{text}" if value < 0 else text


def _scaled(size: Decimal) -> str | None:
    """Three digits and k, M or B; None when the number is written exactly."""
    for unit, power in (("k", 3), ("M", 6), ("B", 9), ("T", 12)):
        shown = size.scaleb(-power)
        if shown < Decimal("999.5") or unit == "T":
            decimals = 2 if shown < Decimal("9.995") else 1 if shown < Decimal("99.95") else 0
            return _fixed(shown, decimals) + unit
    return None


def small_decimals(size: Decimal) -> int:
    """How many decimals show two significant digits of a number below 1; 2 for everything else."""
    if size >= 1 or size == 0:
        return 2
    # Rounding first: 0.0999 is 0.10, which has one leading zero fewer.
    rounded = size.quantize(Decimal(1).scaleb(size.adjusted() - 1), ROUND_HALF_EVEN)
    return max(2, 1 - rounded.adjusted())


def money(value: Number | None) -> str:
    """An amount standing alone: `$1.24M`, `$48,124`, `$4,812.37`, `$0.0084`."""
    if value is None:
        return UNKNOWN
    amount = _exact(value)
    size = abs(amount)
    if size >= Decimal("999999.5"):
        text = _scaled(size) or ""
    else:
        text = _fixed(size, 0 if size >= Decimal("9999.995") else small_decimals(size))
    return _signed(amount, f"${text}")


@dataclass(frozen=True, slots=True)
class MoneyColumn:
    """One precision for a whole column, taken from its largest value."""

    decimals: int

    def text(self, value: Number | None, *, sign: bool = False) -> str:
        """The amount at this column's precision; what would round to zero shows as less-than."""
        if value is None:
            return UNKNOWN
        amount, unit = _exact(value), "$" if sign else ""
        if amount == 0:
            return unit + _fixed(Decimal(0), min(self.decimals, 2))
        least = Decimal(1).scaleb(-self.decimals)
        if abs(amount) < least / 2:
            return _signed(amount, f"<{unit}{least:f}")
        return _signed(amount, unit + _fixed(abs(amount), self.decimals))


def money_column(values: Iterable[Number | None]) -> MoneyColumn:
    """The precision that shows the largest of `values` well."""
    largest = max((abs(_exact(value)) for value in values if value is not None), default=Decimal(0))
    return MoneyColumn(0 if largest >= 10_000 else small_decimals(largest))


def count(value: Number | None) -> str:
    """Calls or tokens: `9,999`, `12.3k`, `1.23M`, `3.10B`."""
    if value is None:
        return UNKNOWN
    amount = _exact(value)
    size = abs(amount)
    return _signed(amount, _fixed(size, 0) if size < 10_000 else _scaled(size) or "")


def exact_count(value: Number | None) -> str:
    """Every digit, for sentences and titles: `12,481`."""
    return UNKNOWN if value is None else _signed(_exact(value), f"{abs(_exact(value)):,.0f}")


def duration(ms: Number | None) -> str:
    """A time taken: `840 ms`, `2.31 s`, `1 min 12 s`, `1 h 30 min`."""
    if ms is None:
        return UNKNOWN
    amount = _exact(ms)
    return _signed(amount, _duration(abs(amount)).replace(" ", NBSP))


def _duration(size: Decimal) -> str:
    if size < Decimal("9.95") and size != size.to_integral_value():
        return f"{_fixed(size, 1)} ms"
    if size < Decimal("999.5"):
        return f"{_fixed(size, 0)} ms"
    seconds = size / 1000
    if seconds < Decimal("59.95"):
        return f"{_fixed(seconds, 2 if seconds < Decimal('9.995') else 1)} s"
    whole = int(seconds.to_integral_value())
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = int((seconds / 60).to_integral_value())
    return f"{minutes // 60:,} h {minutes % 60} min"


def share(value: Number | None) -> str:
    """A ratio of 0 to 1: `12.4%`; two decimals near the ends, and never 0% or 100% unless it is."""
    if value is None:
        return UNKNOWN
    percent = _exact(value) * 100
    size = abs(percent)
    if size in (0, 100):
        return _signed(percent, f"{int(size)}%")
    if size < Decimal("0.01"):
        return _signed(percent, "<0.01%")
    if Decimal(99) < size < 100:
        return _signed(percent, f"{size.quantize(Decimal('0.01'), ROUND_DOWN):f}%")
    return _signed(percent, _fixed(size, 2 if size < 1 else 1) + "%")


def share_of(part: int, whole: int) -> str:
    """A share of a count; a share of few is not a percentage: `3 of 17`."""
    if whole == 0:
        return UNKNOWN
    return f"{part} of {whole}" if whole < FEW else share(Decimal(part) / Decimal(whole))


def change(new: Number | None, old: Number | None) -> str:
    """A relative change: `+12.4%`, `−3.0%`, `×14`, `new`, `gone`, `no change`."""
    if new is None or old is None:
        return UNKNOWN
    now, then = _exact(new), _exact(old)
    if then == 0:
        return "no change" if now == 0 else "new"
    if now == 0:
        return "gone"
    ratio = now / then
    if ratio >= 10:
        return f"{TIMES}{_fixed(ratio, 0)}"
    return _with_sign((ratio - 1) * 100, 1, "%")


def change_of_share(new: Number | None, old: Number | None) -> str:
    """A change of a ratio in percentage points: `+0.12 pp`."""
    if new is None or old is None:
        return UNKNOWN
    points = (_exact(new) - _exact(old)) * 100
    return _with_sign(points, 2 if abs(points) < 1 else 1, f"{NBSP}pp")


def change_of_duration(new: Number | None, old: Number | None) -> str:
    """A change of a time taken, as time: `−180 ms`."""
    if new is None or old is None:
        return UNKNOWN
    step = _exact(new) - _exact(old)
    text = duration(abs(step))
    return "no change" if abs(step) < Decimal("0.5") else f"{MINUS if step < 0 else '+'}{text}"


def change_of_money(new: Number | None, old: Number | None) -> str:
    """A change of an amount, as money: `+$412`."""
    if new is None or old is None:
        return UNKNOWN
    step = _exact(new) - _exact(old)
    return "no change" if step == 0 else f"{MINUS if step < 0 else '+'}{money(abs(step))}"


def _with_sign(value: Decimal, decimals: int, unit: str) -> str:
    text = _fixed(abs(value), decimals)
    if not text.strip("0.,"):
        return "no change"
    return f"{MINUS if value < 0 else '+'}{text}{unit}"


def score(value: Number | None, scale: int, n: int) -> str:
    """A mean score on its scale, with how many: `4.31 / 5 (n = 3,102)`."""
    return UNKNOWN if value is None else f"{_fixed(_exact(value), 2)} / {scale} (n = {n:,})".replace(" ", NBSP)


def interval(estimate: Number, low: Number, high: Number) -> str:
    """A relative effect and its 95% interval, in words."""
    best, least, most = (_whole_percent(value) for value in (estimate, low, high))
    return f"{best} (95% sure: between {least} and {most})"


def _whole_percent(ratio: Number) -> str:
    percent = _exact(ratio) * 100
    text = _fixed(abs(percent), 0)
    return "0%" if text == "0" else f"{MINUS if percent < 0 else '+'}{text}%"


def moment(when: datetime | None, zone: tzinfo, now: datetime, *, seconds: bool = False) -> str:
    """A date and time in `zone`: `Nov 21, 14:03`; the year only when it is not this one."""
    if when is None:
        return UNKNOWN
    local = when.astimezone(zone)
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    return f"{day(local, now.astimezone(zone))}, {clock}"


def day(local: datetime, now: datetime) -> str:
    """A date: `Nov 21`, or `Nov 21, 2025` when the year is not this one."""
    text = f"{local:%b} {local.day}"
    return text if local.year == now.year else f"{text}, {local.year}"


def ago(when: datetime, now: datetime) -> str | None:
    """`3 min ago`, only within a day; None beyond it, where a date says more."""
    passed = now - when
    if not timedelta(0) <= passed < timedelta(days=1):
        return None
    return "just now" if passed < timedelta(seconds=1) else f"{lag(passed.total_seconds())} ago"


def lag(seconds: float) -> str:
    """How far behind, in one unit: `3 s`, `14 min`, `5 h`, `2 days`."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}{NBSP}s"
    if whole < 3600:
        return f"{whole // 60}{NBSP}min"
    if whole < 172_800:
        return f"{whole // 3600}{NBSP}h"
    return f"{whole // 86_400}{NBSP}days"


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 call`, `12,481 calls`."""
    return f"{number:,}{NBSP}{one if number == 1 else many or one + 's'}"


def middle(text: str, limit: int = 24) -> str:
    """An id cut in its middle, so that both ends can be compared."""
    if len(text) <= limit:
        return text
    head = (limit - 1) // 2
    return f"{text[:head]}…{text[-(limit - 1 - head) :]}"
