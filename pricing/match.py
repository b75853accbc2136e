"""Which price applies: provider, model, region, tier, processing and time lead to one sheet or a named gap (pure)."""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from pricing.names import canonical_provider, vendor_of

LAYERS: Final = ("override", "contract", "history", "list")
"""Who is asked first. The first layer that prices the model at that time decides; `history` is the list's past."""

FIRST_PARTY: Final = frozenset({"openai", "anthropic", "google", "mistral", "cohere", "perplexity", "xai"})
"""Vendors that set one list price for the models they sell; only these resolve when no provider was told."""

OPEN_WEIGHTS: Final = ("gpt-oss", "gemma", "open-", "mixtral", "mistral-7b", "mistral-nemo", "r1-1776")
"""Models anyone may host, so a name alone has no price."""

_STANDARD_TIERS: Final = frozenset({"", "auto", "default", "standard", "standard_only", "on_demand", "on-demand"})
_REALTIME: Final = frozenset({"", "realtime"})
_DAY_MINUTES: Final = 24 * 60
_MINUTE_US: Final = 60_000_000
_COMPACT_DATE: Final = re.compile(r"-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")
_DATED_TAIL: Final = re.compile(r"[-@](20\d{2}-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01]))$")


class Step(NamedTuple):
    """Prices once the input is larger than `above` tokens: twelve rates in units of 1e-18 USD, None where unpriced."""

    above: int
    rates: tuple[int | None, ...]


class Sheet(NamedTuple):
    """One dated price record, ready to compute with. Times are microseconds since 1970."""

    id: int
    layer: str
    provider: str
    model: str
    region: str
    tier: str
    processing: str
    from_us: int
    to_us: int
    daily: tuple[int, int] | None
    """Minutes of the UTC day in which the price holds; the end may be before the start (over midnight)."""
    marginal: bool
    rates: tuple[int | None, ...]
    steps: tuple[Step, ...] = ()
    countable: bool = True
    """False if the price is for something that is not in the usage vector, such as hours of audio."""

    def active(self, at_us: int) -> bool:
        """True if the record holds at that instant."""
        if not self.from_us <= at_us < self.to_us:
            return False
        if self.daily is None:
            return True
        start, end = self.daily
        minute = at_us // _MINUTE_US % _DAY_MINUTES
        return start <= minute < end if start <= end else minute >= start or minute < end


class Name(NamedTuple):
    """A spelling of a model at a provider. Kinds: exact, prefix, suffix, contains, regex, dated, rule, fallback."""

    layer: str
    provider: str
    kind: str
    pattern: str
    target_provider: str
    model: str
    rank: int


class Found(NamedTuple):
    """The sheets of one question in the order they are tried; `others` says which times a layer prices otherwise."""

    groups: tuple[tuple[tuple[Sheet, ...], tuple[Sheet, ...]], ...]

    def at(self, at_us: int) -> tuple[Sheet | None, str]:
        """The sheet that holds at that instant, or None and the cost status that says why there is none."""
        for wanted, others in self.groups:
            for sheet in wanted:
                if sheet.active(at_us):
                    return sheet, ""
            if any(sheet.active(at_us) for sheet in others):
                return None, "unpriced_dimension"
        return None, "unpriced_model"


class Shelf:
    """All names and sheets of one layer at one provider."""

    def __init__(self) -> None:
        self.exact: dict[str, tuple[int, str, str]] = {}
        self.patterns: list[Name] = []
        self.sheets: dict[str, list[Sheet]] = {}

    def add_name(self, name: Name) -> None:
        """File one spelling; of two equal exact spellings the lower rank counts."""
        if name.kind != "exact":
            self.patterns.append(name)
            return
        known = self.exact.get(name.pattern)
        if known is None or name.rank < known[0]:
            self.exact[name.pattern] = (name.rank, name.target_provider, name.model)

    def find(self, model: str) -> tuple[str, str] | None:
        """Provider and model that a spelling stands for; the lowest rank among all that match."""
        best = self.exact.get(model)
        for name in self.patterns:
            if best is not None and name.rank >= best[0]:
                break
            if name.kind != "fallback" and matches(name.kind, name.pattern, model):
                best = (name.rank, name.target_provider, name.model)
                break
        return best[1:] if best else None

    def fallbacks(self) -> list[str]:
        """Other providers whose list this one sells from."""
        return [name.target_provider for name in self.patterns if name.kind == "fallback"]


def matches(kind: str, pattern: str, model: str) -> bool:
    """True if the spelling rule accepts the model's name. Nothing here is "near": a rule holds or it does not."""
    if kind in ("exact", "prefix", "suffix", "contains"):
        return {
            "exact": model == pattern,
            "prefix": model.startswith(pattern),
            "suffix": model.endswith(pattern),
            "contains": pattern in model,
        }[kind]
    if kind == "regex":
        return re.search(pattern, model) is not None
    if kind == "dated":
        return model == pattern or (
            model.startswith(pattern) and _DATED_TAIL.fullmatch(model[len(pattern) :]) is not None
        )
    if kind == "rule":
        return all(
            matches(part, text, model) for part, _, text in (line.partition(":") for line in pattern.split("\n"))
        )
    return False


