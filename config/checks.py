"""Settings that contradict each other, as system checks with hints. `manage.py check --deploy` runs them all."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

Apps = Sequence[AppConfig] | None


@register(Tags.compatibility)
def contradictions(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Combinations that cannot work."""
    found: list[CheckMessage] = []
    if settings.DEMO_KEY and settings.DEMO_KEY == settings.ADMIN_PASSWORD:
        hint = "Use two different secrets: one is sent by machines, the other opens every page."
        found.append(Error("DEMO_KEY and ADMIN_PASSWORD are the same.", hint=hint, id="polymeter.E001"))
    if settings.HTTPS and not settings.TRUST_PROXY:
        hint = "Set TRUST_PROXY=1 if a proxy of yours speaks HTTPS in front of this port, else use an http:// SITE_URL."
        message = "SITE_URL is https, but this port speaks plain HTTP and no proxy is trusted."
        found.append(Warning(message, hint=hint, id="polymeter.W001"))
    return found


@register(Tags.security, deploy=True)
def exposed(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Fine on a laptop, not on the internet."""
    found: list[CheckMessage] = []
    if settings.DEBUG:
        hint = "Unset DEBUG: its error pages show source code and settings to anyone."
        found.append(Error("DEBUG is on.", hint=hint, id="polymeter.E002"))
    if "*" in settings.ALLOWED_HOSTS:
        hint = "Set ALLOWED_HOSTS to the names people use, separated by commas."
        found.append(Warning("Any Host header is answered.", hint=hint, id="polymeter.W002"))
    if not settings.HTTPS:
        hint = "Put a proxy with HTTPS in front, then set SITE_URL=https://… and TRUST_PROXY=1."
        found.append(Warning("Passwords and keys travel unencrypted.", hint=hint, id="polymeter.W003"))
    return found


@register(Tags.database)
def several_machines(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """A shared event store needs a shared control database."""
    on_file = "sqlite3" in settings.DATABASES["default"]["ENGINE"]
    if settings.EVENTS_URL == "embedded" or not on_file:
        return []
    hint = "Fine on one machine; with several, set DATABASE_URL=postgres://… so that all see the same keys."
    return [Warning("EVENTS_URL names a server while people and keys are in a file.", hint=hint, id="polymeter.W004")]
