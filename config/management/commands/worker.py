"""`manage.py worker`: run jobs."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Run jobs on a few threads. Many workers may run at once; every job may be repeated."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--threads", type=int, default=2, help="how many jobs run at the same time (2)")

    def handle(self, *args: Any, threads: int, **options: Any) -> None:
        from config.celery import app  # imported late: the other commands do without Celery

        os.environ.pop("BROKER_URL", None)  # Celery's own command line would read it, and knows no `folder`
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING")
        app.start(["--quiet", "worker", "--pool", "threads", "--concurrency", str(threads), *quiet])
