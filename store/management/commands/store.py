"""`manage.py store`: own the embedded event engine and serve it on loopback."""

import ctypes
import signal
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Run the embedded event store. One process per DATA_DIR; absent when EVENTS_URL names a server."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--with-parent", action="store_true", help="Stop when the parent process ends.")

    def handle(self, *args: Any, with_parent: bool, **options: Any) -> None:
        # chdb would load pyarrow for answers in Arrow, which nobody asks for: 40 MB and a second of start less.
        sys.modules.setdefault("pyarrow", None)  # type: ignore[arg-type]
        from store.engine import process  # late: loading the engine takes half a second and a quarter of a gigabyte

        if with_parent:
            ctypes.CDLL(None).prctl(1, signal.SIGTERM)
        try:
            process.run(settings.DATA_DIR, settings.STORE_PORT)
        except process.CannotStart as error:
            raise CommandError(str(error)) from None
