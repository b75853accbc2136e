"""Vocabularies and limits of a call, as every room and every sender speaks them. Values only, no behaviour."""

OPERATIONS = ("chat", "completion", "embedding", "rerank", "image", "audio", "moderation")
STATUSES = ("ok", "error", "cancelled")
PROCESSINGS = ("realtime", "batch")
CACHE_CONVENTIONS = ("inclusive", "exclusive")
ERROR_TYPES = (
    "rate_limit",
    "timeout",
    "connection",
    "server_error",
    "invalid_request",
    "authentication",
    "content_filter",
    "refusal",
    "invalid_output",
    "client_abort",
    "other",
)
COST_STATUSES = (
    "provider_reported",
    "priced_exact",
    "priced_estimated_usage",
    "unpriced_model",
    "unpriced_dimension",
    "usage_unknown",
    "free",
)
USAGE_FIELDS = (
    "input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
    "reasoning_tokens",
    "audio_input_tokens",
    "audio_output_tokens",
    "image_input_tokens",
    "requests",
    "web_searches",
)
"""Counts as a sender states them. `input_tokens` holds cached tokens too when the convention is `inclusive`."""


class Limits:
    """The largest values a sender may use. Bytes are UTF-8 bytes, counts are items."""

    CALLS_PER_REQUEST = 5_000
    BODY_BYTES = 10 * 1024 * 1024
    """Decoded size of one request."""
    NAME_CHARS = 256
    """Any dimension: model, provider, task, user and the like."""
    ERROR_MESSAGE_CHARS = 4_096
    TEXT_BYTES = 1024 * 1024
    """One of input, output, tool_calls; longer text is cut and marked."""
    TAGS = 32
    TAG_KEY_CHARS = 64
    TAG_VALUE_CHARS = 256
    COUNT = 2**31 - 1
    """Tokens, requests, searches of one call."""
    FUTURE_SECONDS = 24 * 3600
    """A start further ahead than this is refused; any past is accepted."""
