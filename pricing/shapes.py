"""Other price tables people already have, turned into the price file's shape (pure)."""

from typing import Any

from pricing.records import PriceError

_PER_MODEL = {"input", "output", "cache_read", "cache_write", "cache_write_1h"}
_BENCH = {"provider", "usd_in_1m", "usd_cached_1m", "usd_out_1m"}


def as_document(loaded: Any) -> dict[str, Any]:
    """Recognise the table by its shape; anything unknown is left for the reader to refuse with a reason."""
    if not isinstance(loaded, dict):
        raise PriceError("A price file is a JSON object; see docs/cost.md.")
    models = loaded.get("models")
    if isinstance(models, dict):
        return {"models": [_bench(name, price) for name, price in models.items()]}
    if "models" not in loaded and _is_table(loaded):
        rows = ((name, price) for name, price in loaded.items() if not name.startswith("_"))
        return {"models": [_per_model(name, price) for name, price in rows]}
    return loaded


def _is_table(loaded: dict[str, Any]) -> bool:
    rows = [price for name, price in loaded.items() if not name.startswith("_")]
    return bool(rows) and all(isinstance(price, dict) and price and set(price) <= _PER_MODEL for price in rows)


def _per_model(name: str, price: dict[str, Any]) -> dict[str, Any]:
    """`{"gpt-4o": {"input": 2.5, "output": 10}}`: any provider, and the model's dated snapshots too."""
    return {"model": name, "match": "dated", "per_million": price}


def _bench(name: str, price: Any) -> dict[str, Any]:
    """`{"models": {"gpt-4o": {"provider": .., "usd_in_1m": .., "usd_cached_1m": .., "usd_out_1m": ..}}}`."""
    if not isinstance(price, dict) or not set(price) >= _BENCH:
        raise PriceError(f"models.{name}: give provider, usd_in_1m, usd_cached_1m and usd_out_1m.")
    return {
        "provider": price["provider"],
        "model": name,
        "per_million": {
            "input": price["usd_in_1m"],
            "cache_read": price["usd_cached_1m"],
            "output": price["usd_out_1m"],
        },
    }
