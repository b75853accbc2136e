"""Decides whether a statement may reach the engine, which itself has no users and no grants.

Whoever holds the password is one of our own processes, so this is the second wall: it keeps a hole in one query from
becoming a way to files, programs and other machines. It reads the statement as the engine's own lexer does and refuses
what the two might read differently: comments, characters beyond ASCII outside of texts, escapes in names.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final


class Refused(Exception):
    """The statement is not admitted; the text says why. `code` is ClickHouse's own number for it."""

    def __init__(self, reason: str, code: int = 497) -> None:
        super().__init__(reason)
        self.code = code


class Lane(Enum):
    """Which connections run a statement, so that an acknowledgement never waits behind a page."""

    INSERT = "insert"
    LOOKUP = "lookup"
    READ = "read"
    EXPORT = "export"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known about an admitted statement."""

    lane: Lane
    format: str | None
    """Named by the statement itself."""
    answers: bool = False
    """Whether it returns rows."""
    streams: bool = False
    """Whether the engine can hand the rows out piece by piece."""
    settings: tuple[str, ...] = ()
    """Names that the statement sets for itself."""


SYNTAX: Final = 62
READS: Final = frozenset({"select", "with", "show", "describe", "desc", "explain", "exists"})
CHANGES: Final = frozenset({"insert", "alter", "optimize", "create", "drop", "delete", "truncate", "rename"})
CREATED: Final = re.compile(r"create (or replace )?(table|view) ")
ENGINES: Final = re.compile(r"(replicated)?(replacing|aggregating|summing)?mergetree|memory|null")
OUTSIDE: Final = frozenset(
    """aiclassify aiembed aiextract aifilter aigenerate airedact aisimilarity aitranslate arrowstream
    azureblobstorage azureblobstoragecluster bigquery catboostevaluate cluster clusterallreplicas cosn deltalake
    deltalakeazure deltalakeazurecluster deltalakecluster deltalakelocal deltalakes3 deltalakes3cluster
    dictionary disk eval executable file filecluster filesystem fuzzjson fuzzquery gcs hdfs hdfscluster hudi
    hudicluster iceberg icebergazure icebergazurecluster icebergcluster iceberghdfs iceberghdfscluster
    iceberglocal iceberglocalcluster icebergs3 icebergs3cluster input jdbc loop merge mergetreeanalyzeindexes
    mergetreeanalyzeindexesuuid mergetreecodecblockcounts mergetreeindex mergetreeprojection mergetreetextindex
    mongodb mysql odbc oss paimon paimonazure paimonazurecluster paimoncluster paimonhdfs paimonhdfscluster
    paimonlocal paimons3 paimons3cluster postgresql prometheusquery prometheusqueryrange python redis remote
    remotesecure reversednsquery s3 s3cluster sleep sleepeachrow sqlite timeseriesdata timeseriesmetricfamilies
    timeseriesmetrics timeseriessamples timeseriesselector timeseriestags url urlcluster viewexplain
    viewifpermitted ytsaurus""".split()  # noqa: SIM905
)
"""Functions that reach beyond our own tables. A test asks the engine for its table functions and compares."""

TOKEN: Final = re.compile(
    r"""(?P<text>'(?:[^'\\]|\\.|'')*')
      | (?P<comment>--|/\*|//|\#)
      | (?P<quoted>`[\w .-]*`|"[\w .-]*")
      | (?P<name>[A-Za-z_]\w*)
      | (?P<space>[ \t\r\n]+)
      | (?P<other>\d\w*|[][(){}<>=!,.;:?*/%+|@^-])
      | (?P<strange>.)""",
    re.X | re.S | re.A,
)


def words(sql: str) -> Iterator[str]:
    """Yield names in lower case without quotes, signs, and '' for each text; raise Refused for anything strange."""
    for match in TOKEN.finditer(sql):
        kind, token = match.lastgroup, match.group()
        if kind == "strange":
            raise Refused(f"Unexpected character {token!r} in the statement.", SYNTAX)
        if kind == "comment":
            raise Refused("Comments are not accepted in statements.", SYNTAX)
        if kind == "text":
            yield "''"
        elif kind == "quoted":
            yield token[1:-1].lower()
        elif kind != "space":
            yield token.lower()


def judge(sql: str) -> Verdict:
    """Admit one statement, or raise Refused. Long statements are not remembered."""
    return _remembered(sql) if len(sql) < 20_000 else _judge(sql)


def _judge(sql: str) -> Verdict:
    found = list(words(sql))
    while found and found[-1] == ";":
        found.pop()
    if not found:
        raise Refused("Empty statement.", SYNTAX)
    _refuse_outside(found)
    verb = next((word for word in found if word != "("), "")
    named = _format(sql, found)
    chosen = () if verb in {"create", "alter"} else tuple(_settings(found))
    if verb == "insert" and named is not None and found[-2] == "format":
        return Verdict(Lane.INSERT, named, settings=chosen)
    if verb in READS:
        return Verdict(Lane.READ, named, answers=True, streams=verb in {"select", "with"}, settings=chosen)
    if verb not in CHANGES:
        raise Refused(f"{verb.upper()} statements are not accepted here.")
    if verb == "create":
        _refuse_creating(" ".join(found))
    return Verdict(Lane.MAINTENANCE, None, settings=chosen)


_remembered = lru_cache(maxsize=2048)(_judge)


def _refuse_outside(found: list[str]) -> None:
    for word, following in zip(found, [*found[1:], ""], strict=True):
        if word == ";":
            raise Refused("Send one statement at a time.", SYNTAX)
        if following == "(" and word in OUTSIDE:
            raise Refused(f"{word}(...) reaches outside the event store.")
        if following == "." and word == "default":
            raise Refused("The database `default` shows the machine's files.")
        if word in {"outfile", "infile"}:
            raise Refused("Files are not read or written here.")
        if word == ":" and following == "identifier":
            raise Refused("Names are never parameters.")


def _refuse_creating(statement: str) -> None:
    if not CREATED.match(statement):
        raise Refused("Only tables and views are created here.")
    for engine in re.findall(r" engine (?:= )?(\S+)", statement):
        if not ENGINES.fullmatch(engine):
            raise Refused(f"Tables with the engine {engine} are not created here.")


def _format(sql: str, found: list[str]) -> str | None:
    """Return the FORMAT at the end of a statement in its own spelling."""
    if found[-2:-1] != ["format"]:
        return None
    return str(re.findall(r"\w+", sql.rstrip("; \t\r\n"))[-1])


def _settings(found: list[str]) -> Iterator[str]:
    """Yield the names set by a SETTINGS clause anywhere in the statement."""
    for place, word in enumerate(found):
        if word != "settings" or found[place + 2 : place + 3] != ["="]:
            continue
        yield found[place + 1]
        for at in range(place + 3, len(found) - 2):
            if found[at] == "," and found[at + 2] == "=":
                yield found[at + 1]
