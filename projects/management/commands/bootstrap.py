"""`manage.py bootstrap`: make the first person, project and key, and print once what was made up."""

from typing import Any

from django.core.management.base import BaseCommand

from projects import bootstrap


class Command(BaseCommand):
    help = "Make the admin, one project and one key if they are missing. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        first = bootstrap.ensure()
        self.stdout.write(f"Project   {first['project']}")
        self.stdout.write(f"Login     {first['username']}")
        self.stdout.write(f"Password  {first['password'] or 'unchanged, or as ADMIN_PASSWORD says'}")
        self.stdout.write(f"Key       {first['key'] or 'unchanged, or as DEMO_KEY says'}")
