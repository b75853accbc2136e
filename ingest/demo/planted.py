"""What was planted in the demo traffic and when: docs/demo.md is the truth table, tests/demo prove that it shows.

Days count back from the day of loading: 0 is today, 1 yesterday. A window ends with the end of its last day.
"""

from dataclasses import dataclass
from typing import Final

from ingest.demo.world import GEMINI, GPT_4O, OPUS, SUMMARY, Model


@dataclass(frozen=True, slots=True)
class Window:
    """Full hours of some days."""

    first_day: int
    last_day: int = 0
    first_hour: int = 0
    last_hour: int = 23

    def holds(self, days_ago: int, hour: int) -> bool:
        return self.last_day <= days_ago <= self.first_day and self.first_hour <= hour <= self.last_hour


LATENCY_REGRESSION: Final = Window(first_day=9, last_day=6)
SLOW_MODEL: Final = GEMINI
SLOW_FACTOR: Final = 2.4
"""Everything that this model does takes so many times longer."""

MODEL_SWITCH: Final = Window(first_day=12)
SWITCHED: Final = (SUMMARY.task, GPT_4O)
"""Summaries move from gpt-4o-mini to gpt-4o, with version 6 of their prompt."""

FALLBACK_STORM: Final = Window(first_day=5, last_day=5, first_hour=14, last_hour=16)
STORM_MODEL: Final = OPUS
STORM_RATE: Final = 0.65
"""Share of calls to Claude 3 Opus that are answered 429."""

QUALITY_DROP: Final = Window(first_day=7)
MALFORMED: Final = (0.02, 0.16)
"""Share of extracted invoices that do not fit their schema, before and after."""
CUT_SHORT: Final = (0.01, 0.09)
"""Share that ends with finish_reason `length`."""
SHORTER: Final = 0.6
"""Answers have this share of their former length. Nothing fails: the calls are all ok."""

MIX_SHIFT: Final = Window(first_day=4)
SHIFTED: Final = {"helpdesk": 1.6, "search": 0.55}
"""The helpdesk grows and search shrinks; no price, model or prompt changes."""

BAD_KEY: Final = Window(first_day=20, last_day=20, first_hour=9, last_hour=12)
BAD_KEY_TASK: Final = "product_copy"
"""For four hours Cohere refuses the key: authentication errors, free of charge."""

LAB_CALLS_A_DAY: Final = 2
"""Calls to claude-3.5-opus, which does not exist and must stay unpriced."""


def model_now(task: str, usual: Model, days_ago: int, hour: int) -> Model:
    """The model of a task at this time."""
    switched = task == SWITCHED[0] and MODEL_SWITCH.holds(days_ago, hour)
    return SWITCHED[1] if switched else usual


def slowness(model: Model, days_ago: int, hour: int) -> float:
    return SLOW_FACTOR if model is SLOW_MODEL and LATENCY_REGRESSION.holds(days_ago, hour) else 1.0


def weights(flows: dict[str, int], days_ago: int, hour: int) -> list[float]:
    """What visits ask for at this time."""
    if not MIX_SHIFT.holds(days_ago, hour):
        return [float(weight) for weight in flows.values()]
    return [weight * SHIFTED.get(name, 1.0) for name, weight in flows.items()]
