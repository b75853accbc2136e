"""Collect the static files under names that carry their hash, again only when one of them changed."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.management.commands.collectstatic import Command
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage


def collect() -> None:
    root = Path(settings.STATIC_ROOT)
    stamp, wanted = root / "collected", fingerprint()
    if not stamp.exists() or stamp.read_text() != wanted:
        command = Command()
        command.storage = CompressedManifestStaticFilesStorage()  # settings choose it only once there is a manifest
        call_command(command, interactive=False, verbosity=0, clear=True)
        stamp.write_text(wanted)


def fingerprint() -> str:
    """A hash over every source file's name, size and time of change."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            stat = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
