"""`manage.py beat`: the clock that nudges the workers."""

from typing import Any

from celery import platforms
from celery.apps.beat import Beat
from celery.beat import Service
from django.core.management.base import BaseCommand


class Clock(Beat):
    """Celery's beat, ended between two ticks: its own way out closes the schedule under a tick that goes on."""

    def install_sync_handler(self, service: Service) -> None:
        def end(*_: object) -> None:
            service.stop()

        platforms.signals.update(SIGTERM=end, SIGINT=end)


class Command(BaseCommand):
    help = "Send each job of the schedule on time. Run one; two would only do work twice."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        from config.celery import app  # imported late: makes its folders in DATA_DIR

        # A tick a second, so that it ends within one.
        Clock(app=app, max_interval=1, loglevel="WARNING", quiet=True).run()
