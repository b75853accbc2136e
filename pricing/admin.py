"""The operator's view of the price book: everything can be read, nothing can be changed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from pricing.models import BookVersion, ModelName, PriceSheet, Rate


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Prices come in through import_prices and load_catalogue, which keep versions; never through a form."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RateInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Rate
    extra = 0
    can_delete = False
    fields = ("dimension", "unit", "above_input_tokens", "price")
    readonly_fields = ("dimension", "unit", "above_input_tokens", "price")


@admin.register(PriceSheet)
class PriceSheetAdmin(ReadOnly):
    list_display = [
        "id",
        "layer",
        "provider",
        "model",
        "region",
        "tier",
        "processing",
        "valid_from",
        "valid_to",
        "book",
    ]
    list_filter = ["layer", "book", "provider", "processing"]
    search_fields = ["model", "provider"]
    list_select_related = ["introduced_in", "retired_in"]
    inlines = [RateInline]


@admin.register(ModelName)
class ModelNameAdmin(ReadOnly):
    list_display = ["pattern", "kind", "provider", "target_provider", "model", "layer", "book"]
    list_filter = ["layer", "kind", "provider"]
    search_fields = ["pattern", "model"]


@admin.register(BookVersion)
class BookVersionAdmin(ReadOnly):
    list_display = ["id", "created_at", "book", "source", "entered_by"]
    list_filter = ["book"]
