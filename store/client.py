"""The one way to the event store, embedded or a cluster: clickhouse-connect over HTTP, with every setting pinned."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from urllib.parse import parse_qs, unquote, urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.ctypes import RespBuffCls
from clickhouse_connect.driver.exceptions import ClickHouseError
from clickhouse_connect.driver.httputil import ResponseSource, get_pool_manager
from clickhouse_connect.driver.transform import NativeTransform
from django.conf import settings
from urllib3.exceptions import ConnectTimeoutError, HTTPError, ReadTimeoutError

from store import cluster, endpoint, native

if TYPE_CHECKING:
    from clickhouse_connect.driver.httpclient import HttpClient
    from clickhouse_connect.driver.query import QueryResult
    from urllib3.response import HTTPResponse

DATABASE: Final = "polymeter"
PROJECT: Final = "{project_id:UInt32}"
READ_S: Final = 15
INSERT_S: Final = 60
MAINTENANCE_S: Final = 600
PROBE_S: Final = 2
WRITABLE: Final = (
    "SELECT (SELECT count() FROM system.replicas WHERE database = currentDatabase() AND is_readonly) AS read_only,"
    " (SELECT count() FROM calls WHERE 0) AS reached"
)
PINNED: Final[dict[str, Any]] = {
    "async_insert": 0,  # an acknowledgement means durable; a server of this version would otherwise buffer
    "max_threads": 2,
    "max_memory_usage": 1_000_000_000,
    "mutations_sync": 1,
}
WRONG_PASSWORD: Final = 516
RETRYABLE: Final = frozenset({75, 159, 164, 202, 209, 210, 241, 242, 243, 252, 279, 285, 319, 394, 425, 999})
"""Time, memory, disk, too many statements or parts, network, no quorum, stopped: the same call may work later."""

T = TypeVar("T")


class StoreError(Exception):
    """The store did not do it. `retry` tells whether the same call may succeed later; `code` is ClickHouse's."""

    def __init__(self, message: str, *, retry: bool, code: int | None = None, moved: bool = False) -> None:
        super().__init__(message)
        self.retry = retry
        self.code = code
        self.moved = moved
        """Whether the connection failed, so that the store may be found elsewhere."""


@dataclass(frozen=True, slots=True)
class Address:
    """A server, whichever kind."""

    host: str
    port: int
    user: str
    password: str
    database: str = DATABASE
    secure: bool = False
    cluster: str | None = None


def address() -> Address:
    """Return where events live now; the embedded store may have moved since the last look."""
    if settings.EVENTS_URL != "embedded":
        return parse_url(settings.EVENTS_URL)
    found = endpoint.read(settings.DATA_DIR)
    if found is None:
        raise StoreError(f"No event store has run in {settings.DATA_DIR} yet: start `manage.py store`.", retry=True)
    return Address(found.host, found.port, found.user, found.password)


def parse_url(url: str) -> Address:
    """Read clickhouse://user:password@host:port/database[?secure=1&cluster=name]; clickhouses:// is secure, too."""
    parts = urlsplit(url)
    if parts.scheme not in {"clickhouse", "clickhouses"} or not parts.hostname:
        raise ValueError(f"EVENTS_URL={url!r}: use `embedded` or clickhouse://user:password@host:port/database.")
    options = parse_qs(parts.query)
    secure = parts.scheme == "clickhouses" or options.get("secure", ["0"])[0] in {"1", "true"}
    return Address(
        host=parts.hostname,
        port=parts.port or (8443 if secure else 8123),
        user=unquote(parts.username or "default"),
        password=unquote(parts.password or ""),
        database=parts.path.strip("/") or DATABASE,
        secure=secure,
        cluster=options.get("cluster", [None])[0],
    )


