"""The version of a call: 128 bits made from the event alone, so that the winner never depends on the order of arrival.

    finished (1 bit) | source time in microseconds (64) | events folded into it (8) | content hash (55)

A larger number wins. A row folded from several events outranks each of them: it is finished if one of them is, its time
is the latest of them, and it counts more events.
"""

import hashlib
from collections.abc import Iterable

HASH_BITS = 55
COUNT_BITS = 8
TIME_SHIFT = HASH_BITS + COUNT_BITS
FINISHED = 1 << 127
TIME_MASK = (1 << 64) - 1
HASH_MASK = (1 << HASH_BITS) - 1
COUNT_MASK = (1 << COUNT_BITS) - 1
OVERFLOW_SHIFT = 35
"""Where the exact number of events goes once it no longer fits its 8 bits: above what is left of the hash."""


def of_event(*, finished: bool, at_us: int, content: bytes) -> int:
    """Return the version of one event. `content` is a digest of everything the sender told (8 bytes or more)."""
    time = max(at_us, 0) & TIME_MASK
    version = (time << TIME_SHIFT) | (1 << HASH_BITS) | (int.from_bytes(content[:8], "big") & HASH_MASK)
    return version | FINISHED if finished else version


def of_fold(sources: Iterable[int]) -> int:
    """Return the version of a row made from these events; the same set always gives the same version."""
    events = sorted(set(sources))
    digest = hashlib.sha256(b"".join(event.to_bytes(16, "big") for event in events)).digest()
    content = int.from_bytes(digest[:8], "big") & HASH_MASK
    if len(events) >= COUNT_MASK:
        content = (content & ((1 << OVERFLOW_SHIFT) - 1)) | (len(events) << OVERFLOW_SHIFT) & HASH_MASK
    time = max(source_time(event) for event in events)
    finished = FINISHED if events[-1] & FINISHED else 0
    return finished | (time << TIME_SHIFT) | (min(len(events), COUNT_MASK) << HASH_BITS) | content


def source_time(version: int) -> int:
    """Return the microseconds since 1970 at which the sender last knew this."""
    return (version >> TIME_SHIFT) & TIME_MASK


def rank(version: int) -> tuple[int, int]:
    """Return the order in which events decide a field: the latest source time wins, the whole version breaks ties."""
    return source_time(version), version
