"""Tags and metadata: what an application sticks on its calls, in the shapes that libraries send."""

from typing import Any

from ingest.dialects.span import Attributes
from ingest.dialects.table import Names
from ingest.dialects.values import json, mapping, text
from polymeter.event import Limits

TAGS = ("tags", "app.tags", "tag.tags", "polymeter.tags")


def tags(attributes: Attributes) -> dict[str, str] | None:
    """Labels sent as a list, as an object or as JSON text of one. A bare label gets the value "true"."""
    found: dict[str, str] = {}
    for name in TAGS:
        if name in attributes:
            found |= as_tags(json(attributes[name]))
    return found or None


def as_tags(value: Any) -> dict[str, str]:
    """Turn a list, an object or comma-separated text into tags within the limits."""
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    if isinstance(value, list):
        value = dict.fromkeys((item for item in value if isinstance(item, str)), "true")
    if not isinstance(value, dict):
        return {}
    cut = [
        (str(key)[: Limits.TAG_KEY_CHARS], (text(item) or "")[: Limits.TAG_VALUE_CHARS]) for key, item in value.items()
    ]
    return dict([(key, item) for key, item in cut if key and item][: Limits.TAGS])


def metadata(value: Any, known: Names) -> tuple[dict[str, Any], dict[str, str]]:
    """Split an application's metadata object into facts that have a field and the rest, which become tags."""
    stated = mapping(value)
    facts = {known[key]: text(item) for key, item in stated.items() if key in known and text(item)}
    return facts, as_tags({key: item for key, item in stated.items() if key not in known})
