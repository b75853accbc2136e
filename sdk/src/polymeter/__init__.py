"""The contract of Polymeter: what a call is called, which values its fields take, how large they may be."""

from polymeter.event import (
    CACHE_CONVENTIONS,
    COST_STATUSES,
    ERROR_TYPES,
    OPERATIONS,
    PROCESSINGS,
    STATUSES,
    USAGE_FIELDS,
    Limits,
)

__all__ = [
    "CACHE_CONVENTIONS",
    "COST_STATUSES",
    "ERROR_TYPES",
    "OPERATIONS",
    "PROCESSINGS",
    "STATUSES",
    "USAGE_FIELDS",
    "Limits",
]
