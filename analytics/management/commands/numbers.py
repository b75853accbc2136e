"""Print docs/numbers.md as it should be."""

from typing import Any

from django.core.management.base import BaseCommand

from analytics.numbers import document


class Command(BaseCommand):
    """Redirect it into the file after changing a measure or a dimension."""

    help = "Print what every number means: `manage.py numbers > docs/numbers.md`."

    def handle(self, **options: Any) -> None:
        self.stdout.write(document(), ending="")
