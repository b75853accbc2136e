"""`manage.py demo`: load thirty days of demo traffic into the demo project, once."""

import time
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser

from ingest.demo import load
from ingest.demo.load import Progress
from projects.models import Project

WIDTH = 30


class Command(BaseCommand):
    help = "Load thirty days of demo traffic that ends now into the demo project. Repeating it adds nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", help="slug of another project; it must have no calls of its own")

    def handle(self, *args: Any, **options: Any) -> None:
        project = _project(options["project"])
        if load.is_loaded(project):
            self.stdout.write("Demo traffic is loaded already.")
            return
        began = time.monotonic()
        done = Progress(0, 1, 0)
        for done in load.load(project):
            self._show(done)
        self.stdout.write(f"Loaded {done.calls:,} demo calls of {done.of} days in {time.monotonic() - began:.0f} s.")

    def _show(self, done: Progress) -> None:
        """Redraw the bar on a terminal; elsewhere say a line now and then."""
        filled = round(WIDTH * done.days / done.of)
        bar = "#" * filled + "." * (WIDTH - filled)
        line = f"Demo traffic [{bar}] {done.days:2}/{done.of} days, {done.calls:,} calls"
        if self.stdout.isatty():
            self.stdout.write(line, ending="\n" if done.days == done.of else "\r")
            self.stdout.flush()
        elif done.days % 10 == 0:
            self.stdout.write(line)


def _project(slug: str | None) -> Project:
    if slug is not None:
        found = Project.objects.filter(slug=slug).first()
        if found is None:
            raise CommandError(f"There is no project {slug!r}.")
        return found
    found = Project.objects.filter(is_demo=True).order_by("pk").first()
    if found is None:
        raise CommandError("There is no demo project. Start once with DEMO=1, or name one with --project.")
    return found
