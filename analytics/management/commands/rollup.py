"""Bring the rollups up to date now, or make all of them again."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analytics import rollup
from projects.models import Project


class Command(BaseCommand):
    """Safe to stop, to repeat, and to run beside the worker."""

    help = "Bring the rollups of all projects up to date; with --rebuild, make them again from the calls."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rebuild", action="store_true", help="make every hour and day again")
        parser.add_argument("--project", help="slug of one project; default: all")
        parser.add_argument("--timeout", type=int, default=3600, help="seconds to wait for one project")

    def handle(self, **options: Any) -> None:
        projects = Project.objects.order_by("pk")
        if options["project"]:
            projects = projects.filter(slug=options["project"])
            if not projects:
                raise CommandError(f"There is no project {options['project']!r}.")
        for project in projects:
            timeout = timedelta(seconds=options["timeout"])
            made = rollup.settle(project.pk, rebuild=options["rebuild"], timeout=timeout)
            self.stdout.write(f"{project.slug}: {made.hours} hours and {made.days} days made again")
