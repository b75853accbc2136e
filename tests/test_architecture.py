"""What holds for the whole tree: sizes, paths, unfinished places, links between documents."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MOST_LINES, MOST_FUNCTION_LINES = 400, 45
NOT_OURS = re.compile(r"(^|/)vendor/|\.lock$|-dev\.lock$|\.min\.js$|\.(svg|png|bin|json|jsonl)$|^LICENSE$")
MACHINE_PATH = re.compile(r"/(work|tmp|root|farm|home)/[a-z]")
UNFINISHED = re.compile(
    r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b|NotImpl" r"ementedError"
)  # apart, so as not to find itself
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    return [name for name in listed if name and not NOT_OURS.search(name) and (ROOT / name).is_file()]


def sources(*, tests: bool) -> list[str]:
    names = [name for name in tracked() if name.endswith(".py") and "/migrations/" not in name]
    return [name for name in names if tests or not name.startswith("tests/")]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def functions(name: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(text(name))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_file_has_grown_into_two_rooms() -> None:
    long = {name: lines for name in sources(tests=False) if (lines := text(name).count("\n")) > MOST_LINES}

    assert not long


def test_no_function_does_two_things() -> None:
    long = [
        f"{name}:{node.lineno} {node.name}"
        for name in sources(tests=False)
        for node in functions(name)
        if (node.end_lineno or node.lineno) - node.lineno > MOST_FUNCTION_LINES
    ]

    assert not long


def test_every_module_says_in_its_first_line_what_it_is() -> None:
    silent = [
        name for name in sources(tests=True) if text(name).strip() and not ast.get_docstring(ast.parse(text(name)))
    ]

    assert not silent


@pytest.mark.parametrize(
    ("what", "pattern"), [("a path of one machine", MACHINE_PATH), ("an unfinished place", UNFINISHED)]
)
def test_the_tree_is_free_of(what: str, pattern: re.Pattern[str]) -> None:
    found = [
        f"{name}:{number} {line.strip()[:100]}"
        for name in tracked()
        for number, line in enumerate(text(name).splitlines(), 1)
        if pattern.search(line)
    ]

    assert not found, what


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{name}: {target}"
        for name in tracked()
        if name.endswith(".md")
        for target in LINK.findall(text(name))
        if not _leads_somewhere(ROOT / name, target)
    ]

    assert not broken


def _leads_somewhere(document: Path, target: str) -> bool:
    if target.startswith(("http://", "https://", "mailto:")):
        return True
    path, _, anchor = target.partition("#")
    file = (document.parent / path).resolve() if path else document
    if not file.exists():
        return False
    return not anchor or anchor in {_anchor(line) for line in file.read_text().splitlines() if line.startswith("#")}


def _anchor(heading: str) -> str:
    """The name that a heading gets where Markdown is shown."""
    words = re.sub(r"[^\w\s-]", "", heading.lstrip("#").strip().lower())
    return words.replace(" ", "-")


def test_make_help_lists_every_target_that_people_use() -> None:
    makefile = text("Makefile")
    phony = set(re.search(r"^\.PHONY: (.+)$", makefile, re.M)[1].split())  # type: ignore[index]

    described = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.M))

    assert phony - described == {"chromium"}


def test_the_run_lock_is_a_part_of_the_development_lock() -> None:
    """So that `make test` checks the versions that `make run` installs."""
    pinned = re.compile(r"^([a-z0-9_.-]+==[^ ]+)", re.M)

    assert set(pinned.findall(text_of_lock("requirements.lock"))) <= set(
        pinned.findall(text_of_lock("requirements-dev.lock"))
    )


def text_of_lock(name: str) -> str:
    return (ROOT / name).read_text()