class Catalogue:
    """Names and sheets of one book, filed by layer and provider."""

    def __init__(self, names: Iterable[Name], sheets: Iterable[Sheet]) -> None:
        self._shelves: dict[tuple[str, str], Shelf] = {}
        for sheet in sheets:
            self._shelf(sheet.layer, sheet.provider).sheets.setdefault(sheet.model, []).append(sheet)
        for name in names:
            self._shelf(name.layer, name.provider).add_name(name)
        for shelf in self._shelves.values():
            shelf.patterns.sort(key=lambda name: name.rank)

    def _shelf(self, layer: str, provider: str) -> Shelf:
        return self._shelves.setdefault((layer, provider), Shelf())

    def find(self, provider: str, model: str, region: str, tier: str, processing: str) -> Found:
        """Everything that could price such a call, at any time."""
        seller, spellings = _question(provider, model)
        wanted = (region.strip().lower(), *_service(tier, processing))
        groups = []
        for layer in LAYERS:
            sheets = self._sheets(layer, seller, spellings)
            past = self._past(sheets, seller) if layer == "list" else ()
            groups += [_pick(past, wanted, whole=False)] if past else []
            groups += [_pick(sheets, wanted, whole=layer != "history")] if sheets else []
        return Found(tuple(groups))

    def _sheets(self, layer: str, provider: str, spellings: Sequence[str]) -> Sequence[Sheet]:
        for seller in dict.fromkeys((provider, "")):
            shelf = self._shelves.get((layer, seller))
            for spelling in spellings:
                if shelf and (sheets := self._on_shelf(layer, shelf, spelling)):
                    return sheets
        return ()

    def _on_shelf(self, layer: str, shelf: Shelf, model: str) -> Sequence[Sheet]:
        if target := shelf.find(model):
            return self._shelf(layer, target[0]).sheets.get(target[1], ())
        for provider in shelf.fallbacks():
            other = self._shelves.get((layer, provider))
            if other and (target := other.find(model)):
                sheets = self._shelf(layer, target[0]).sheets.get(target[1], ())
                return [sheet for sheet in sheets if not sheet.tier and not sheet.processing]
        return ()

    def _past(self, sheets: Sequence[Sheet], seller: str) -> Sequence[Sheet]:
        """The history of the model that the list resolved to, under the list's own name for it."""
        if not sheets or sheets[0].provider != seller:
            return ()
        shelf = self._shelves.get(("history", seller))
        return shelf.sheets.get(sheets[0].model, ()) if shelf else ()


def _question(provider: str, model: str) -> tuple[str, list[str]]:
    """The provider to ask and the spellings to try: the whole name, then without what only says where it is.

    That is a `provider/` which repeats the provider, and Google's `models/` and `publishers/google/models/`.
    """
    seller, name = canonical_provider(provider), model.strip().lower()
    head, slash, tail = name.partition("/")
    if seller not in ("", "litellm"):
        own = [tail] if slash and canonical_provider(head) == seller else []
        resource = [name.rpartition("models/")[2]] if seller == "google" else []
        return seller, _spellings(name, *own, *resource)
    if slash:
        return canonical_provider(head), _spellings(tail, name)
    vendor = vendor_of(name, "")
    sold_by_maker = vendor in FIRST_PARTY and not name.startswith(OPEN_WEIGHTS)
    return (vendor if sold_by_maker else ""), _spellings(name)


def _spellings(*names: str) -> list[str]:
    """Each name, and each with a compact date written with dashes (`-20251211` as `-2025-12-11`)."""
    return list(dict.fromkeys([*names, *(_COMPACT_DATE.sub(r"-\1-\2-\3", name) for name in names)]))


def _service(tier: str, processing: str) -> tuple[str, str]:
    """Tier and processing as sheets name them. `auto` asks for a tier, it is none; Anthropic calls batch a tier."""
    tier, processing = tier.strip().lower(), processing.strip().lower()
    if tier == "batch":
        tier, processing = "", "batch"
    return ("" if tier in _STANDARD_TIERS else tier), ("" if processing in _REALTIME else processing)


def _pick(
    sheets: Sequence[Sheet], wanted: tuple[str, str, str], *, whole: bool
) -> tuple[tuple[Sheet, ...], tuple[Sheet, ...]]:
    """Sheets for this service, best first, and the model's other sheets if the layer is `whole`.

    A whole layer that prices the model, but not this tier, leaves a gap; the history only adds to the list.
    """
    region, *service = wanted
    fitting = [s for s in sheets if [s.tier, s.processing] == service and s.region in ("", region)]
    fitting.sort(key=lambda s: (s.region != "", s.from_us, s.daily is not None, s.id), reverse=True)
    return tuple(fitting), tuple(s for s in sheets if s not in fitting) if whole else ()
