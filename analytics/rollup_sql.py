"""Statements that make rollups again from calls, one atomic INSERT ... SELECT each. Pure."""

from collections.abc import Sequence
from typing import Final

from analytics.dimensions import LEVELS, ROLLED, TIMED, Dimension
from analytics.parts import PARTS, nothing
from analytics.percentiles import EXACT_BELOW, LONGEST_KEPT, NO_BUCKETS, bucket_number, micros
from analytics.percentiles import TIMES as KINDS
from analytics.question import Span
from analytics.where import within

PROJECT: Final = "project_id = {project_id:UInt32}"
PARTS_KEPT: Final = tuple(part for part in PARTS.values() if part.rolled)

SUMS: Final = """
INSERT INTO calls_{size} (project_id, {zone_name}start, key, {dimensions}, {parts}, gen)
SELECT {{project_id:UInt32}}, {zone_value}start, {key}, {dimensions}, {merged}, {{gen:UInt64}}
  FROM (
        SELECT {start} AS start, {dimensions}, {sums}
          FROM calls_live
         WHERE {project} AND ({of_calls})
      GROUP BY start, {dimensions}
     UNION ALL
        SELECT start, {dimensions}, {nothing}
          FROM calls_{size} FINAL
         WHERE {project} AND ({of_rollup}) AND calls > 0{zone_is}
       )
GROUP BY start, {dimensions}"""

TIMES: Final = """
INSERT INTO times_{size} (project_id, {zone_name}kind, level, start, key, {dimensions}, n, times, buckets, gen)
SELECT {{project_id:UInt32}}, {zone_value}'{kind}', level, start, {key}, {dimensions},
       sum(inside) AS n,
       if(n < {exact_below} AND max(longest) < {longest_kept},
          arraySort(groupArrayArray({exact_below})(few)), emptyArrayUInt32()) AS times,
       if(empty(times), arraySort(groupArrayIf((number, inside), number > 0)), {no_buckets}),
       {{gen:UInt64}}
  FROM (
        SELECT grouping(provider) + 2 * grouping(task) AS level, start, {dimensions}, number,
               sum(c) AS inside, max(m) AS longest, groupArrayArray({exact_below})(v) AS few
          FROM (
                SELECT {start} AS start, {dimensions}, {number} AS number,
                       count() AS c, max({micros}) AS m, emptyArrayUInt32() AS v
                  FROM calls_live
                 WHERE {project} AND ({of_calls}) AND {told} IS NOT NULL
              GROUP BY start, {dimensions}, number
             UNION ALL
                SELECT {start} AS start, {dimensions}, 0 AS number,
                       toUInt64(0) AS c, toUInt64(0) AS m, groupArray({exact_below})(toUInt32({micros})) AS v
                  FROM calls_live
                 WHERE {project} AND ({of_calls}) AND {told} IS NOT NULL
              GROUP BY start, {dimensions}
             UNION ALL
                SELECT start, {dimensions}, 0 AS number, toUInt64(0) AS c, toUInt64(0) AS m, emptyArrayUInt32() AS v
                  FROM times_{size} FINAL
                 WHERE {project} AND ({of_rollup}) AND kind = '{kind}' AND level = 0 AND n > 0{zone_is}
               )
      GROUP BY GROUPING SETS ({sets})
       )
GROUP BY level, start, {dimensions}"""

TOUCHED: Final = """
SELECT toUnixTimestamp(toStartOfHour(ts)) AS hour,
       count() AS calls,
       countIf(ingested_at >= {seen}) AS fresh,
       groupBitXorIf({digest}, ingested_at < {seen}) AS before,
       groupBitXorIf({digest}, ingested_at >= {recent} AND ingested_at < {now}) AS lately,
       max(ingested_at) AS newest
  FROM calls
 WHERE {project} AND ingested_at >= {since}
GROUP BY hour"""
DIGEST: Final = "cityHash64(call_id, version, is_deleted)"
MARKED: Final = """
SELECT toUnixTimestamp(toStartOfHour(dirty_hours.hour)) AS start, count() AS marks, max(marked_at) AS last
  FROM dirty_hours
 WHERE {project} AND marked_at >= {since}
GROUP BY start"""
MARK: Final = """
INSERT INTO dirty_hours (project_id, hour)
SELECT {project_id:UInt32}, toDateTime(arrayJoin({hours:Array(UInt32)}), 'UTC')"""
HOURS_KEPT: Final = f"SELECT DISTINCT toUnixTimestamp(start) AS hour FROM calls_hourly WHERE {PROJECT}"


def rebuild(spans: Sequence[Span], zone: str | None) -> list[str]:
    """Return the statements that make whole hours again, or whole days of `zone`, in all rollups."""
    return [_sums(spans, zone), *(_times(spans, zone, kind) for kind in KINDS)]


def _common(spans: Sequence[Span], zone: str | None, dimensions: Sequence[Dimension]) -> dict[str, str]:
    names = ", ".join(one.sql for one in dimensions)
    return {
        "size": "daily" if zone else "hourly",
        "project": PROJECT,
        "start": f"toDateTime(toStartOfDay(ts, '{zone}'), 'UTC')" if zone else "toStartOfHour(ts)",
        "zone_name": "zone, " if zone else "",
        "zone_value": f"'{zone}', " if zone else "",
        "zone_is": f" AND zone = '{zone}'" if zone else "",
        "dimensions": names,
        "key": f"reinterpretAsUInt128(sipHash128({names}))",
        "of_calls": within(spans),
        "of_rollup": within(spans, "start"),
    }


def _sums(spans: Sequence[Span], zone: str | None) -> str:
    return SUMS.format(
        **_common(spans, zone, ROLLED),
        parts=", ".join(part.key for part in PARTS_KEPT),
        merged=", ".join(f"sum(p_{part.key})" for part in PARTS_KEPT),
        sums=", ".join(f"{part.sql} AS p_{part.key}" for part in PARTS_KEPT),
        nothing=", ".join(f"{nothing(part)} AS p_{part.key}" for part in PARTS_KEPT),
    )


def _times(spans: Sequence[Span], zone: str | None, kind: str) -> str:
    return TIMES.format(
        **_common(spans, zone, TIMED),
        kind=kind,
        number=bucket_number(kind),
        micros=micros(kind),
        told=KINDS[kind],
        exact_below=EXACT_BELOW,
        longest_kept=LONGEST_KEPT,
        no_buckets=NO_BUCKETS,
        sets=", ".join(f"({', '.join(['start', 'number', *(one.sql for one in dims)])})" for dims in LEVELS.values()),
    )


def touched(since: str, seen: str, recent: str, now: str) -> str:
    """Return the question which hours calls came into since `since`; the others are explained in rollup.py."""
    return TOUCHED.format(project=PROJECT, since=since, seen=seen, recent=recent, now=now, digest=DIGEST)


def marked(since: str) -> str:
    """Return the question which hours were marked since `since`."""
    return MARKED.format(project=PROJECT, since=since)
