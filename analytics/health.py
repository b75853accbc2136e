"""How calls arrive: whether the clocks of senders agree with ours, and how late calls come. Reads calls alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from analytics.where import instant
from store import client

PROJECT: Final = "project_id = {project_id:UInt32}"
LATELY: Final = timedelta(hours=24)
ARRIVED: Final = """
SELECT sender_name AS sender, count() AS calls,
       countIf(ahead > 0) AS from_the_future,
       if(from_the_future > 0, maxIf(ahead, ahead > 0), NULL) AS ahead_ms,
       quantile(0.5)(-ahead) AS delay_ms
  FROM (SELECT sender_name,
               date_diff('millisecond', toDateTime64(ingested_at, 3, 'UTC'), ts) + ifNull(latency_ms, 0) AS ahead
          FROM calls_live
         WHERE {project} AND ingested_at >= {since} AND ts >= {oldest})
 GROUP BY sender_name
 ORDER BY calls DESC
 LIMIT 50"""


@dataclass(frozen=True, slots=True)
class Clock:
    """How the calls of one sender arrived in the last day."""

    sender: str
    calls: int
    from_the_future: int
    """Calls that ended, by their own word, after they came in: the sender's clock is ahead."""
    ahead_ms: float | None
    delay_ms: float
    """Half of the calls came in at most this long after they ended."""


def clocks(project_id: int, now: datetime) -> list[Clock]:
    """Return how calls that came in during the last day, and began at most a week ago, arrived, by sender."""
    since, oldest = instant(now - LATELY), instant(now - timedelta(days=7))
    rows = client.select(ARRIVED.format(project=PROJECT, since=since, oldest=oldest), project_id=project_id)
    return [Clock(**row) for row in rows]
