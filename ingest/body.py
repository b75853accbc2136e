"""The bytes of a request, decompressed, never more than the limit: a small zip bomb is refused while it inflates."""

from typing import Final, Protocol

import zstandard
from django.http import HttpRequest
from isal import isal_zlib

from polymeter.event import Limits
from projects.problem import ProblemError

ANY_WINDOW: Final = 47
"""zlib's word for: gzip or zlib, tell by the header."""
MOST_FRAMES: Final = 100
"""Members of one compressed body: thousands of empty ones would take long and hold nothing."""
ENCODINGS: Final = ("gzip", "deflate", "zstd", "identity")


BROKEN: Final[tuple[type[Exception], ...]] = (isal_zlib.error, zstandard.ZstdError, EOFError, ValueError)  # type: ignore[assignment]  # a stub calls the first an instance


class Inflater(Protocol):
    """What every decompressor here offers."""

    def __call__(self, raw: bytes, most: int) -> bytes: ...


def read(request: HttpRequest, most: int = Limits.BODY_BYTES) -> bytes:
    """Return the decoded body.

    Raises:
        ProblemError: 413 too large, 415 an encoding we do not know, 400 broken compression.
    """
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower() or "identity"
    inflate = INFLATERS.get(encoding)
    if inflate is None:
        detail = f"Content-Encoding {encoding[:40]!r} is not known. Use one of {', '.join(ENCODINGS)}."
        raise ProblemError(415, "unknown_encoding", "Unknown encoding", detail)
    raw = _raw(request, most)
    try:
        decoded = inflate(raw, most)
    except BROKEN as broken:
        detail = f"The body is not {encoding} as its Content-Encoding says ({broken}). Compress the whole body, once."
        raise ProblemError(400, "broken_encoding", "Broken compression", detail) from None
    if len(decoded) > most:
        raise _too_large(most)
    return decoded


def _raw(request: HttpRequest, most: int) -> bytes:
    """Read what was sent. Whatever is larger than the limit before decompression is larger after it."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if length.isdigit() and int(length) > most:
        raise _too_large(most)
    if not length and "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        raw: bytes = request.META["wsgi.input"].read(most + 1)
    else:
        raw = request.read(most + 1)
    if len(raw) > most:
        raise _too_large(most)
    return raw


def _too_large(most: int) -> ProblemError:
    detail = f"The body has more than {most:,} bytes when decoded. Send fewer calls at once."
    return ProblemError(413, "too_large", "Body too large", detail, limit_bytes=most)


def _plain(raw: bytes, most: int) -> bytes:
    return raw


def _gzip(raw: bytes, most: int) -> bytes:
    """Several members one after the other are one stream, as writers that append leave it."""
    decoded = bytearray()
    for _ in range(MOST_FRAMES):
        if not raw or len(decoded) > most:
            return bytes(decoded)
        inflater = isal_zlib.decompressobj(ANY_WINDOW)
        decoded += inflater.decompress(raw, most + 1 - len(decoded))
        if len(decoded) <= most and not inflater.eof:
            raise EOFError("it ends too early")
        raw = inflater.unused_data
    raise ValueError(f"it has more than {MOST_FRAMES} members")


def _zstd(raw: bytes, most: int) -> bytes:
    if not raw:
        return raw
    with _unzstd().stream_reader(raw, read_across_frames=True) as reader:
        decoded = reader.read(most + 1)
    if len(decoded) <= most:
        _end_of_zstd(raw)
    return decoded


def _end_of_zstd(raw: bytes) -> None:
    """Refuse a stream that was cut, of which the reader gives the beginning without a word.

    Its size is known to fit by now, so it may be decompressed as a whole.
    """
    for _ in range(MOST_FRAMES):
        if not raw:
            return
        inflater = _unzstd().decompressobj()
        inflater.decompress(raw)
        if not inflater.eof:
            raise EOFError("it ends too early")
        raw = inflater.unused_data
    raise ValueError(f"it has more than {MOST_FRAMES} frames")


def _unzstd() -> zstandard.ZstdDecompressor:
    return zstandard.ZstdDecompressor(max_window_size=1 << 24)


INFLATERS: Final[dict[str, Inflater]] = {
    "identity": _plain,
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _gzip,
    "zstd": _zstd,
}
