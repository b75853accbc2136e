"""Where the embedded event store listens and the password it wants: one private file in the data directory."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

USER: Final = "polymeter"
HOST: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a client needs to reach the embedded store."""

    host: str
    port: int
    user: str
    password: str


def path(data_dir: Path) -> Path:
    """Return the file that holds the endpoint of the store in `data_dir`."""
    return data_dir / "store" / "endpoint.json"


def read(data_dir: Path) -> Endpoint | None:
    """Return the last announced endpoint, or None when no store ever ran here."""
    try:
        return Endpoint(**json.loads(path(data_dir).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def write(data_dir: Path, endpoint: Endpoint) -> None:
    """Announce `endpoint`: readable by this user only, and never half written."""
    target = path(data_dir)
    draft = target.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(endpoint), file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)


def propose(data_dir: Path, port: int) -> Endpoint:
    """Return the endpoint to try next: the old password always, the old port unless `port` names another (0: any)."""
    old = read(data_dir)
    password = old.password if old else secrets.token_urlsafe(32)
    return Endpoint(HOST, port or (old.port if old else 0), USER, password)
