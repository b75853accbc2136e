"""The four-stage pipeline: structure, research, finish, verify. Every figure follows from the number of the run."""

from typing import Final, NamedTuple

from ingest.demo.call import Visit
from ingest.demo.texts import SYSTEM
from ingest.demo.world import BRIEF, GPT_4, MIXTRAL, OPUS, SENDER, SENDER_VERSION, SONAR, Model
from ingest.schema import CallIn, PromptIn, SenderIn, UsageIn

RUNS_A_DAY: Final = 10
FIRST_HOUR: Final = 6
MINUTES_APART: Final = 12
TOPICS: Final = ("desks", "lamps", "kettles", "shelves", "blankets")


class Stage(NamedTuple):
    """One stage: tokens of run 0 and how many more each later run of the day has."""

    name: str
    model: Model
    input_tokens: int
    input_step: int
    output_tokens: int
    output_step: int
    latency_ms: float
    requests: int | None = None


STAGES: Final = (
    Stage("structure", GPT_4, 900, 10, 220, 4, 6_400.0),
    Stage("research", SONAR, 480, 6, 640, 8, 9_100.0, requests=1),
    Stage("finish", OPUS, 1_700, 14, 760, 10, 21_500.0),
    Stage("verify", MIXTRAL, 1_450, 12, 64, 2, 610.0),
)


def run(visit: Visit, number: int) -> list[CallIn]:
    """The calls of run `number` of its day, each after the one before."""
    topic = TOPICS[number % len(TOPICS)]
    return [_call(visit, stage, number, topic) for stage in STAGES]


def _call(visit: Visit, stage: Stage, number: int, topic: str) -> CallIn:
    call = CallIn(
        started_at=visit.at_us,
        trace_id=visit.trace_id,
        span_id=visit.span_id(),
        parent_span_id=visit.root_id,
        provider=stage.model.provider,
        requested_model=stage.model.requested,
        model=stage.model.served,
        operation="chat",
        status="ok",
        http_status=200,
        finish_reason="stop",
        latency_ms=stage.latency_ms + 37 * number,
        usage=UsageIn(
            input_tokens=stage.input_tokens + stage.input_step * number,
            output_tokens=stage.output_tokens + stage.output_step * number,
            requests=stage.requests,
            convention=stage.model.convention,
        ),
        environment=visit.environment,
        task=BRIEF.task,
        feature=BRIEF.feature,
        team=BRIEF.team,
        stage=stage.name,
        group_id=f"brief-{visit.trace_id[:12]}",
        user_id=visit.user_id,
        customer_id=visit.customer_id,
        session_id=visit.session_id,
        tags=visit.tags,
        prompt=PromptIn(f"{BRIEF.prompt}_{stage.name}", str(BRIEF.version)),
        sender=SenderIn(SENDER, SENDER_VERSION),
        streaming=False,
        request_params={"max_tokens": 2_048},
        input=[
            {"role": "system", "content": SYSTEM[BRIEF.task]},
            {"role": "user", "content": f"{stage.name.title()} the brief about {topic}."},
        ],
        output=_output(stage.name, topic),
    )
    visit.at_us += int((call.latency_ms or 0) * 1000) + 20_000
    return call


def _output(stage: str, topic: str) -> str:
    return {
        "structure": f"1. Demand for {topic}\n2. Prices\n3. Who else sells them\n4. What to do",
        "research": f"Three shops in the region sell {topic}; the cheapest asks 49 euros [1][2].",
        "finish": f"Demand for {topic} is steady. Prices rose a little. We should offer two sizes, not five.",
        "verify": "Every figure is in the sources.",
    }[stage]
