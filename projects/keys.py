"""API keys: make one, revoke one, and say whose a secret is without asking the database each time."""

import hashlib
import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import NamedTuple

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from projects import audit
from projects.audit import By, who
from projects.models import SCOPES, ApiKey, Project

PREFIX_LENGTH = 10
SHORTEST_SECRET = 20
KNOWN_S = 15.0  # a revoked key stops within this time
UNKNOWN_S = 5.0
OUTAGE_S = 600.0  # a key seen within this time keeps working while the database is down
RETRY_S = 5.0  # how long to leave a database alone that just failed
MOST_KNOWN = 10_000
MOST_UNKNOWN = 1_000
FLUSH_S = 60.0

log = logging.getLogger(__name__)


class KeyIdentity(NamedTuple):
    """Who a secret stands for."""

    key_id: int
    prefix: str
    project_id: int
    project_slug: str
    scopes: frozenset[str]


def digest(secret: str) -> str:
    """Return what is kept of a secret. Secrets are long and random, so a fast hash without salt is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def create(
    project: Project, *, name: str, scopes: Collection[str], secret: str | None = None, by: By = None
) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret, which is kept nowhere.

    With a `secret` of our choosing the call is idempotent: an existing key with that secret is brought to these
    scopes, and comes back to life if it was revoked.

    Raises:
        ValueError: a scope is unknown, the secret is too short, or it is already a key of another project.
    """
    wanted = ordered(scopes)
    if secret is not None and len(secret) < SHORTEST_SECRET:
        raise ValueError(f"A key needs at least {SHORTEST_SECRET} characters; this one has {len(secret)}.")
    secret = secret or "pm_" + secrets.token_urlsafe(32)
    with transaction.atomic():
        found = ApiKey.objects.filter(hash=digest(secret)).first()
        key = _ensure(found, project, wanted, by) if found else _insert(project, name, wanted, secret, by)
    _ring.forget(key.hash)
    return key, secret


def ordered(scopes: Collection[str]) -> str:
    """Return scopes as they are stored; ValueError names what is wrong with them."""
    if unknown := set(scopes) - set(SCOPES):
        raise ValueError(f"Unknown scope {', '.join(sorted(unknown))}: use {', '.join(SCOPES)}.")
    if not scopes:
        raise ValueError("A key needs at least one scope.")
    return " ".join(scope for scope in SCOPES if scope in scopes)


def _insert(project: Project, name: str, scopes: str, secret: str, by: By) -> ApiKey:
    key = ApiKey.objects.create(
        project=project,
        name=name,
        scopes=scopes,
        prefix=secret[:PREFIX_LENGTH],
        hash=digest(secret),
        created_by_id=who(by).user_id,
    )
    audit.record(project, by, "key.created", key, after={"name": name, "scopes": scopes})
    return key


def _ensure(key: ApiKey, project: Project, scopes: str, by: By) -> ApiKey:
    if key.project_id != project.pk:
        raise ValueError("This secret is already a key of another project.")
    before = {"scopes": key.scopes, "revoked": key.revoked_at is not None}
    after = {"scopes": scopes, "revoked": False}
    if before != after:
        key.scopes, key.revoked_at = scopes, None
        key.save(update_fields=["scopes", "revoked_at"])
        audit.record(project, by, "key.restored", key, before, after)
    return key


def revoke(key: ApiKey, *, by: By) -> bool:
    """End a key: at once in this process, within 15 s in others. False if it had ended before."""
    with transaction.atomic():
        changed = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
        if changed:
            audit.record(key.project, by, "key.revoked", key, {"scopes": key.scopes}, {"revoked": True})
    _ring.forget(key.hash)
    return bool(changed)


def from_database(hashed: str) -> KeyIdentity | None:
    """Return the living key with this hash."""
    row = (
        ApiKey.objects.filter(hash=hashed, revoked_at=None)
        .values_list("pk", "prefix", "project_id", "project__slug", "scopes")
        .first()
    )
    return KeyIdentity(*row[:4], frozenset(row[4].split())) if row else None


