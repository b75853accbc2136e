"""Read settings from the environment. A bad value is refused with one line that names it."""

import fcntl
import os
import secrets
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

CONNECT_TIMEOUT_S = 5
SQLITE_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;"


def text(name: str, default: str | None = None) -> str:
    """Return `$name`, or the contents of the file named by `$name_FILE`."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text().strip()
        except (OSError, UnicodeDecodeError) as exc:
            raise ImproperlyConfigured(f"{name}_FILE={path!r} cannot be read: {reason(exc)}.") from exc
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set {name} (or {name}_FILE). See docs/settings.md.")
    return value


def flag(name: str, *, default: bool) -> bool:
    """Return a switch: 1, true, yes, on or 0, false, no, off."""
    value = os.environ.get(name, "1" if default else "0").strip().lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name}={value!r}: use 1 or 0.")


def number(name: str, default: int, *, low: int, high: int) -> int:
    """Return a whole number from low to high, both included."""
    raw = os.environ.get(name, str(default)).strip()
    if not (raw.isascii() and raw.isdigit()) or not low <= int(raw) <= high:
        raise ImproperlyConfigured(f"{name}={raw!r}: use a whole number from {low} to {high}.")
    return int(raw)


def choice(name: str, default: str, allowed: Collection[str]) -> str:
    """Return one of the allowed words, upper case."""
    value = os.environ.get(name, default).strip().upper()
    if value not in allowed:
        raise ImproperlyConfigured(f"{name}={value!r}: use one of {', '.join(allowed)}.")
    return value


def words(name: str, default: str) -> list[str]:
    """Return a comma-separated list without empty items."""
    found = [word.strip() for word in text(name, default).split(",") if word.strip()]
    if not found:
        raise ImproperlyConfigured(f"{name} is empty: use names separated by commas.")
    return found


def secret(name: str, *, shortest: int) -> str | None:
    """Return a secret, or None when it is not set. Its value never appears in a refusal."""
    value = text(name, "")
    if not value:
        return None
    if len(value) < shortest:
        raise ImproperlyConfigured(f"{name} has {len(value)} characters: use at least {shortest}.")
    return value


def directory(name: str, default: Path) -> Path:
    """Return a directory that can be written to; made if it is not there yet."""
    path = Path(os.environ.get(name) or default).expanduser().absolute()
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Asking by permission bits is not enough: root passes them on a read-only disk.
        with tempfile.TemporaryFile(dir=path):
            pass
    except (OSError, ValueError) as exc:
        raise ImproperlyConfigured(
            f"{name}={str(path)!r} cannot be written to ({reason(exc)}). Choose a directory this user may write."
        ) from exc
    return path


def kept_secret(name: str, path: Path) -> str:
    """Return `$name`, else the secret in this file, which is made once and readable by its owner only."""
    if given := secret(name, shortest=32):
        return given
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # several parts start at once on the first day
            value = file.read().strip()
            if not value:
                value = secrets.token_urlsafe(64)
                file.write(value)
    except (OSError, UnicodeDecodeError) as exc:
        raise ImproperlyConfigured(f"{name}: {str(path)!r} cannot be used: {reason(exc)}.") from exc
    return value


def url(name: str, default: str, schemes: Collection[str], *, example: str) -> SplitResult:
    """Return an address with one of these schemes and, unless it is a file, a host."""
    raw = text(name, default).strip()
    try:
        parts = urlsplit(raw)
        _ = parts.port
    except ValueError as exc:
        raise ImproperlyConfigured(f"{name} is not an address: {exc}. Use {example}.") from exc
    if parts.scheme not in schemes:
        raise ImproperlyConfigured(f"{name} has the scheme {parts.scheme!r}: use {example}.")
    if parts.scheme != "sqlite" and not parts.hostname:
        raise ImproperlyConfigured(f"{name} names no host: use {example}.")
    return parts


def database(name: str, default: Path) -> dict[str, Any]:
    """Return Django's description of the control database: SQLite in a file, or PostgreSQL."""
    example = "sqlite:////path/to/file or postgres://user:password@host/name"
    parts = url(name, f"sqlite:///{default}", ("sqlite", "postgres", "postgresql"), example=example)
    return _sqlite(name, parts) if parts.scheme == "sqlite" else _postgres(name, parts, example)


def _sqlite(name: str, parts: SplitResult) -> dict[str, Any]:
    """sqlite:////absolute or sqlite:///relative, as everywhere else."""
    file = unquote(parts.path.removeprefix("/"))
    if parts.netloc or not file:
        raise ImproperlyConfigured(f"{name} names no file: use sqlite:////absolute/path/to/file.")
    path = Path(file).absolute()
    if path.is_dir() or not path.parent.is_dir():
        raise ImproperlyConfigured(f"{name}: {str(path)!r} is not a file in an existing directory.")
    # IMMEDIATE: a transaction that reads first and writes later must wait for its turn at the start, not fail halfway.
    options = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_PRAGMAS}
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": options, "CONN_MAX_AGE": 600}


def _postgres(name: str, parts: SplitResult, example: str) -> dict[str, Any]:
    database_name = unquote(parts.path.removeprefix("/"))
    if not database_name:
        raise ImproperlyConfigured(f"{name} names no database: use {example}.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database_name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": {"connect_timeout": CONNECT_TIMEOUT_S} | dict(parse_qsl(parts.query)),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }


def reason(exc: Exception) -> str:
    """Return what went wrong in a few lower-case words."""
    if isinstance(exc, OSError) and exc.strerror:
        return exc.strerror.lower()
    return str(exc).splitlines()[0].lower()


def site(name: str, default: str) -> str:
    """Return the address people use for the pages, without a trailing slash."""
    parts = url(name, default, ("http", "https"), example="https://polymeter.example.com")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise ImproperlyConfigured(f"{name} is more than a host: use something like https://polymeter.example.com.")
    return f"{parts.scheme}://{parts.netloc}"