class Connections:
    """The HTTP clients of this process, one for each time limit; each is safe to share between threads."""

    def __init__(self) -> None:
        self._clients: dict[int, Client] = {}
        self._types: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()

    def get(self, seconds: int) -> Client:
        """Return the client whose statements may take `seconds`, connecting on first use."""
        client = self._clients.get(seconds)
        if client is None:  # connecting outside of the lock: many threads must not queue behind a server that is away
            client = self._connect(address(), seconds)
            with self._lock:
                client = self._clients.setdefault(seconds, client)
        return client

    def types(self, table: str) -> dict[str, str]:
        """Return the type of each column, asked once; a table only changes by migrations, before processes start."""
        if table not in self._types:
            found = _reading(READ_S, lambda client: client.query(f"DESCRIBE TABLE {table}"))
            self._types[table] = {row["name"]: row["type"] for row in found.named_results()}
        return self._types[table]

    def forget(self) -> None:
        """Connect anew at the next use: the store may have moved."""
        with self._lock:
            self._clients.clear()

    def reset(self) -> None:
        """Forget clients and tables, as after a change of EVENTS_URL or DATA_DIR."""
        self.forget()
        self._types.clear()

    def _connect(self, to: Address, seconds: int) -> Client:
        pinned = PINNED | {"max_execution_time": seconds}
        if to.cluster:  # acknowledge only what every shard has, and wait for changes on every replica
            pinned |= {"distributed_foreground_insert": 1, "mutations_sync": 2}
        return clickhouse_connect.get_client(
            host=to.host,
            port=to.port,
            username=to.user,
            password=to.password,
            database=to.database,
            secure=to.secure,
            compress=to.host != endpoint.HOST,
            connect_timeout=5,
            send_receive_timeout=seconds + 10,
            autogenerate_session_id=False,
            query_retries=0,
            settings=pinned,
            tz_mode="aware",
            pool_mgr=get_pool_manager(maxsize=32, num_pools=2),
        )


connections = Connections()


def select(sql: str, *, project_id: int, timeout_s: int = READ_S, **params: Any) -> list[dict[str, Any]]:
    """Return the rows of one project. The SQL must hold `{project_id:UInt32}`; other values are `{name:Type}`."""
    return _rows(_tenant(sql), {"project_id": project_id} | params, timeout_s)


def stream(sql: str, *, project_id: int, **params: Any) -> Iterator[dict[str, Any]]:
    """Yield the rows of one project without ever holding them all. Leaving the loop early stops the statement."""
    bound = _bound({"project_id": project_id} | params)
    tenant_sql = _tenant(sql)
    with _errors():
        answer = _reading(MAINTENANCE_S, lambda client: client.raw_stream(tenant_sql, bound, fmt="Native"))
        for names, block in _blocks(cast("HTTPResponse", answer), sql):
            for row in zip(*block, strict=True):
                yield dict(zip(names, row, strict=True))


def _blocks(response: "HTTPResponse", sql: str) -> Iterator[tuple[Sequence[str], Sequence[Sequence[Any]]]]:
    """Yield the names and the columns of each block of a Native answer."""
    source = Answer(response, exception_tag=response.headers.get("X-ClickHouse-Exception-Tag"))
    context = connections.get(MAINTENANCE_S).create_query_context(sql, streaming=True)
    buffer = RespBuffCls(source)  # type: ignore[no-untyped-call]
    result = cast("QueryResult", NativeTransform.parse_response(buffer, context))
    if not result.column_names:
        return
    with result.column_block_stream as blocks:
        for block in blocks:
            yield result.column_names, block


class Answer(ResponseSource):
    """An answer that is hung up when left early: the driver would read it to its end first."""

    def close(self) -> None:
        self.response.close()


def operator_select(sql: str, **params: Any) -> list[dict[str, Any]]:
    """Return rows across projects, for watermarks and nightly checks. Never call it from a page."""
    return _rows(sql, params, MAINTENANCE_S)


def look_up(sql: str, **params: Any) -> list[dict[str, Any]]:
    """Return what the writer must know before it can acknowledge: across projects, and never behind a page."""
    bound = _bound(params)
    result = _reading(READ_S, lambda client: client.query(sql, parameters=bound, settings={"quota_key": "lookup"}))
    return list(result.named_results())


