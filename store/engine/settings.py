"""Settings of the engine: the fixed ones of each lane, and the few that a request may change."""

import re
from collections.abc import Mapping
from typing import Final

from store.engine.guard import Lane, Refused

SERVER: Final = {
    "max_server_memory_usage": "2000000000",
    "mark_cache_size": "268435456",
    "background_pool_size": "4",
}
"""Given to the engine once, when it opens. Its own defaults are sized for a server of its own."""

EVERY: Final = {
    "async_insert": "0",
    "max_threads": "2",
    "implicit_select": "0",
    "allow_introspection_functions": "0",
    "output_format_native_encode_types_in_binary_format": "0",
    "mutations_sync": "1",
}
LANES: Final[dict[Lane, dict[str, str]]] = {
    Lane.INSERT: {"max_memory_usage": "800000000", "max_execution_time": "60", "max_insert_threads": "1"},
    Lane.READ: {"max_memory_usage": "1000000000", "max_execution_time": "15"},
    Lane.MAINTENANCE: {"max_memory_usage": "1000000000", "max_execution_time": "600"},
}
ALLOWED: Final = frozenset(
    [
        "max_execution_time",
        "max_threads",
        "max_memory_usage",
        "max_rows_to_read",
        "max_bytes_to_read",
        "max_result_rows",
        "max_block_size",
        "insert_deduplication_token",
        "insert_deduplicate",
        "optimize_move_to_prewhere",
        "mutations_sync",
        "use_skip_indexes",
        "final",
        "max_partitions_per_insert_block",
        "log_queries",
        "date_time_input_format",
        "output_format_native_write_json_as_string",
        "cast_string_to_dynamic_use_inference",
        "optimize_throw_if_noop",
        "max_bytes_before_external_group_by",
        "use_skip_indexes_if_final",
    ]
)
IGNORED: Final = frozenset(
    [
        "query",
        "database",
        "session_id",
        "session_timeout",
        "session_check",
        "query_id",
        "compress",
        "decompress",
        "client_protocol_version",
        "wait_end_of_query",
        "send_progress_in_http_headers",
        "buffer_size",
        "user",
        "password",
        "http_headers_progress_interval_ms",
        "enable_http_compression",
        "role",
        "default_format",
        "quota_key",
        "cancel_http_readonly_queries_on_client_close",
        "http_write_exception_in_output_format",
    ]
)
"""Parameters of the HTTP protocol that are not settings of a query."""


def fixed(lane: Lane) -> dict[str, str]:
    """Return the settings that connections of `lane` are born with."""
    return EVERY | LANES[lane]


def chosen(lane: Lane, arguments: Mapping[str, str]) -> dict[str, str]:
    """Return what a request sets differently from its lane; raise Refused for what it may not set."""
    base = fixed(lane)
    wanted = {}
    for name, value in arguments.items():
        if name in IGNORED or name.startswith("param_") or base.get(name) == value:
            continue
        if name not in ALLOWED and name not in EVERY:
            raise Refused(f"Setting {name} may not be changed.", 452)
        if name in {"max_memory_usage", "max_execution_time", "max_threads"}:
            value = _capped(name, value, base[name], lane)
        wanted[name] = value
    return wanted


def _capped(name: str, value: str, limit: str, lane: Lane) -> str:
    """A request may lower a limit, never raise or remove it."""
    if not re.fullmatch(r"\d+(\.\d+)?", value) or float(value) <= 0:
        return limit
    return value if float(value) <= float(limit) else limit
