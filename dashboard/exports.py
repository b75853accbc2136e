"""Any table as CSV, streamed: raw numbers with their unit in the header, ISO times, nothing a spreadsheet would run."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from django.http import StreamingHttpResponse

PIECE: Final = 500
RISKY: Final = ("=", "+", "-", "@", "\t", "\r")
"""Text that begins with one of these is a formula for a spreadsheet."""


class _Line:
    """What csv writes to: hands every line straight on."""

    def write(self, text: str) -> str:
        return text


def cell(value: Any) -> Any:
    """A value as CSV writes it: unknown is empty, text that looks like a formula gets an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}" if value.startswith(RISKY) else value
    return f"{value:f}" if hasattr(value, "as_tuple") else value


def lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The file line by line; the first line is the header."""
    writer = csv.writer(_Line())
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow([cell(value) for value in row])


def response(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """Answer with a file called `name`."""
    answer = StreamingHttpResponse(_pieces(lines(header, rows)), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _pieces(text: Iterator[str]) -> Iterator[str]:
    """Some hundred lines at a time: a write to the socket for each would take longer than making them."""
    while piece := "".join(islice(text, PIECE)):
        yield piece


def file_name(slug: str, what: str, start: datetime, end: datetime) -> str:
    """`shop-cost-by-model_2026-11-14_2026-11-21.csv`."""
    safe = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in what)
    return f"{slug}-{safe}_{start:%Y-%m-%d}_{end:%Y-%m-%d}.csv"
