"""Where a batch of calls comes from: project, key, sender, and what is fixed for the length of one request."""

import re
import time
from typing import NamedTuple

NATIVE = "native"
PRODUCT = re.compile(r"([^\s/()]{1,128})(?:/([^\s()]{1,64}))?")


class Origin(NamedTuple):
    """What every call of one request shares; stamped by us, never part of what the sender told."""

    project_id: int
    key: str = ""
    """Visible prefix of the key."""
    sender_name: str = ""
    sender_version: str = ""
    dialect: str = NATIVE
    now_us: int = 0
    keep_days: int = 0
    """0 is forever."""


def now_us() -> int:
    """Return the present as microseconds since 1970."""
    return time.time_ns() // 1000


def product(user_agent: str) -> tuple[str, str]:
    """Return name and version of the first product in a User-Agent header: who sent this, unless the call says so."""
    found = PRODUCT.match(user_agent.strip())
    return (found[1], found[2] or "") if found else ("", "")
