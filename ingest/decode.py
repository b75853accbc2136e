"""Bytes to incoming calls: all at once if all are well formed, else one by one, so a bad item costs only itself."""

import json
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from ingest import check, text
from ingest.origin import now_us
from ingest.refused import Refused
from ingest.schema import CallIn
from polymeter.event import Limits
from projects.problem import ProblemError

Item = CallIn | Refused


class Batch(msgspec.Struct):
    """The document that a native sender posts."""

    calls: list[CallIn]


_document = msgspec.json.Decoder(Batch)
_lines = msgspec.json.Decoder(CallIn)
WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}
EXPECTED = re.compile(r"Expected `([^`]+)`, got `([^`]+)`(?: - at `\$\.?([^`]*)`)?")


def document(data: bytes) -> list[Item]:
    """Return the calls of `{"calls": [...]}`.

    Raises:
        ProblemError: 400 not JSON, 422 not this shape, or not 1 to 5,000 calls.
    """
    try:
        calls: list[Any] = _document.decode(data).calls
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return [one(item) for item in _counted(_members(_json(data)))]
    return _counted(calls)


def lines(data: bytes) -> list[Item]:
    """Return the calls of newline-delimited JSON; empty lines are skipped.

    Raises:
        ProblemError: 422 not 1 to 5,000 lines.
    """
    try:
        calls: list[Any] = _lines.decode_lines(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return [_line(line) for line in _counted([line for line in data.split(b"\n") if line.strip()])]
    return _counted(calls)


def one(item: Any) -> Item:
    """Return one decoded JSON value as a call, or why it is none, field by field."""
    if not isinstance(item, dict):
        return Refused({"call": ["Send an object with the fields of a call."]})
    try:
        call = msgspec.convert(item, CallIn)
    except msgspec.ValidationError:
        given = item.get("id")
        # What is wrong quotes the sender, and goes back to it as JSON.
        wrong = text.printable(_all_that_is_wrong(item))
        return Refused(wrong, text.printable(given[:64]) if isinstance(given, str) else None)
    _make_printable(call)
    return call


def _line(line: bytes) -> Item:
    try:
        return one(_json(line))
    except ProblemError as problem:
        return Refused({"call": [problem.detail]})


def _json(data: bytes) -> Any:
    """Decode with the forgiving parser: half surrogate pairs and NaN pass here and are dealt with by field."""
    try:
        return json.loads(data)
    except RecursionError:
        detail = "The JSON is nested too deeply to read. Send deep structures as text."
    except ValueError as error:
        detail = f'The body is not JSON: {error}. Send {{"calls": [...]}} in UTF-8.'
    raise ProblemError(400, "malformed", "Not JSON", detail)


def _members(decoded: Any) -> list[Any]:
    calls = decoded.get("calls") if isinstance(decoded, dict) else None
    if not isinstance(calls, list):
        detail = "Send an object with a list under “calls”, or application/x-ndjson with one call a line."
        raise ProblemError(422, "no_calls", "No calls in the body", detail)
    return calls


def _counted(calls: list[Any]) -> list[Any]:
    most = Limits.CALLS_PER_REQUEST
    if not calls:
        raise ProblemError(422, "no_calls", "No calls in the body", f"Send 1 to {most:,} calls; there are none.")
    if len(calls) > most:
        detail = f"Send 1 to {most:,} calls at once; there are {len(calls):,}. Split them over several requests."
        raise ProblemError(422, "too_many_calls", "Too many calls", detail, limit=most)
    return calls


def _all_that_is_wrong(item: dict[str, Any]) -> dict[str, list[str]]:
    """Return the fields of a wrong type and, of the others, those with a wrong value: all at once."""
    wrong = dict(_wrong_fields(item))
    outer = {name.split(".", 1)[0] for name in wrong}
    rest = {name: value for name, value in item.items() if name not in outer}
    for name, why in (check.errors(msgspec.convert(rest, CallIn), now_us(), native=True) or {}).items():
        if name not in outer:
            wrong[name] = why
    return wrong


def _wrong_fields(item: dict[str, Any]) -> Iterable[tuple[str, list[str]]]:
    """Try each field on its own, so that a sender learns of all that is wrong at once."""
    for name, value in item.items():
        try:
            msgspec.convert({name: value}, CallIn)
        except msgspec.ValidationError as error:
            yield _sentence(str(name), str(error))


def _sentence(name: str, message: str) -> tuple[str, list[str]]:
    found = EXPECTED.match(message)
    if found is None:
        return name, [f"{message}."]
    expected, got, place = found.groups()
    kinds = [WORDS.get(kind.strip(), kind.strip()) for kind in expected.split("|")]
    wanted = " or ".join(kind for kind in kinds if kind != "null")
    return place or name, [f"Send {wanted}, not {WORDS.get(got, got)}; leave it out if unknown."]


def _make_printable(holder: Any) -> None:
    for name in holder.__struct_fields__:
        value = getattr(holder, name)
        if isinstance(value, msgspec.Struct):
            _make_printable(value)
        elif name == "checks":
            for check_in in value or ():
                _make_printable(check_in)
        elif isinstance(value, str | dict | list):
            setattr(holder, name, text.printable(value))
