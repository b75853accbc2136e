"""ClickHouse's HTTP protocol on loopback, as far as clickhouse-connect uses it, in front of the embedded engine."""

import base64
import hmac
import json
import re
import secrets
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import urlsplit

from chdb._exceptions import ChdbError

from store.endpoint import Endpoint
from store.engine import settings
from store.engine.connections import Busy, Engine, Link
from store.engine.guard import Lane, Refused, Verdict, judge
from store.engine.metrics import Metrics
from store.engine.running import Watch
from store.engine.statement import Statement, TooLarge, parse, unpack

BODY_LIMIT: Final = 64 * 1024 * 1024
SEND_S: Final = 60
STREAMED: Final = frozenset({"Native", "TabSeparated", "TSV", "CSV", "JSONEachRow"})
"""Formats whose pieces, one after the other, are the whole. Others are answered in one piece."""
ENGINE_CODE: Final = re.compile(r"Code: (\d+)")
OVERLOADED: Final = frozenset({"202", "241", "243", "252"})
"""Too many statements, no memory, no disk, too many parts: later it may work."""


class Server(ThreadingHTTPServer):
    """Accepts connections; a thread serves each for as long as its client keeps it open."""

    daemon_threads = True
    request_queue_size = 128

    engine: Engine
    """Set before the first request is served."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.metrics = Metrics()
        self.draining = threading.Event()
        self.watch = Watch(self._stop)
        self._inserts = 0
        self._idle = threading.Condition()
        super().__init__((endpoint.host, endpoint.port), Handler)

    def _stop(self, name: str) -> None:
        self.metrics.add("polymeter_store_cancelled_total")
        self.engine.stop(name)

    def refuse_when_draining(self) -> None:
        if self.draining.is_set():
            raise Busy("The store is shutting down.")

    @contextmanager
    def inserting(self) -> Iterator[None]:
        """Count an insert in flight; shutting down waits for it."""
        with self._idle:
            self.refuse_when_draining()
            self._inserts += 1
        try:
            yield
        finally:
            with self._idle:
                self._inserts -= 1
                self._idle.notify_all()

    def drain(self, seconds: float) -> bool:
        """Refuse new work and wait for the inserts in flight; True when all were answered."""
        self.draining.set()
        with self._idle:
            return self._idle.wait_for(lambda: self._inserts == 0, timeout=seconds)


class Handler(BaseHTTPRequestHandler):
    """One client connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65_536
    connection: socket.socket

    def setup(self) -> None:
        super().setup()
        # A client that stops reading must not hold one of the few connections to the engine for ever.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_S, 0))

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the metrics count requests, and statements may carry people's texts."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/ping":
            self._reply(200, b"Ok.\n")
        elif path == "/readyz":
            self._ready()
        elif path == "/metrics" and self._known():
            self._reply(
                200,
                self.server.metrics.text(self.server.engine.idle()).encode(),
                {"Content-Type": "text/plain; version=0.0.4"},
            )
        elif path != "/metrics":
            self.do_POST()

    def do_POST(self) -> None:
        started, lane, outcome = time.monotonic(), None, "refused"
        try:
            body = self._body()
            if body is None or not self._known():
                return
            statement = parse(urlsplit(self.path).query, self.headers.get("Content-Type", ""), body)
            verdict = judge(statement.sql)
            lane = settings.lane(verdict, statement.arguments)
            self._run(statement, verdict, lane)
            outcome = "ok"
        except (ConnectionError, TimeoutError, BlockingIOError):
            outcome, self.close_connection = "gone", True
        except Exception as error:
            outcome = "failed"
            self._fail(error)
        finally:
            label = lane.value if lane else "none"
            self.server.metrics.add("polymeter_store_requests_total", lane=label, outcome=outcome)
            self.server.metrics.add("polymeter_store_seconds_total", time.monotonic() - started, lane=label)

    def _known(self) -> bool:
        """Check user and password; answer 401 when they are wrong."""
        user, password = self.headers.get("X-ClickHouse-User", ""), self.headers.get("X-ClickHouse-Key", "")
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            user, _, password = base64.b64decode(token + "==").decode(errors="replace").partition(":")
        expected = self.server.endpoint
        if hmac.compare_digest(f"{user}:{password}".encode(), f"{expected.user}:{expected.password}".encode()):
            return True
        self._reply(401, b"Code: 516. DB::Exception: Wrong user or password.", {"X-ClickHouse-Exception-Code": "516"})
        return False

    def _ready(self) -> None:
        try:
            self.server.refuse_when_draining()
            with self.server.engine.borrow(Lane.INSERT) as link:
                link.connection.query("SELECT 1", "Native")
        except Exception as error:
            self._reply(503, f"{error}\n".encode(), {"Retry-After": "1"})
        else:
            self._reply(200, b"Ready.\n")

    def _body(self) -> bytes | bytearray | None:
        """Read the whole body. None, after an answer, when it is too large to be read."""
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            raw = self._chunks()
        else:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self._read(length) if length <= BODY_LIMIT else None
        if raw is None:
            self.close_connection = True
            self._reply(413, f"The body is over {BODY_LIMIT} bytes.\n".encode(), {"Connection": "close"})
            return None
        return unpack(raw, self.headers.get("Content-Encoding", ""), BODY_LIMIT)

    def _read(self, length: int) -> bytearray:
        """Read straight into one buffer: bodies are megabytes."""
        raw = bytearray(length)
        if self.rfile.readinto(raw) != length:
            raise ConnectionError("The client left in the middle of a body.")
        return raw

    def _chunks(self) -> bytearray | None:
        parts, total = [], 0
        while size := int(self.rfile.readline(1024).partition(b";")[0], 16):
            total += size
            if total > BODY_LIMIT:
                return None
            parts.append(self.rfile.read(size))
            self.rfile.readline(1024)
        self.rfile.readline(1024)
        return bytearray().join(parts)

    def _run(self, statement: Statement, verdict: Verdict, lane: Lane) -> None:
        wanted = settings.chosen(lane, verdict, statement.arguments)
        if lane is Lane.INSERT:
            with self.server.inserting(), self.server.engine.borrow(lane) as link, link.using(wanted):
                self._insert(link, statement)
            return
        self.server.refuse_when_draining()
        watch, client = self.server.watch, self.connection.fileno()
        with self.server.engine.borrow(lane) as link, watch.over(client, link.name), link.using(wanted):
            self._query(link, statement, verdict)

    def _insert(self, link: Link, statement: Statement) -> None:
        if not statement.sql.rstrip().endswith("Native"):
            raise Refused("Insert in FORMAT Native.", 73)
        head = re.sub(r"\s+FORMAT\s+Native\s*$", "", statement.sql, flags=re.I)
        result = link.insert(head, statement.data)
        self.server.metrics.add("polymeter_store_inserted_rows_total", result.rows_written())
        self.server.metrics.add("polymeter_store_inserted_bytes_total", len(statement.data))
        summary = {"written_rows": str(result.rows_written()), "written_bytes": str(result.bytes_written())}
        self._reply(200, b"", {"X-ClickHouse-Summary": json.dumps(summary)})

    def _query(self, link: Link, statement: Statement, verdict: Verdict) -> None:
        format_name = verdict.format or statement.arguments.get("default_format", "TabSeparated")
        if not verdict.streams or format_name not in STREAMED:
            result = link.connection.query(statement.sql, format_name, params=statement.parameters)
            headers = {"X-ClickHouse-Format": format_name} if verdict.answers else {}
            self._reply(200, result.bytes() or b"", headers)
            return
        with link.connection.send_query(statement.sql, format_name, params=statement.parameters) as pieces:
            first = next(pieces, None)  # an error in the statement shows here, before the status line is out
            self._stream(first, pieces, format_name)

    def _stream(self, first: object, pieces: Iterator[object], format_name: str) -> None:
        tag = secrets.token_hex(8)
        headers = {"X-ClickHouse-Format": format_name, "X-ClickHouse-Exception-Tag": tag}
        self._start(200, headers | {"Transfer-Encoding": "chunked"})
        try:
            piece = first
            while piece is not None:
                self._chunk(piece.bytes())  # type: ignore[attr-defined]
                piece = next(pieces, None)
        except ChdbError as error:
            text = f"__exception__\r\n{tag}\r\n{_message(error)}\n{len(str(error))} {tag}\r\n__exception__\r\n"
            self._chunk(text.encode())
            self.close_connection = True
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _chunk(self, data: bytes) -> None:
        if data:
            self.wfile.write(b"%x\r\n" % len(data))
            self.wfile.write(data)
            self.wfile.write(b"\r\n")

    def _fail(self, error: Exception) -> None:
        message = _message(error)
        code = str(error.code) if isinstance(error, Refused) else (ENGINE_CODE.search(message) or ["", "1002"])[1]
        status = 413 if isinstance(error, TooLarge) else 400 if isinstance(error, (Refused, ValueError)) else 500
        headers = {"X-ClickHouse-Exception-Code": code}
        if isinstance(error, Busy) or code in OVERLOADED:
            code = "202" if isinstance(error, Busy) else code
            status, headers = 503, {"X-ClickHouse-Exception-Code": code, "Retry-After": "1"}
        if not isinstance(error, ChdbError | RuntimeError):
            message = f"Code: {code}. DB::Exception: {message}"
        self._reply(404 if code == "60" else status, message.encode(), headers)

    def _start(self, status: int, headers: dict[str, str]) -> None:
        self.send_response_only(status)
        self.send_header("X-ClickHouse-Timezone", "UTC")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self._start(status, (headers or {}) | {"Content-Length": str(len(body))})
        self.wfile.write(body)
        self.wfile.flush()


def _message(error: Exception) -> str:
    """Return the engine's own sentence, without the driver's wrapping."""
    text = str(error)
    return text[max(text.find("Code: "), 0) :]
