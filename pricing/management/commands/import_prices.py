"""manage.py import_prices FILE: put your own prices over the list prices. Safe to repeat; see docs/cost.md."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pricing.pricefile import read
from pricing.publish import publish
from pricing.records import PriceError


class Command(BaseCommand):
    help = "Import a price file (JSON, docs/cost.md). The same file again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--name", help="What to call this price list (default: the file's own name)")
        parser.add_argument("--by", default="", help="Who enters it; kept with the version")
        parser.add_argument("--dry-run", action="store_true", help="Check the file and say what it holds")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        try:
            prices = read(file.read_text(encoding="utf-8"), options["name"] or file.stem, entered_by=options["by"])
        except (OSError, UnicodeDecodeError) as exc:
            raise CommandError(f"Cannot read {file}: {exc}") from exc
        except PriceError as exc:
            raise CommandError(f"{file}: {exc}") from exc
        if options["dry_run"]:
            self.stdout.write(
                f"{prices.book}: {len(prices.sheets)} prices under {len(prices.names)} names; not imported."
            )
            return
        done = publish(prices)
        if done.version is None:
            self.stdout.write(f"{prices.book}: nothing changed.")
        else:
            self.stdout.write(
                f"{prices.book}: price book version {done.version}, {done.added} prices added, {done.retired} retired."
            )
