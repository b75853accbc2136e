"""One worker per job and scope at a time, by a row in the control plane; a dead worker's lease runs out."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from analytics.models import Lease


@contextmanager
def lease(job: str, scope: str, *, seconds: int) -> Iterator[bool]:
    """Hold the lease while the block runs; False when somebody else has it."""
    owner = uuid.uuid4().hex
    held = _take(job, scope, owner, seconds)
    try:
        yield held
    finally:
        if held:
            Lease.objects.filter(job=job, scope=scope, owner=owner).update(until=timezone.now())


def _take(job: str, scope: str, owner: str, seconds: int) -> bool:
    now = timezone.now()
    until = now + timedelta(seconds=seconds)
    if Lease.objects.filter(job=job, scope=scope, until__lte=now).update(owner=owner, until=until):
        return True
    if Lease.objects.filter(job=job, scope=scope).exists():
        return False
    try:
        with transaction.atomic():
            Lease.objects.create(job=job, scope=scope, owner=owner, until=until)
    except IntegrityError:
        return False
    return True
