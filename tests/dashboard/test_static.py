"""Vendored files are what they say they are, and the budgets of the page hold."""

import gzip
import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
VENDORED = (ROOT / "static/vendor/VENDORED.md").read_text()
ROWS = re.findall(r"^\| (static/\S+) \|.*\| ([0-9a-f]{64}) \|$", VENDORED, re.MULTILINE)
CSS = (ROOT / "static/css/app.css").read_text()


@pytest.mark.parametrize(("path", "digest"), ROWS)
def test_a_vendored_file_has_its_hash(path: str, digest: str) -> None:
    assert hashlib.sha256((ROOT / path).read_bytes()).hexdigest() == digest


def test_every_vendored_file_is_listed() -> None:
    files = {f"static/vendor/{path.name}" for path in (ROOT / "static/vendor").iterdir() if path.suffix == ".js"}

    assert files == {path for path, _ in ROWS if path.startswith("static/vendor/")}


def test_every_icon_a_template_names_is_in_the_sprite() -> None:
    known = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons/sprite.svg").read_text()))
    templates = [path.read_text() for path in (ROOT / "templates").rglob("*.html")]

    used = {name for text in templates for name in re.findall(r'\{% icon "([^"]+)"', text)}

    assert used <= known, used - known


def test_styles_and_scripts_stay_within_their_budget() -> None:
    styles = sum(len(gzip.compress(path.read_bytes())) for path in (ROOT / "static/css").glob("*.css"))
    scripts = sum(len(gzip.compress(path.read_bytes())) for path in (ROOT / "static/js").glob("*.js"))

    assert styles <= 12_000
    assert scripts <= 8_000
    assert len(CSS.splitlines()) < 800


def test_colours_are_named_only_in_the_tokens() -> None:
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b", CSS)


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_no_template_has_inline_script_or_style(path: Path) -> None:
    text = path.read_text()

    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|hx-on|javascript:", text)
