"""Speaks to the store process without any driver, so that tests see the protocol itself."""

import http.client
import socket
from dataclasses import dataclass
from urllib.parse import urlencode

from tests.services.store import StoreProcess


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(
    store: StoreProcess,
    sql: str | bytes = "",
    *,
    method: str = "POST",
    path: str = "/",
    headers: dict[str, str] | None = None,
    password: str | None = None,
    **arguments: str,
) -> Answer:
    """Send one request with the right password, unless another is given."""
    to = store.endpoint
    keys = {"X-ClickHouse-User": to.user, "X-ClickHouse-Key": to.password if password is None else password}
    connection = http.client.HTTPConnection(to.host, to.port, timeout=30)
    try:
        url = f"{path}?{urlencode(arguments)}"
        connection.request(method, url, sql if isinstance(sql, bytes) else sql.encode(), keys | (headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()


def start(store: StoreProcess, sql: str) -> socket.socket:
    """Send a statement and return the open socket without reading the answer."""
    to = store.endpoint
    link = socket.create_connection((to.host, to.port), timeout=30)
    head = f"POST / HTTP/1.1\r\nHost: store\r\nX-ClickHouse-User: {to.user}\r\nX-ClickHouse-Key: {to.password}\r\n"
    link.sendall(f"{head}Content-Length: {len(sql)}\r\n\r\n{sql}".encode())
    return link


def metric(store: StoreProcess, name: str) -> float:
    """Return one value of /metrics, 0 when it is not there yet."""
    for line in ask(store, method="GET", path="/metrics").text.splitlines():
        if line.startswith(f"{name} "):
            return float(line.rsplit(" ", 1)[1])
    return 0.0
