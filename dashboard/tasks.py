"""Jobs of the pages. Each catches up from what the databases say and may be lost, late or doubled."""

import logging

from celery import shared_task
from django.utils import timezone

from dashboard import colours
from projects.models import Project
from store.client import StoreError

log = logging.getLogger(__name__)


@shared_task
def keep_colours() -> int:
    """Write down the colours that names were given since the last time; return how many changed."""
    changed = 0
    for project_id in Project.objects.values_list("pk", flat=True):
        try:
            changed += sum(colours.keep(project_id, dimension, timezone.now()) for dimension in colours.COLOURED)
        except StoreError as exc:
            log.warning("project %s: colours wait for the next run: %s", project_id, exc)
    return changed
