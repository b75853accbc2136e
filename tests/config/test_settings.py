"""Settings: refused in one line when they cannot be used, documented when they can."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config import env

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "settings.md"
READ = re.compile(r'\benv\.\w+\(\s*"([A-Z_]+)"')


def manage(tmp_path: Path, *arguments: str, **values: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of ours as a stranger would, with these settings and nothing else."""
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "data")} | values
    argv = [sys.executable, "manage.py", *arguments]
    return subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


BAD = [
    ("PORT", "http"),
    ("PORT", "0"),
    ("PORT", "-1"),
    ("PORT", "٣"),
    ("GATEWAY_PORT", "70000"),
    ("GATEWAY_PORT", "8000"),
    ("STORE_PORT", "x"),
    ("WEB_WORKERS", "0"),
    ("DATA_DIR", "/proc/nowhere"),
    ("DATABASE_URL", "mysql://root@host/name"),
    ("DATABASE_URL", "sqlite:///"),
    ("DATABASE_URL", "sqlite:////no/such/directory/file"),
    ("DATABASE_URL", "postgres://host"),
    ("DATABASE_URL", "postgres://user:password@host:port/name"),
    ("EVENTS_URL", "chdb://memory"),
    ("EVENTS_URL", "clickhouse://"),
    ("BROKER_URL", "sqs://"),
    ("DEMO", "perhaps"),
    ("DEMO_KEY", "too-short"),
    ("SECRET_KEY", "too-short"),
    ("DEBUG", "2"),
    ("LOG_LEVEL", "LOUD"),
    ("SITE_URL", "polymeter.example.com"),
    ("SITE_URL", "https://example.com/polymeter"),
    ("ALLOWED_HOSTS", " , "),
    ("TRUST_PROXY", "nginx"),
    ("DEMO_KEY_FILE", "/no/such/file"),
]


@pytest.mark.parametrize(("name", "value"), BAD, ids=lambda value: value[:30])
def test_a_bad_value_is_one_line_that_names_it(tmp_path: Path, name: str, value: str) -> None:
    done = manage(tmp_path, "migrate", **{name: value})
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(name)


@pytest.mark.parametrize("name", ["DEMO_KEY", "SECRET_KEY"])
def test_a_refused_secret_is_not_repeated(tmp_path: Path, name: str) -> None:
    assert "hush-hush" not in manage(tmp_path, "check", **{name: "hush-hush"}).stderr


def test_a_password_in_an_address_is_not_repeated(tmp_path: Path) -> None:
    for name, value in (("DATABASE_URL", "mysql://u:hush-hush@h/n"), ("BROKER_URL", "sqs://u:hush-hush@h")):
        done = manage(tmp_path, "check", **{name: value})
        assert done.returncode == 2
        assert "hush-hush" not in done.stderr


def test_the_defaults_are_accepted_and_leave_one_private_secret(tmp_path: Path) -> None:
    done = manage(tmp_path, "check")
    assert (done.returncode, done.stderr) == (0, "")
    kept = tmp_path / "data" / "secret_key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert len(kept.read_text()) >= 64


def test_the_made_up_secret_is_made_once_even_by_many_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    script = f"from config import env; from pathlib import Path; print(env.kept_secret('SECRET_KEY', Path({str(tmp_path / 'key')!r})))"
    started = [
        subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(6)
    ]
    assert len({process.communicate(timeout=60)[0] for process in started}) == 1


def test_every_setting_we_read_is_documented_and_the_other_way_round() -> None:
    read = {name for path in (ROOT / "config").rglob("*.py") for name in READ.findall(path.read_text())}
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", DOCUMENT.read_text(), re.MULTILINE))
    assert len(read) > 15
    assert read == documented


def test_a_value_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("a-key-of-more-than-20-characters\n")
    monkeypatch.delenv("DEMO_KEY", raising=False)
    monkeypatch.setenv("DEMO_KEY_FILE", str(tmp_path / "key"))
    assert env.secret("DEMO_KEY", shortest=20) == "a-key-of-more-than-20-characters"


def test_sqlite_waits_for_its_turn_instead_of_failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/a%20file.sqlite3")
    found = env.database("DATABASE_URL", tmp_path / "unused")
    assert found["NAME"] == tmp_path / "a file.sqlite3"
    assert (found["OPTIONS"]["transaction_mode"], found["OPTIONS"]["timeout"]) == ("IMMEDIATE", 20)
    assert "journal_mode=WAL" in found["OPTIONS"]["init_command"]
    assert "synchronous=NORMAL" in found["OPTIONS"]["init_command"]


def test_sqlite_really_runs_with_a_write_ahead_log(tmp_path: Path) -> None:
    code = (
        "from django.db import connection as c; k = c.cursor(); "
        "print(*[k.execute(f'PRAGMA {p}').fetchone()[0] for p in ('journal_mode', 'synchronous', 'busy_timeout')])"
    )
    assert manage(tmp_path, "shell", "-v0", "-c", code).stdout.split() == ["wal", "1", "20000"]


def test_postgres_takes_escaped_secrets_and_options(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me%40acme:p%2Fw@db.acme.test:6432/poly?sslmode=require")
    found = env.database("DATABASE_URL", tmp_path)
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == (
        "me@acme",
        "p/w",
        "db.acme.test",
        "6432",
    )
    assert (found["NAME"], found["OPTIONS"]) == ("poly", {"connect_timeout": 5, "sslmode": "require"})


@pytest.mark.parametrize(
    ("raw", "value"), [("1", True), ("on", True), ("TRUE", True), ("0", False), ("no", False), (" off ", False)]
)
def test_a_switch_has_few_spellings(monkeypatch: pytest.MonkeyPatch, raw: str, value: bool) -> None:
    monkeypatch.setenv("DEMO", raw)
    assert env.flag("DEMO", default=not value) is value


def test_deployment_checks_name_what_is_not_fit_for_the_internet(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", "--deploy")
    assert {"polymeter.W002", "polymeter.W003"} <= set(re.findall(r"polymeter\.\w+", done.stderr))


def test_a_proper_deployment_has_nothing_to_hear(tmp_path: Path) -> None:
    fit = {"SITE_URL": "https://poly.acme.test", "TRUST_PROXY": "1", "ALLOWED_HOSTS": "poly.acme.test"}
    assert "polymeter." not in manage(tmp_path, "check", "--deploy", **fit).stderr


def test_one_secret_for_two_purposes_is_an_error(tmp_path: Path) -> None:
    same = "the-same-secret-twice-over"
    done = manage(tmp_path, "check", DEMO_KEY=same, ADMIN_PASSWORD=same)
    assert done.returncode == 1
    assert "polymeter.E001" in done.stderr
