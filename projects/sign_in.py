"""Check a name and password, slowly for those who guess. Counts are in the database, so every web process sees them."""

import hashlib
from datetime import datetime, timedelta

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.http import HttpRequest

from projects.http import client_ip
from projects.models import SignInFailure

WINDOW = timedelta(minutes=15)
MOST_PER_NAME_AND_PLACE = 10
MOST_PER_PLACE = 50


class TooManyError(Exception):
    """Too many refused attempts from one place; try again when the window has passed."""


def check(request: HttpRequest, name: str, password: str, *, now: datetime) -> User | None:
    """Return the person if the password is theirs. Raises TooManyError."""
    place, hashed = client_ip(request) or "unknown", _hashed(name)
    _refuse_guessing(place, hashed, now)
    user = authenticate(request, username=_as_stored(name), password=password)
    if not isinstance(user, User):
        SignInFailure.objects.filter(at__lt=now - WINDOW).delete()
        SignInFailure.objects.create(name_hash=hashed, ip=place, at=now)
        return None
    SignInFailure.objects.filter(name_hash=hashed, ip=place).delete()
    return user


def _refuse_guessing(place: str, hashed: str, now: datetime) -> None:
    recent = list(
        SignInFailure.objects.filter(ip=place, at__gte=now - WINDOW).values_list("name_hash", flat=True)[
            :MOST_PER_PLACE
        ]
    )
    if len(recent) >= MOST_PER_PLACE or recent.count(hashed) >= MOST_PER_NAME_AND_PLACE:
        raise TooManyError("Too many attempts from here. Wait 15 minutes, then try again.")


def _as_stored(name: str) -> str:
    """Addresses are the same in capitals."""
    found = User.objects.filter(username__iexact=name.strip()).values_list("username", flat=True).first()
    return found or name.strip()


def _hashed(name: str) -> str:
    return hashlib.sha256(name.strip().lower().encode("utf-8", "surrogatepass")).hexdigest()
