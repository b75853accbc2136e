"""Settings of the engine: the fixed ones of each lane, and the few that a request may change."""

from collections.abc import Mapping
from typing import Final

from store.engine.guard import Lane, Refused, Verdict

SERVER: Final = {
    "max_server_memory_usage": "4000000000",
    "mark_cache_size": "268435456",
    "background_pool_size": "4",
}
"""Given to the engine once, when it opens. Its own defaults are sized for a server of its own.

The engine keeps a table of 4.7 MB for each time zone it was ever asked about, for life. All 599 zones come to 2.8 GB,
and anyone with a key may name them, so the limit must hold them and the statements beside them: 2 GB did not.
"""

EVERY: Final = {
    "async_insert": "0",
    "max_threads": "2",
    "implicit_select": "0",
    "allow_introspection_functions": "0",
    "mutations_sync": "1",
}
LANES: Final[dict[Lane, dict[str, str]]] = {
    Lane.INSERT: {"max_memory_usage": "800000000", "max_execution_time": "60", "max_insert_threads": "1"},
    Lane.LOOKUP: {"max_memory_usage": "800000000", "max_execution_time": "15"},
    Lane.READ: {"max_memory_usage": "1000000000", "max_execution_time": "15"},
    Lane.EXPORT: {
        "max_memory_usage": "1000000000",
        "max_execution_time": "600",
        "max_threads": "1",
        "max_block_size": "8192",
    },
    Lane.MAINTENANCE: {"max_memory_usage": "1000000000", "max_execution_time": "600"},
}
LIMITS: Final = frozenset({"max_execution_time", "max_memory_usage", "max_threads"})
"""A request may lower these, never raise them."""
ALLOWED: Final = frozenset(
    {
        "final",
        "insert_deduplicate",
        "insert_deduplication_token",
        "max_block_size",
        "max_bytes_before_external_group_by",
        "max_bytes_before_external_sort",
        "max_bytes_to_read",
        "max_insert_block_size",
        "max_partitions_per_insert_block",
        "max_result_rows",
        "max_rows_to_read",
        "min_insert_block_size_bytes",
        "min_insert_block_size_rows",
        "mutations_sync",
        "optimize_move_to_prewhere",
        "optimize_read_in_order",
        "optimize_throw_if_noop",
        "use_skip_indexes",
        "use_skip_indexes_if_final",
    }
)
PROTOCOL: Final = frozenset(
    {
        "async_insert",
        "buffer_size",
        "cancel_http_readonly_queries_on_client_close",
        "cast_string_to_dynamic_use_inference",
        "client_protocol_version",
        "compress",
        "database",
        "date_time_input_format",
        "decompress",
        "default_format",
        "distributed_foreground_insert",
        "enable_http_compression",
        "http_headers_progress_interval_ms",
        "http_write_exception_in_output_format",
        "output_format_native_write_json_as_string",
        "password",
        "query",
        "query_id",
        "quota_key",
        "role",
        "send_progress_in_http_headers",
        "session_check",
        "session_id",
        "session_timeout",
        "user",
        "wait_end_of_query",
    }
)
"""What a client of ClickHouse's protocol may send and what has no meaning here: one database, no session."""


def lane(verdict: Verdict, arguments: Mapping[str, str]) -> Lane:
    """Return the lane of a statement.

    A read that asks for more time than a page has must not hold a page's place, and what the writer looks up before it
    acknowledges must not wait behind pages; it says so by its quota key, which a server without quotas ignores.
    """
    if verdict.lane is Lane.READ and arguments.get("quota_key") == Lane.LOOKUP.value:
        return Lane.LOOKUP
    asked = arguments.get("max_execution_time", "0")
    if verdict.lane is Lane.READ and asked.isdigit() and int(asked) > int(LANES[Lane.READ]["max_execution_time"]):
        return Lane.EXPORT
    return verdict.lane


def fixed(lane: Lane) -> dict[str, str]:
    """Return the settings that connections of `lane` are born with."""
    return EVERY | LANES[lane]


def chosen(lane: Lane, verdict: Verdict, arguments: Mapping[str, str]) -> dict[str, str]:
    """Return what a request sets differently from its lane; raise Refused for what it may not set."""
    base = fixed(lane)
    wanted = {}
    for name, value in arguments.items():
        if name in PROTOCOL or name.startswith("param_") or base.get(name) == value:
            continue
        _refuse(name, ALLOWED | LIMITS)
        if name not in LIMITS or _lower(value, base[name]):
            wanted[name] = value
    for name in verdict.settings:
        _refuse(name, ALLOWED)
    return wanted


def _refuse(name: str, allowed: frozenset[str]) -> None:
    if name not in allowed:
        raise Refused(f"Setting {name} may not be changed.", 452)


def _lower(value: str, limit: str) -> bool:
    return value.isdigit() and 0 < int(value) < int(limit)
