"""Filters from format.py and components as tags. Draws; decides nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import template
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from dashboard import components
from dashboard import format as fmt

register = template.Library()

register.filter("money", fmt.money)
register.filter("count", fmt.count)
register.filter("exact_count", fmt.exact_count)
register.filter("duration", fmt.duration)
register.filter("share", fmt.share)
register.filter("middle", fmt.middle)
register.filter("lag", fmt.lag)


@register.filter
def moment(when: datetime | None, zone: Any = None) -> SafeString:
    """`<time>` in the page's zone, with the exact UTC time in its title."""
    if when is None:
        return format_html('<span title="not known">{}</span>', fmt.UNKNOWN)
    shown = fmt.moment(when, zone or timezone.get_current_timezone(), timezone.now())
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>', when.isoformat(), f"{when:%Y-%m-%d %H:%M:%S}", shown
    )


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One icon of the sprite; decorative unless it has a label."""
    href = f"{static('icons/sprite.svg')}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, href)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', href)


@register.simple_tag
def url_or_empty(name: str, *args: Any) -> str:
    """The address of a page, or nothing when that room is not there."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@register.simple_tag
def go(url: str, target: str = "#results") -> SafeString:
    """Attributes of a link that swaps `target`, and works without scripts."""
    return format_html(
        'href="{0}" hx-get="{0}" hx-target="{1}" hx-swap="outerHTML show:none" hx-push-url="true"', url, target
    )


@register.simple_tag
def dot(slot: int | None) -> SafeString:
    """The colour of a thing; says nothing to a screen reader, the name beside it does."""
    return format_html('<i class="dot slot-{}" aria-hidden="true"></i>', slot or 0)


@register.simple_tag
def bar(width: float | None) -> SafeString:
    """A bar behind a number, as wide as `width` per cent of the cell."""
    if not width:
        return mark_safe("")
    return format_html(
        '<svg aria-hidden="true" preserveAspectRatio="none" viewBox="0 0 100 1">'
        '<rect x="{}" width="{}" height="1"/></svg>',
        round(100 - width, 2),
        round(width, 2),
    )


@register.inclusion_tag("components/tile.html")
def tile(tile: components.Tile) -> dict[str, Any]:
    """A figure with its change and trend."""
    return {"tile": tile}


@register.inclusion_tag("components/delta.html")
def delta(delta: components.Delta | None) -> dict[str, Any]:
    """A change."""
    return {"delta": delta}


@register.inclusion_tag("components/table.html")
def data_table(table: components.Table) -> dict[str, Any]:
    """A table in its own scroll area."""
    return {"table": table}


@register.inclusion_tag("components/chart.html")
def chart(chart: components.Chart) -> dict[str, Any]:
    """A figure, drawn when charts.js arrives; its words are there at once."""
    return {"chart": chart, "data_id": f"{chart.id}-data"}


@register.inclusion_tag("components/banner.html")
def banner(banner: components.Banner) -> dict[str, Any]:
    """A line about the page."""
    return {"banner": banner}


@register.inclusion_tag("components/empty.html")
def empty(empty: components.Empty) -> dict[str, Any]:
    """Nothing to show, and what to do next."""
    return {"empty": empty}


@register.inclusion_tag("components/skeleton.html")
def lazy(url: str, words: str, size: str = "h280") -> dict[str, Any]:
    """A box of its final size, filled from `url` when the page is there."""
    return {"url": url, "words": words, "size": size}


@register.inclusion_tag("components/error.html")
def error_card(url: str, reference: str = "", words: str = "", part: str = "", shorter: str = "") -> dict[str, Any]:
    """A part that failed, alone. `url` tries the page again, `part` only this, `shorter` less time."""
    return {"url": url, "reference": reference, "words": words, "part": part, "shorter": shorter}


@register.inclusion_tag("components/field.html")
def field(field: Any) -> dict[str, Any]:
    """A form field with its label, help and errors."""
    return {"field": field}


@register.inclusion_tag("components/form_errors.html")
def form_errors(form: Any) -> dict[str, Any]:
    """The list on top of a form that was refused."""
    return {"form": form}


@register.inclusion_tag("components/code.html")
def code_block(text: str, label: str = "Code") -> dict[str, Any]:
    """Text to copy, with its button."""
    return {"text": text, "label": label}


@register.inclusion_tag("components/progress.html")
def progress(done: int, total: int, words: str = "") -> dict[str, Any]:
    """How far long work has come."""
    return {"done": done, "total": total, "words": words}


@register.inclusion_tag("components/tabs.html")
def tabs(label: str, links: Sequence[tuple[str, str, bool]]) -> dict[str, Any]:
    """Parts of a room: (words, address, current) each."""
    return {"label": label, "links": links}


@register.inclusion_tag("components/pager.html")
def pager(words: str, newer: str = "", older: str = "") -> dict[str, Any]:
    """Newer and older, by link, and an honest count."""
    return {"words": words, "newer": newer, "older": older}


@register.inclusion_tag("components/filters.html")
def filter_bar(bar: Any) -> dict[str, Any]:
    """Period, comparison and filters as links; `bar` comes from url_state."""
    return {"bar": bar}


@register.simple_block_tag
def card(content: str, title: str = "", kind: str = "", id: str = "") -> SafeString:
    """A box with a heading. `kind` may be `flush`, for tables."""
    head = format_html("<header><h2>{}</h2></header>", title) if title else ""
    return format_html('<section class="card {}"{}>{}{}</section>', kind, _id(id), head, content)


@register.simple_block_tag
def dialog(content: str, id: str, title: str) -> SafeString:
    """A native dialog; a button with `data-opens="id"` opens it."""
    return format_html(
        '<dialog class="dialog" id="{0}" aria-labelledby="{0}-title"><header><h2 id="{0}-title">{1}</h2>'
        '<form method="dialog"><button class="button bare" aria-label="Close">{2}</button></form></header>'
        '<div class="body">{3}</div></dialog>',
        id,
        title,
        icon("x"),
        content,
    )


@register.simple_block_tag
def menu(content: str, id: str, label: str, kind: str = "") -> SafeString:
    """A button and its native popover."""
    return format_html(
        '<button class="button {3}" type="button" popovertarget="{0}">{1}{4}</button>'
        '<div class="menu" id="{0}" popover>{2}</div>',
        id,
        label,
        content,
        kind,
        icon("chevron-down"),
    )


def _id(value: str) -> SafeString | str:
    return format_html(' id="{}"', value) if value else ""


@register.filter
def item(values: Sequence[Any], index: int) -> Any:
    """The value at a place of a list."""
    return values[index]
