"""What every page has around it: the rail, the project switcher, the person, the theme. Never writes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from dashboard import arrivals
from projects.models import Membership

THEMES: Final = ("system", "light", "dark")
THEME_COOKIE: Final = "theme"
PROJECT_COOKIE: Final = "project"


@dataclass(frozen=True, slots=True)
class Room:
    """One word of the rail."""

    name: str
    label: str
    icon: str
    key: str = ""
    group: int = 0


# A room is listed here before it is built; the rail shows those whose URL exists.
ROOMS: Final = (
    Room("overview", "Overview", "layout-dashboard", "o"),
    Room("cost", "Cost", "coins", "c"),
    Room("models", "Models", "cpu", "m"),
    Room("reliability", "Reliability", "activity", "r"),
    Room("calls", "Calls", "list", "l"),
    Room("data-health", "Data health", "heart-pulse", "d", 1),
    Room("settings", "Settings", "settings", "s", 1),
    Room("setup", "Setup", "rocket", "", 1),
)


@dataclass(frozen=True, slots=True)
class RailLink:
    """A room with its address in this project."""

    room: Room
    url: str
    current: bool
    attention: bool = False
    """Something in it asks to be looked at."""


class Frame:
    """The frame of one page; nothing is read from the database before a template asks."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def slug(self) -> str:
        """The project of this address, or the empty text."""
        match = self._request.resolver_match
        return str(match.kwargs.get("slug", "")) if match else ""

    @cached_property
    def memberships(self) -> list[Membership]:
        """The projects of this person, by name."""
        user = getattr(self._request, "user", None)
        if user is None or not user.is_authenticated:
            return []
        return list(Membership.objects.select_related("project").filter(user_id=user.pk).order_by("project__name"))

    @cached_property
    def membership(self) -> Membership | None:
        """This person in this project."""
        return next((one for one in self.memberships if one.project.slug == self.slug), None)

    @property
    def project(self) -> Any:
        """The project the page is about, or None outside /p/."""
        return self.membership.project if self.membership else None

    @cached_property
    def rail(self) -> list[list[RailLink]]:
        """The rooms that exist, in their groups."""
        links = list(self._links())
        groups = ([link for link in links if link.room.group == group] for group in (0, 1))
        return [group for group in groups if group]

    def _links(self) -> Iterator[RailLink]:
        here = self._request.path
        for room in ROOMS:
            try:
                url = reverse(f"dashboard:{room.name}", args=[self.slug])
            except NoReverseMatch:
                continue
            yield RailLink(room, url, here.startswith(url), room.name == "data-health" and self._attention)

    @property
    def _attention(self) -> bool:
        return self.project is not None and arrivals.asks_for_attention(self.project, timezone.now())

    @property
    def theme(self) -> str:
        """`light`, `dark`, or the empty text for what the system says."""
        chosen = self._request.COOKIES.get(THEME_COOKIE, "")
        return chosen if chosen in {"light", "dark"} else ""


def frame(request: HttpRequest) -> dict[str, Frame]:
    """Context processor: `frame` in every template."""
    return {"frame": Frame(request)}
