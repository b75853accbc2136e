"""Which programs send calls to a project, and when each was last heard: what Data health shows."""

from collections import Counter
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import F

from ingest.models import Sender
from ingest.tally import Entry, Tally
from projects import first_call
from store.fold import Row
from store.schema import POSITION

PROJECT, NAME, VERSION = POSITION["project_id"], POSITION["sender_name"], POSITION["sender_version"]
DIALECT, KEY = POSITION["dialect"], POSITION["key_id"]


def note(rows: Sequence[Row], duplicates: int = 0) -> None:
    """Count received calls by sender; the duplicates of a batch count for whoever sent most of it."""
    heard = Counter((row[PROJECT], row[NAME], row[VERSION], row[DIALECT], row[KEY]) for row in rows)
    for (*who, key), count in heard.items():
        _tally.add(tuple(who), count, key)
    if duplicates and heard:
        *who, key = heard.most_common(1)[0][0]
        _repeats.add(tuple(who), duplicates, key)


def flush() -> None:
    """Write now what would be written within the minute."""
    _tally.flush()
    _repeats.flush()


def _write(who: tuple[int, str, str, str], entry: Entry) -> None:
    _count(who, entry, "calls")


def _write_repeats(who: tuple[int, str, str, str], entry: Entry) -> None:
    _count(who, entry, "duplicates")


def _count(who: tuple[int, str, str, str], entry: Entry, counter: str) -> None:
    """Add to one counter of a sender."""
    project_id, name, version, dialect = who
    found = Sender.objects.filter(project_id=project_id, name=name, version=version, dialect=dialect)
    changes = {counter: F(counter) + entry.count, "last_at": entry.last_at, "key": entry.detail}
    if found.update(**changes):
        return
    try:
        with transaction.atomic():
            Sender.objects.create(
                project_id=project_id, name=name, version=version, dialect=dialect, key=entry.detail,
                first_at=entry.last_at, last_at=entry.last_at, **{counter: entry.count},
            )  # fmt: skip
        first_call.note(project_id, entry.last_at)
    except IntegrityError:  # another process made the row first, or the project is gone
        found.update(**changes)


_tally = Tally("senders", _write)
_repeats = Tally("repeats", _write_repeats)
