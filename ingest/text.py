"""Texts of a call as they are stored: a string as it is, anything else as compact JSON, both cut honestly."""

import json
from hashlib import sha256
from typing import Any

import msgspec

from polymeter.event import Limits

_plain = msgspec.json.Encoder()
_sorted = msgspec.msgpack.Encoder(order="deterministic")
ROOM_FOR_MARK = 96
PIECE = 2_047


def of(value: Any) -> str:
    """Return the stored text: '' for None, the string itself, else JSON in the sender's own order of keys."""
    if value is None:
        return ""
    return value if isinstance(value, str) else dumps(value)


def dumps(value: Any) -> str:
    """Return compact JSON."""
    try:
        return _plain.encode(value).decode()
    except (OverflowError, ValueError):  # whole numbers beyond 64 bits
        return json.dumps(msgspec.to_builtins(value), ensure_ascii=False, separators=(",", ":"), default=str)


def canonical(value: Any) -> bytes:
    """Return bytes that are equal for equal content, whatever the order of keys."""
    try:
        return _sorted.encode(value)
    except (OverflowError, ValueError):
        plain = msgspec.to_builtins(value)
        return json.dumps(plain, sort_keys=True, separators=(",", ":"), default=str).encode()


def digest(data: bytes) -> bytes:
    """Return the SHA-256 of the data, in pieces for which hashlib keeps the interpreter's lock.

    From 2,048 bytes on it lets go of the lock and must queue for it again: once for every call, behind every thread
    that decodes, which costs far more than the hash.
    """
    if len(data) <= PIECE:
        return sha256(data).digest()
    found = sha256(data[:PIECE])
    for start in range(PIECE, len(data), PIECE):
        found.update(data[start : start + PIECE])
    return found.digest()


def cut(text: str, limit: int = Limits.TEXT_BYTES) -> str:
    """Return the text, or its beginning and a mark that says how much is missing if it has more UTF-8 bytes."""
    if len(text) * 4 <= limit:
        return text
    raw = text.encode("utf-8", "replace")
    if len(raw) <= limit:
        return text
    kept = raw[: limit - ROOM_FOR_MARK].decode("utf-8", "ignore")
    return f"{kept}… [cut: {len(kept.encode()):,} of {len(raw):,} bytes kept]"


def printable(value: Any) -> Any:
    """Return the value with what UTF-8 or JSON cannot hold replaced: half surrogate pairs, NaN, infinity."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {printable(key): printable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [printable(item) for item in value]
    return None if isinstance(value, float) and not -1e308 < value < 1e308 else value
