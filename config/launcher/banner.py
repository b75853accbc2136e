"""What a person needs to see once everything runs: where, as whom, and with which key."""

from collections.abc import Mapping
from typing import Any

from config import settings

WIDTH = 78


def text(first: Mapping[str, Any], host: str, port: int) -> str:
    """The block printed after a start. A random password or key is shown on the start that made it, never again."""
    url = address(host, port)
    password = first["password"] or _known(settings.ADMIN_PASSWORD, "ADMIN_PASSWORD", "password")
    rows = [
        ("Open", url),
        ("Login", f"{first['username']} / {password}"),
        ("Project", f"{first['project']}  {url}/p/{first['project']}/overview/"),
        ("Key", first["key"] or _known(settings.DEMO_KEY, "DEMO_KEY", "key; Settings, API keys makes another")),
        ("Send", f"{url}/api/v1/calls   OpenTelemetry: {url}/v1/traces"),
        ("Stop", "Ctrl-C"),
    ]
    lines = [f"  {label:<8} {value}" for label, value in rows]
    return "\n".join(["", "Polymeter is ready", "-" * WIDTH, *lines, "-" * WIDTH])


def _known(given: str | None, name: str, what: str) -> str:
    """What to say of a secret that is not printed: a given one stays out of logs, a random one is shown once."""
    return f"(the value of {name})" if given else f"(as printed at the first start: your {what})"


def address(host: str, port: int) -> str:
    """The URL to open in a browser: a wildcard address is reached as localhost."""
    name = "localhost" if host in {"0.0.0.0", "::", "127.0.0.1"} else host  # noqa: S104 (compared, not bound)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
