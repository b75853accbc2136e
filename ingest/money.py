"""Money as senders state it: exact decimals, never floats."""

from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

SMALLEST = Decimal("1e-18")
LARGEST = Decimal(10) ** 12
EXACT = Context(prec=40)
"""The largest amount with all its places has 31 digits, more than decimals usually carry."""
HINT = 'Send US dollars as text, such as "0.00042", 0 or more; leave it out if unknown.'


class BadMoney(ValueError):
    """Not an amount; the message says the fix."""


def amount(value: float | str | None) -> Decimal | None:
    """Return an exact amount with at most 18 places, None for None.

    A float is read as it is written, so 0.1 is one tenth. Further places, which only a float's noise has, are rounded.

    Raises:
        BadMoney: not a number, negative, or beyond a million millions.
    """
    if value is None:
        return None
    try:
        exact = Decimal(value if isinstance(value, str) else repr(value))
    except InvalidOperation:
        raise BadMoney(f"{str(value)[:40]!r} is no amount. {HINT}") from None
    if not exact.is_finite() or exact < 0 or exact > LARGEST:
        raise BadMoney(f"{str(value)[:40]!r} is no amount we can hold. {HINT}")
    return exact.quantize(SMALLEST, ROUND_HALF_EVEN, EXACT) if -exact.as_tuple().exponent > 18 else exact  # type: ignore[operator]
