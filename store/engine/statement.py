"""Takes one HTTP request apart: statement, data of an insert, arguments."""

import email.parser
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Final, cast
from urllib.parse import parse_qsl

import lz4.frame  # type: ignore[import-untyped]
import zstandard

INSERT_HEAD: Final = re.compile(rb"\s*INSERT\s+INTO\s[^;]*?\sFORMAT\s+\w+[ \t]*(?:\r?\n|$)", re.I)
HEAD_BYTES: Final = 65_536


class TooLarge(Exception):
    """The body, as sent or unpacked, is over the limit."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a client asks for."""

    sql: str
    data: memoryview
    arguments: Mapping[str, str]

    @property
    def parameters(self) -> dict[str, str]:
        """Values bound to `{name:Type}` in the statement."""
        return {name[6:]: value for name, value in self.arguments.items() if name.startswith("param_")}


def parse(url_query: str, content_type: str, body: bytes | bytearray) -> Statement:
    """Return the statement of a request; an insert carries its data behind the first line or in the body alone."""
    arguments = dict(parse_qsl(url_query, keep_blank_values=True))
    if content_type.startswith("multipart/form-data"):
        arguments |= _form(content_type, body)
        body = b""
    if sql := arguments.pop("query", ""):
        return Statement(sql, memoryview(body), arguments)
    if head := INSERT_HEAD.match(body[:HEAD_BYTES]):
        return Statement(head.group().decode(), memoryview(body)[head.end() :], arguments)
    return Statement(body.decode(), memoryview(b""), arguments)


def _form(content_type: str, body: bytes | bytearray) -> dict[str, str]:
    """clickhouse-connect sends large sets of parameters as a form."""
    message = email.parser.BytesParser().parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    fields = {}
    for part in cast("list[Message]", message.get_payload()):
        name = str(part.get_param("name", header="content-disposition"))
        fields[name] = cast("bytes", part.get_payload(decode=True)).decode()
    return fields


def unpack(body: bytes | bytearray, encoding: str, limit: int) -> bytes | bytearray:
    """Undo the content encoding without ever holding more than `limit` bytes."""
    if encoding in ("", "identity"):
        return body
    if encoding == "zstd":
        reader = zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(body)
        plain = reader.read(limit + 1)
    elif encoding == "lz4":
        plain = lz4.frame.LZ4FrameDecompressor().decompress(body, limit + 1)
    elif encoding in ("gzip", "deflate"):
        plain = zlib.decompressobj(47).decompress(body, limit + 1)
    else:
        raise ValueError(f"Content-Encoding {encoding} is not known here; use lz4, zstd, gzip or none.")
    if len(plain) > limit:
        raise TooLarge(f"The unpacked body is over {limit} bytes.")
    return plain
