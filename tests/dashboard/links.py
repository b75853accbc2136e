"""Follow the numbers of a page: read each link's address back into a question and compare the answer with the number."""

import re
from datetime import datetime
from decimal import Decimal
from html import unescape

from analytics.ask import ask
from dashboard import url_state
from projects.models import Project

NUMBER = re.compile(r'<a [^>]*href="(?P<href>/p/[^"]+/calls/[^"]*)"[^>]*data-check="(?P<measure>\w+)=(?P<value>[^"]+)"')
TILE = re.compile(r'<a class="tile" href="(?P<href>[^"]+)" data-check="(?P<measure>\w+)=(?P<value>[^"]+)"')


def numbers(html: str) -> list[tuple[str, str, str]]:
    """Every checked number of a page: the address behind it, its measure and its value."""
    found = [*NUMBER.finditer(html), *TILE.finditer(html)]
    return [(unescape(one["href"]), one["measure"], one["value"]) for one in found]


def answer_behind(project: Project, href: str, measure: str, now: datetime) -> Decimal:
    """What the calls behind an address come to."""
    query = href.partition("?")[2]
    state = url_state.read(query, project_id=project.pk, slug=project.slug, zone=project.timezone, now=now)
    assert not state.ignored, href
    value = ask(state.question(measure, compare="none"), now=now).totals[measure]
    return Decimal(str(value))
