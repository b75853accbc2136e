"""Decides whether a statement may reach the engine, which itself has no users and no grants."""

import re
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
    READ = "read"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known about an admitted statement."""

    lane: Lane
    format: str | None
    """Named by the statement itself."""
    answers: bool
    """Whether it returns rows."""
    streams: bool = False
    """Whether the engine can hand the rows out piece by piece."""


READS: Final = frozenset({"select", "with", "show", "describe", "desc", "explain", "exists"})
MAINTENANCE: Final = frozenset(
    {"insert", "alter", "optimize", "create", "drop", "delete", "truncate", "rename", "check"}
)
CREATES: Final = frozenset({"table", "view", "database", "or", "if"})
SAFE_TABLE_FUNCTIONS: Final = frozenset({"numbers", "zeros", "values", "view", "generateseries", "generate_series"})
OUTSIDE: Final = frozenset(
    [
        "arrowflight",
        "azureblobstorage",
        "azureblobstoragecluster",
        "catboostevaluate",
        "cluster",
        "clusterallreplicas",
        "deltalake",
        "deltalakeazure",
        "deltalakecluster",
        "deltalakelocal",
        "deltalakes3",
        "dictionary",
        "executable",
        "executablepool",
        "external",
        "file",
        "filecluster",
        "filesystem",
        "fuzzjson",
        "fuzzquery",
        "gcs",
        "getsetting",
        "hdfs",
        "hdfscluster",
        "hudi",
        "hudicluster",
        "iceberg",
        "icebergazure",
        "icebergcluster",
        "iceberghdfs",
        "iceberglocal",
        "icebergs3",
        "input",
        "jdbc",
        "join",
        "kafka",
        "loop",
        "merge",
        "mergetreeindex",
        "mergetreeprojection",
        "mongodb",
        "mysql",
        "nats",
        "odbc",
        "oss",
        "paimon",
        "paimonazure",
        "paimoncluster",
        "paimonlocal",
        "paimons3",
        "postgresql",
        "prometheusquery",
        "prometheusqueryrange",
        "python",
        "rabbitmq",
        "redis",
        "remote",
        "remotesecure",
        "s3",
        "s3cluster",
        "s3queue",
        "sqlite",
        "timeseriesdata",
        "timeseriesmetrics",
        "timeseriesselector",
        "timeseriestags",
        "url",
        "urlcluster",
        "ytsaurus",
        "buffer",
        "cosn",
        "azurequeue",
        "dbtable",
        "embeddedrocksdb",
        "materializedpostgresql",
        "keepermap",
        "set",
        "log",
        "stripelog",
        "tinylog",
    ]
) - {"join", "set"}
"""Names that reach beyond the store's own tables, as table functions, table engines, or functions."""
WORDS: Final = frozenset(
    {"outfile", "infile", "source", "user", "role", "grant", "revoke", "quota", "profile", "policy"}
)
"""Refused where they are bare words next to the statement's verb or a path."""

TOKEN: Final = re.compile(
    r"""(?P<text>'(?:[^'\\]|\\.|'')*')
      | (?P<comment>--[^\n]*|\#[! ][^\n]*|/\*.*?\*/)
      | (?P<name>`(?:[^`\\]|\\.|``)*`|"(?:[^"\\]|\\.|"")*"|[^\W\d]\w*)
      | (?P<space>\s+)
      | (?P<other>\d\w*|\$\w*\$|.)""",
    re.X | re.S,
)


def tokens(sql: str) -> list[str]:
    """Return the words and signs of a statement, names lower-cased and unquoted, texts and comments left out."""
    found = []
    for match in TOKEN.finditer(sql):
        if match.lastgroup == "name":
            found.append(match.group().strip('`"').lower())
        elif match.lastgroup == "text":
            found.append("''")
        elif match.lastgroup == "other":
            found.append(match.group())
    return found


@lru_cache(maxsize=4096)
def judge(sql: str) -> Verdict:
    """Admit one statement, or raise Refused."""
    words = tokens(sql)
    while words and words[-1] == ";":
        words.pop()
    if not words:
        raise Refused("Empty statement.", 62)
    _refuse_several(words)
    _refuse_outside(words)
    verb = next((word for word in words if word != "("), "")
    if verb == "insert" and words[-2:-1] == ["format"]:
        return Verdict(Lane.INSERT, words[-1], answers=False)
    if verb in READS:
        return Verdict(Lane.READ, _format(sql, words), answers=True, streams=verb in {"select", "with"})
    if verb not in MAINTENANCE:
        raise Refused(f"{verb.upper()} statements are not accepted here.")
    if verb == "create" and words[1] not in CREATES:
        raise Refused("Only tables, views and databases are created here.")
    return Verdict(Lane.MAINTENANCE, None, answers=False)


def _refuse_several(words: list[str]) -> None:
    if ";" in words:
        raise Refused("Send one statement at a time.", 62)
    if any(word.startswith("$") for word in words):
        raise Refused("Heredoc texts are not accepted.", 62)


def _refuse_outside(words: list[str]) -> None:
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word in OUTSIDE and following == "(":
            raise Refused(f"{word}(...) reaches outside the event store.")
    if "outfile" in words or "infile" in words:
        raise Refused("Files are not read or written here.")


def _format(sql: str, words: list[str]) -> str | None:
    """Return the FORMAT at the end of a statement in its original spelling."""
    if words[-2:-1] != ["format"]:
        return None
    return re.findall(r"\w+", sql.rstrip().rstrip(";"))[-1]
