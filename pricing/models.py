"""Price records: dated, append-only, between the book version that introduced them and the one that retired them."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    DecimalField = models.DecimalField[Decimal, Decimal]
else:
    DecimalField = models.DecimalField


class Amount(DecimalField):
    """A price that no database rounds: NUMERIC(38,18), and text on SQLite, whose numbers have 15 digits."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_digits": 38, "decimal_places": 18, **kwargs})

    def get_internal_type(self) -> str:
        return "Amount"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "text" if connection.vendor == "sqlite" else "numeric(38, 18)"

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Decimal | None:
        return None if value is None else Decimal(value)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        if value is None or connection.vendor != "sqlite":
            return value
        return format(Decimal(value), "f")

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        return self.get_db_prep_value(value, connection)


class AppendOnly(models.Model):
    """A record that is written once. The importer sets `retired_in` in bulk; nothing else ever changes."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new record; refuse to change an old one."""
        if not self._state.adding:
            raise ValidationError("Prices are append-only: import a new price with its own date instead.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse: a receipt may point here."""
        raise ValidationError("Prices are append-only: retire this one by importing a new price.")


class BookVersion(AppendOnly):
    """One change of the price book. The id is the version that receipts name."""

    created_at = models.DateTimeField(auto_now_add=True)
    book = models.CharField(max_length=100, db_index=True, help_text="The price list that changed")
    source = models.CharField(max_length=200)
    content = models.CharField(max_length=64, help_text="SHA-256 of what was imported")
    note = models.TextField(blank=True)
    entered_by = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.pk}: {self.source}"


_LAYERS = ["list", "history", "contract", "override"]


class Dated(AppendOnly):
    """What sheets and names share: a layer, a provider and the versions between which they belong to the book."""

    class Layer(models.TextChoices):
        LIST = "list"
        HISTORY = "history", "list prices of the past"
        CONTRACT = "contract"
        OVERRIDE = "override"

    layer = models.CharField(max_length=8, choices=Layer.choices)
    provider = models.CharField(max_length=100, blank=True, help_text="Empty: any provider")
    model = models.CharField(max_length=256, blank=True)
    book = models.CharField(max_length=100, help_text="The price list it came with")
    source = models.CharField(max_length=200)
    digest = models.CharField(max_length=32, help_text="Fingerprint of what the record says")
    introduced_in = models.ForeignKey(BookVersion, models.PROTECT, related_name="+")
    retired_in = models.ForeignKey(BookVersion, models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        abstract = True


class ModelName(Dated):
    """A spelling under which a model is called, and the model whose sheets price it."""

    class Kind(models.TextChoices):
        EXACT = "exact"
        PREFIX = "prefix"
        SUFFIX = "suffix"
        CONTAINS = "contains"
        REGEX = "regex"
        DATED = "dated", "the name or the name with a date"
        RULE = "rule", "all of several"
        FALLBACK = "fallback", "ask another provider"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    pattern = models.CharField(max_length=512, blank=True)
    target_provider = models.CharField(max_length=100, blank=True)
    rank = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["book", "retired_in"], name="name_retired")]
        constraints = [
            models.CheckConstraint(condition=models.Q(layer__in=_LAYERS), name="name_layer"),
            models.CheckConstraint(
                condition=models.Q(retired_in=None) | models.Q(retired_in__gt=models.F("introduced_in")),
                name="name_retired_after_introduced",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider or 'any'}: {self.pattern}"


class PriceSheet(Dated):
    """The price of one model under one condition, from one moment to another."""

    class Precision(models.TextChoices):
        EXACT = "exact", "the minute is known"
        DAY = "day", "the day is known"
        OBSERVED = "observed", "seen on the day it was checked"

    class Mode(models.TextChoices):
        CLIFF = "cliff", "all tokens at the higher rate"
        MARGINAL = "marginal", "tokens beyond the line at the higher rate"

    region = models.CharField(max_length=64, blank=True)
    tier = models.CharField(max_length=64, blank=True, help_text="Empty: standard")
    processing = models.CharField(max_length=16, blank=True, help_text="Empty: real time")
    valid_from = models.DateTimeField(null=True, blank=True, help_text="Empty: since ever")
    valid_to = models.DateTimeField(null=True, blank=True, help_text="Empty: until replaced")
    daily_from = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Minute of the UTC day")
    daily_to = models.PositiveSmallIntegerField(null=True, blank=True)
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.CLIFF)
    precision = models.CharField(max_length=8, choices=Precision.choices)
    evidence = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["book", "retired_in"], name="sheet_retired"),
            models.Index(fields=["provider", "model"], name="sheet_model"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(layer__in=_LAYERS), name="sheet_layer"),
            models.CheckConstraint(condition=models.Q(mode__in=["cliff", "marginal"]), name="sheet_mode"),
            models.CheckConstraint(
                condition=models.Q(precision__in=["exact", "day", "observed"]), name="sheet_precision"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_from=None)
                | models.Q(valid_to=None)
                | models.Q(valid_to__gt=models.F("valid_from")),
                name="sheet_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=models.Q(daily_from=None, daily_to=None)
                | models.Q(daily_from__isnull=False, daily_to__isnull=False, daily_from__lt=1440, daily_to__lte=1440),
                name="sheet_daily_window",
            ),
            models.CheckConstraint(
                condition=models.Q(retired_in=None) | models.Q(retired_in__gt=models.F("introduced_in")),
                name="sheet_retired_after_introduced",
            ),
        ]

    def __str__(self) -> str:
        condition = " ".join(part for part in (self.region, self.tier, self.processing) if part)
        return f"{self.layer} {self.provider or 'any'}/{self.model} {condition}".strip()


class Rate(AppendOnly):
    """The price of one unit of one dimension, from a size of the input on."""

    sheet = models.ForeignKey(PriceSheet, models.PROTECT, related_name="rates")
    dimension = models.CharField(max_length=40)
    unit = models.CharField(max_length=16, default="token")
    above_input_tokens = models.PositiveIntegerField(default=0)
    price = Amount()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["sheet", "dimension", "above_input_tokens"], name="rate_once_per_dimension"
            ),
            models.CheckConstraint(condition=models.Q(price__gte=Decimal(0)), name="rate_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.dimension} {self.price:f} per {self.unit}"
