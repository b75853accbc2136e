"""Make both stores, prices, people and static files ready for use; safe to repeat, quick when nothing is due."""

import json
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.core.management.base import CommandParser
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor

from config import assets
from projects import bootstrap
from store import client

STORE_PATIENCE_S = 60.0


class Command(BaseCommand):
    help = "Migrate both stores, load prices, make the first admin, project and key, and load the demo month."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print what the launcher shows as one JSON line")

    def handle(self, *args: Any, **options: Any) -> None:
        migrate_control_plane()
        assets.collect()
        wait_for_store()
        call_command("migrate_events", stdout=sys.stderr)
        call_command("load_catalogue", stdout=sys.stderr)
        first = bootstrap.ensure()
        if settings.DEMO:
            call_command("demo", stdout=sys.stderr)
        if options["json"]:
            self.stdout.write(json.dumps(first))


def migrate_control_plane() -> None:
    """Run Django's migrations only when one is missing: finding out is ten times cheaper than running them."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)


def wait_for_store() -> None:
    """The store process starts beside this one and needs a moment."""
    deadline = time.monotonic() + STORE_PATIENCE_S
    while not client.ping():
        if time.monotonic() > deadline:
            raise CommandError(f"The event store does not answer after {STORE_PATIENCE_S:.0f} s.")
        time.sleep(0.05)
