"""`manage.py migrate_events`: bring the event store's tables to this version."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from store import migrate


class Command(BaseCommand):
    help = "Apply the numbered SQL files that this event store has not seen yet."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cluster", help="Make replicated local tables and Distributed ones over this cluster.")
        parser.add_argument("--print", action="store_true", dest="only_print", help="Print the SQL, run nothing.")

    def handle(self, *args: Any, cluster: str | None, only_print: bool, **options: Any) -> None:
        if only_print:
            self.stdout.write("".join(f"{sql};\n\n" for sql in migrate.script(cluster)))
            return
        for name in migrate.apply(cluster):
            self.stdout.write(f"applied {name}")
