"""The disjoint usage vector: a sender's counts taken apart so that no token is in two buckets (pure)."""

from typing import Any, Final, NamedTuple

CONTRADICTION: Final = "contradiction"
"""The counts cannot all be true: a part is larger than its whole."""
ASSUMED_TTL: Final = "assumed_ttl"
"""Some cache writes came without their time to live; they are taken as five-minute writes."""
ESTIMATED: Final = "estimated"
"""A count is ours, not the sender's: cached media that had to be put into one of two buckets."""


class UsageVector(NamedTuple):
    """Counts in twelve buckets that never overlap. None means unknown, 0 means zero."""

    input_uncached: int | None = None
    cache_read: int | None = None
    cache_write_5m: int | None = None
    cache_write_1h: int | None = None
    audio_in: int | None = None
    image_in: int | None = None
    output_text: int | None = None
    reasoning: int | None = None
    audio_out: int | None = None
    image_out: int | None = None
    requests: int | None = None
    web_search: int | None = None


UNKNOWN: Final = UsageVector()


def disjoint(
    input_tokens: int | None = None,
    cached_input_tokens: int | None = None,
    cache_write_tokens: int | None = None,
    cache_write_1h_tokens: int | None = None,
    output_tokens: int | None = None,
    reasoning_tokens: int | None = None,
    audio_input_tokens: int | None = None,
    audio_output_tokens: int | None = None,
    image_input_tokens: int | None = None,
    requests: int | None = None,
    web_searches: int | None = None,
    convention: str | None = None,
    cache_write_5m_tokens: int | None = None,
) -> tuple[UsageVector, str]:
    """Take a sender's counts apart; the second value says why they are not taken at face value ('' if they are).

    `inclusive`, also when not told: input holds everything read. `exclusive`: input is what no cache touched.
    A contradiction keeps every count and reads the whole as the rest, the one reading that loses nothing.
    """
    writes_5m, writes_1h, flag = _writes(cache_write_tokens, cache_write_5m_tokens, cache_write_1h_tokens)
    audio, image, uncached = audio_input_tokens, image_input_tokens, input_tokens
    if uncached is not None and (cached_input_tokens or writes_5m or writes_1h or audio or image):
        cache = (cached_input_tokens or 0) + (writes_5m or 0) + (writes_1h or 0)
        uncached, audio, image, why = _rest_of_input(uncached, cache, audio, image, convention)
        flag = CONTRADICTION if CONTRADICTION in (why, flag) else why or flag
    text = output_tokens
    if text is not None and (reasoning_tokens or audio_output_tokens):
        text -= (reasoning_tokens or 0) + (audio_output_tokens or 0)
        if text < 0:
            text, flag = output_tokens, CONTRADICTION
    vector = UsageVector(
        uncached, cached_input_tokens, writes_5m, writes_1h, audio, image,
        text, reasoning_tokens, audio_output_tokens, None, requests, web_searches,
    )  # fmt: skip
    return vector, flag


def _writes(total: int | None, short: int | None, long: int | None) -> tuple[int | None, int | None, str]:
    """Cache writes by time to live. What a breakdown leaves out is priced too, as five-minute writes."""
    if total is None:
        return short, long, ""
    rest = total - (long or 0)
    if short is None:
        return max(rest, 0), long, CONTRADICTION if rest < 0 else ""
    if rest < short:
        return short, long, CONTRADICTION
    return rest, long, ASSUMED_TTL if rest > short else ""


def _rest_of_input(
    stated: int, cache: int, audio: int | None, image: int | None, convention: str | None
) -> tuple[int, int | None, int | None, str]:
    """What is left of the input after cache and media; media inside the cache are counted as cache."""
    exclusive = convention == "exclusive"
    outside = stated if exclusive else stated - cache
    media = (audio or 0) + (image or 0)
    if outside < 0 or media > (stated + cache if exclusive else stated):
        return stated, audio, image, CONTRADICTION
    if media <= outside:
        return outside - media, audio, image, ""
    kept_audio = min(audio or 0, outside)
    kept_image = outside - kept_audio
    return 0, None if audio is None else kept_audio, None if image is None else kept_image, ESTIMATED


def input_side(vector: UsageVector) -> int:
    """Known tokens read: uncached, cached, written to cache, audio and image."""
    return sum(count for count in vector[:6] if count)


def output_side(vector: UsageVector) -> int:
    """Known tokens made: text, reasoning, audio and image."""
    return sum(count for count in vector[6:10] if count)


def input_total(vector: UsageVector) -> int | None:
    """All tokens read, or None when the uncached part is unknown."""
    return None if vector.input_uncached is None else input_side(vector)


def output_total(vector: UsageVector) -> int | None:
    """All tokens made, or None when the text part is unknown."""
    return None if vector.output_text is None else output_side(vector)


def contradicts_input(vector: UsageVector) -> bool:
    """True if, in a vector flagged as a contradiction, the input side is the contradicting one."""
    return vector.input_uncached is not None and vector.input_uncached < sum(n for n in vector[1:6] if n)


def contradicts_output(vector: UsageVector) -> bool:
    """True if, in a vector flagged as a contradiction, the output side is the contradicting one."""
    return vector.output_text is not None and vector.output_text < (vector.reasoning or 0) + (vector.audio_out or 0)


def spoken(vector: UsageVector, convention: str | None, flag: str = "") -> dict[str, Any]:
    """The API's usage fields in the sender's own convention: the inverse of `disjoint`."""
    contradiction = flag == CONTRADICTION
    return {
        "input_tokens": _spoken_input(vector, convention, contradiction),
        "cached_input_tokens": vector.cache_read,
        "cache_write_tokens": _total(vector.cache_write_5m, vector.cache_write_1h),
        "cache_write_1h_tokens": vector.cache_write_1h,
        "output_tokens": (vector.output_text if contradiction and contradicts_output(vector) else output_total(vector)),
        "reasoning_tokens": vector.reasoning,
        "audio_input_tokens": vector.audio_in,
        "audio_output_tokens": vector.audio_out,
        "image_input_tokens": vector.image_in,
        "requests": vector.requests,
        "web_searches": vector.web_search,
    }


def _spoken_input(vector: UsageVector, convention: str | None, contradiction: bool) -> int | None:
    if vector.input_uncached is None or (contradiction and contradicts_input(vector)):
        return vector.input_uncached
    if convention == "exclusive":
        return vector.input_uncached + (vector.audio_in or 0) + (vector.image_in or 0)
    return input_side(vector)


def _total(*parts: int | None) -> int | None:
    known = [part for part in parts if part is not None]
    return sum(known) if known else None
