"""The demo shop: its models, kinds of work, people and daily rhythm. Values only."""

from dataclasses import dataclass
from typing import Final

SENDER: Final = "polymeter-demo"
SENDER_VERSION: Final = "1"
SEED: Final = "polymeter demo 1"
DAYS: Final = 30
"""Full days before today. Today is loaded up to now."""

FLOWS_A_DAY: Final = 1_500
WEEKEND: Final = 0.55
"""Traffic of a Saturday or Sunday beside a working day."""
HOURLY: Final = (
    0.012, 0.009, 0.008, 0.008, 0.010, 0.016, 0.028, 0.045, 0.062, 0.070, 0.072, 0.070,
    0.062, 0.066, 0.072, 0.070, 0.064, 0.056, 0.048, 0.042, 0.036, 0.030, 0.026, 0.018,
)  # fmt: skip
"""Share of a day's traffic in each hour (UTC)."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model and how fast it is here: median time to the first token, its spread, and tokens a second.

    The shop asks for pinned versions, so that a failed call stands under the same name as the answered ones.
    """

    provider: str
    requested: str
    served: str
    ttft_ms: float
    spread: float
    speed: float
    convention: str = "inclusive"


OPUS: Final = Model("anthropic", "claude-3-opus-20240229", "claude-3-opus-20240229", 1_150, 0.35, 34, "exclusive")
OPUS_3_5: Final = Model("anthropic", "claude-3.5-opus", "claude-3.5-opus", 900, 0.35, 40, "exclusive")
GPT_4: Final = Model("openai", "gpt-4", "gpt-4-0613", 820, 0.30, 38)
GPT_4O: Final = Model("openai", "gpt-4o-2024-08-06", "gpt-4o-2024-08-06", 460, 0.35, 86)
GPT_4O_MINI: Final = Model("openai", "gpt-4o-mini-2024-07-18", "gpt-4o-mini-2024-07-18", 350, 0.35, 112)
O4_MINI: Final = Model("openai", "o4-mini-2025-04-16", "o4-mini-2025-04-16", 2_300, 0.45, 120)
EMBEDDER: Final = Model("openai", "text-embedding-3-small", "text-embedding-3-small", 90, 0.30, 1e9)
MISTRAL_7B: Final = Model("mistral", "open-mistral-7b", "open-mistral-7b", 170, 0.30, 130)
MIXTRAL: Final = Model("groq", "mixtral-8x7b-32768", "mixtral-8x7b-32768", 140, 0.40, 420)
GEMINI: Final = Model("google", "gemini-1.5-flash", "gemini-1.5-flash", 390, 0.35, 150)
COMMAND_R: Final = Model("cohere", "command-r", "command-r", 420, 0.35, 70)
SONAR: Final = Model("perplexity", "sonar", "sonar", 1_600, 0.35, 75)


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of work: where it lives in the product, and the median sizes of what goes in and comes out."""

    task: str
    feature: str
    team: str
    prompt: str
    version: int
    input_tokens: int
    output_tokens: int
    cached: float = 0.0
    """How often the fixed beginning of the prompt is found in the provider's cache."""
    streaming: bool = False
    max_tokens: int = 1_024


CLASSIFY: Final = Work("classify_ticket", "helpdesk", "support", "classify", 7, 310, 8, cached=0.5, max_tokens=32)
LOOKUP: Final = Work("order_lookup", "helpdesk", "support", "lookup", 2, 260, 42, max_tokens=256)
REPLY: Final = Work("support_reply", "helpdesk", "support", "reply", 12, 640, 190, cached=0.4, streaming=True)
SUMMARY: Final = Work("summarize_thread", "inbox", "support", "summary", 5, 1_850, 165, streaming=True)
INVOICE: Final = Work("extract_invoice", "billing", "finance", "invoice", 3, 920, 150, cached=0.3)
TRANSLATE: Final = Work("translate_reply", "helpdesk", "support", "translate", 4, 360, 340)
SEARCH: Final = Work("semantic_search", "search", "platform", "", 0, 24, 0)
COPY: Final = Work("product_copy", "catalog", "growth", "copy", 9, 420, 260)
REVIEW: Final = Work("code_review", "dev_tools", "platform", "review", 1, 2_300, 520)
LAB: Final = Work("idea_lab", "lab", "growth", "lab", 1, 700, 420)
BRIEF: Final = Work("market_brief", "reports", "growth", "brief", 6, 0, 0)

MODEL_OF: Final = {
    CLASSIFY.task: GPT_4O_MINI, LOOKUP.task: MISTRAL_7B, REPLY.task: OPUS, SUMMARY.task: GPT_4O_MINI,
    INVOICE.task: GPT_4O_MINI, TRANSLATE.task: GEMINI, SEARCH.task: EMBEDDER, COPY.task: COMMAND_R,
    REVIEW.task: O4_MINI, LAB.task: OPUS_3_5,
}  # fmt: skip
BACKUP: Final = GPT_4O
"""Answers when the model of a support reply does not."""

FLOWS: Final = {"helpdesk": 34, "search": 30, "summary": 12, "invoice": 10, "translate": 9, "copy": 3, "review": 2}
"""What a visit to the product asks for, by weight. A helpdesk visit is several calls in one trace."""

CUSTOMERS: Final = (
    "northwind", "globex", "initech", "umbra", "hooli", "stark-foods", "wayne-parts", "acme-labs", "soylent",
    "tyrell", "vandelay", "wonka",
)  # fmt: skip
USERS: Final = 420
PLANS: Final = ("free", "pro", "enterprise")
CHANNELS: Final = ("web", "email", "chat", "api")
STAGING_SHARE: Final = 0.06

ERRORS: Final = (
    ("rate_limit", 429, "rate_limit_exceeded: requests per minute", 30),
    ("timeout", 504, "upstream timed out", 18),
    ("server_error", 500, "internal error", 14),
    ("server_error", 529, "overloaded_error: Overloaded", 8),
    ("connection", None, "connection reset by peer", 8),
    ("client_abort", None, "the reader went away", 8),
    ("invalid_request", 400, "context_length_exceeded", 5),
    ("content_filter", 400, "the prompt was filtered", 3),
    ("refusal", 200, "the model declined", 3),
    ("invalid_output", 200, "the answer is no valid JSON", 3),
)
"""Class, HTTP status, message and weight of the errors of an ordinary day."""
ERROR_RATE: Final = 0.009
