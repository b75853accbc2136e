"""manage.py load_catalogue: bring the list prices we ship into the price book. Safe to repeat."""

from typing import Any

from django.core.management.base import BaseCommand

from pricing.catalogue.load import load


class Command(BaseCommand):
    help = "Load the list prices we ship (imported catalogue and history). Does nothing when they are loaded."

    def handle(self, *args: Any, **options: Any) -> None:
        changes = [done for done in load() if done.version is not None]
        if not changes:
            self.stdout.write("Price catalogue is up to date.")
        for done in changes:
            self.stdout.write(f"Price book version {done.version}: {done.added} prices added, {done.retired} retired.")