class KeyRing:
    """What one process remembers of keys, so that a warm request asks the database nothing.

    Two bounded memories: a flood of made-up secrets can push out other made-up secrets, never a real key.
    """

    def __init__(
        self,
        lookup: Callable[[str], KeyIdentity | None] = from_database,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lookup = lookup
        self._clock = clock
        self._lock = threading.Lock()
        # hash -> (identity, when the database last confirmed it, when to ask again)
        self._known: OrderedDict[str, tuple[KeyIdentity, float, float]] = OrderedDict()
        self._unknown: OrderedDict[str, float] = OrderedDict()

    def identify(self, secret: str) -> KeyIdentity | None:
        """Return whose secret this is, or None. Raises DatabaseError when nobody can tell."""
        hashed = digest(secret)
        now = self._clock()
        known = self._known.get(hashed)
        if known and now < known[2]:
            return known[0]
        if now < self._unknown.get(hashed, 0.0):
            return None
        try:
            return self._remember(hashed, self._lookup(hashed), now)
        except DatabaseError as failure:
            return self._outlast(hashed, now, failure)

    def _remember(self, hashed: str, identity: KeyIdentity | None, now: float) -> KeyIdentity | None:
        with self._lock:
            self._known.pop(hashed, None)
            self._unknown.pop(hashed, None)
            if identity is None:
                self._unknown[hashed] = now + UNKNOWN_S
            else:
                self._known[hashed] = (identity, now, now + KNOWN_S)
            while len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
            while len(self._unknown) > MOST_UNKNOWN:
                self._unknown.popitem(last=False)
        return identity

    def _outlast(self, hashed: str, now: float, failure: DatabaseError) -> KeyIdentity:
        """Go on with a key that was good a short while ago."""
        with self._lock:
            known = self._known.get(hashed)
            if known is None or now - known[1] > OUTAGE_S:
                raise failure
            self._known[hashed] = (known[0], known[1], now + RETRY_S)
        log.warning("keys.database_down key=%s age_s=%.0f error=%s", known[0].prefix, now - known[1], failure)
        return known[0]

    def outlasting(self) -> int:
        """Return how many keys were confirmed recently enough to be good during an outage."""
        oldest = self._clock() - OUTAGE_S
        with self._lock:
            return sum(confirmed >= oldest for _, confirmed, _ in self._known.values())

    def forget(self, hashed: str | None = None) -> None:
        """Ask the database again: about one key, or about all."""
        with self._lock:
            for memory in (self._known, self._unknown):
                memory.clear() if hashed is None else memory.pop(hashed, None)

    def __len__(self) -> int:
        return len(self._known) + len(self._unknown)


class LastUse:
    """Keys used since the last flush; one UPDATE a minute writes them, in a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: set[int] = set()
        self._thread: threading.Thread | None = None

    def touch(self, key_id: int) -> None:
        """Note a use; no I/O."""
        self._used.add(key_id)
        if self._thread is None or not self._thread.is_alive():  # a fork leaves the thread behind
            self._start()

    def flush(self) -> int:
        """Write what was noted and return how many keys that were; kept for the next time if the database fails."""
        with self._lock:
            used, self._used = self._used, set()
        try:
            return ApiKey.objects.filter(pk__in=used).update(last_used_at=timezone.now()) if used else 0
        except DatabaseError:
            self._used |= used
            raise

    def clear(self) -> None:
        """Drop what was noted."""
        self._used = set()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():  # a fork leaves the thread behind
                self._thread = threading.Thread(target=self._run, name="key-last-use", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            time.sleep(FLUSH_S)
            try:
                self.flush()
            except Exception as error:  # whatever it was, the next minute may be better
                log.warning("keys.last_use_not_written error=%s", error)
            finally:
                connection.close()


_ring = KeyRing()
_last_use = LastUse()


def identify(secret: str) -> KeyIdentity | None:
    """Return whose secret this is, or None; no query when warm. Raises DatabaseError when nobody can tell."""
    return _ring.identify(secret)


def remembered() -> int:
    """Return how many living keys this process would let in even if the database were down."""
    return _ring.outlasting()


def touch(key_id: int) -> None:
    """Note that a key was used; written within a minute."""
    _last_use.touch(key_id)


def flush() -> int:
    """Write noted uses now and return how many keys that were."""
    return _last_use.flush()


def forget() -> None:
    """Forget every key and every noted use of this process; for tests."""
    _ring.forget()
    _last_use.clear()