def insert(table: str, columns: Mapping[str, Sequence[Any]], *, token: str) -> None:
    """Write rows durably. Repeating the call with the same token and rows writes nothing more."""
    with _errors():
        body = native.insert(table, columns, connections.types(table))
        options = {"insert_deduplication_token": token}
        cast("HttpClient", connections.get(INSERT_S)).raw_insert(insert_block=body, settings=options)


def maintain(sql: str, **params: Any) -> None:
    """Run INSERT ... SELECT, ALTER, OPTIMIZE, DELETE or DDL; at most ten minutes, never next to pages."""
    to = address()
    define(cluster.everywhere(sql, to.cluster) if to.cluster else sql, **params)


def define(sql: str, **params: Any) -> None:
    """Run a statement exactly as it is, as migrations do."""
    with _errors():
        connections.get(MAINTENANCE_S).command(sql, parameters=_bound(params))


def database() -> str:
    """Return the name of the database that holds the tables."""
    return DATABASE if settings.EVENTS_URL == "embedded" else address().database


def create_database(cluster_name: str | None = None) -> None:
    """Create the database on a server that does not have it; the embedded store made its own."""
    if settings.EVENTS_URL == "embedded":
        return
    where = f" ON CLUSTER '{cluster_name}'" if cluster_name else ""
    to = address()
    with _errors():
        client = clickhouse_connect.get_client(
            host=to.host, port=to.port, username=to.user, password=to.password, secure=to.secure
        )
        client.command(f"CREATE DATABASE IF NOT EXISTS {to.database}{where}")
        client.close()


def ping() -> bool:
    """Return whether the store answers a statement now."""
    try:
        return _rows("SELECT 1 AS one", {}, READ_S) == [{"one": 1}]
    except StoreError:
        return False


def writable() -> bool:
    """Return whether an insert would be taken now: calls can be reached, and no replica of theirs is read-only."""
    try:
        return bool(_reading(PROBE_S, lambda client: client.query(WRITABLE)).result_rows == [(0, 0)])
    except StoreError:
        return False


def _tenant(sql: str) -> str:
    if PROJECT not in sql:
        raise ValueError(f"A question about events must hold {PROJECT}.")
    return sql


def _rows(sql: str, params: Mapping[str, Any], timeout_s: int) -> list[dict[str, Any]]:
    bound = _bound(params)
    limit = READ_S if timeout_s <= READ_S else MAINTENANCE_S
    options = {} if timeout_s == limit else {"max_execution_time": timeout_s}
    result = _reading(limit, lambda client: client.query(sql, parameters=bound, settings=options))
    return list(result.named_results())


def _bound(params: Mapping[str, Any]) -> dict[str, Any]:
    """Spell times out: the driver would drop their microseconds."""
    return {name: _spelled(value) for name, value in params.items()}


def _spelled(value: Any) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("Times must be aware.")
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S" + (".%f" if value.microsecond else ""))
    return value


def _reading(seconds: int, ask: Callable[[Client], T]) -> T:
    """Ask once; when the connection is gone, look where the store is now and ask once more."""
    try:
        with _errors():
            return ask(connections.get(seconds))
    except StoreError as error:
        if not error.moved:
            raise
    with _errors():
        return ask(connections.get(seconds))


@contextmanager
def _errors() -> Iterator[None]:
    """Turn the driver's errors into StoreError, and forget clients that lost their server."""
    try:
        yield
    except (ClickHouseError, OSError, HTTPError) as error:
        code = getattr(error, "code", None)
        moved = (code is None and not _timed_out(error)) or code == WRONG_PASSWORD
        if moved:
            connections.forget()
        raise StoreError(str(error), retry=code is None or code in RETRYABLE, code=code, moved=moved) from error


def _timed_out(error: BaseException | None) -> bool:
    """A statement that took too long is not asked again: it would take too long twice."""
    while error is not None:
        if isinstance(error, ReadTimeoutError | TimeoutError) and not isinstance(error, ConnectTimeoutError):
            return True
        error = error.__cause__ or error.__context__
    return False
