"""The house rules, kept by machines: import layers, lint, form, types, sizes, locked packages."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
HARD_LIMIT_LINES = 400
LONGEST_FUNCTION_LINES = 60

CHECKS = {
    "imports go up the house, never sideways": ("lint-imports", "--no-logo"),
    "ruff finds nothing": ("ruff", "check", "."),
    "the code is in ruff's form": ("ruff", "format", "--check", "."),
    "mypy strict finds nothing": ("mypy",),
}


@pytest.mark.parametrize("command", CHECKS.values(), ids=CHECKS)
def test_the_project_s_own_rules_hold(command: tuple[str, ...]) -> None:
    program, *arguments = command
    done = subprocess.run(  # noqa: S603  our own tools
        [BIN / program, *arguments],
        cwd=PROJECT,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def sources() -> Iterator[Path]:
    yield from sorted((PROJECT / "src").rglob("*.py"))


def test_no_file_is_longer_than_can_be_read_in_one_go() -> None:
    long = {
        str(path.relative_to(PROJECT)): count
        for path in sources()
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > HARD_LIMIT_LINES
    }
    assert long == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{path.relative_to(PROJECT)}:{node.lineno} {node.name}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION_LINES
    ]
    assert long == []


def test_nothing_catches_every_exception() -> None:
    broad = [
        f"{path.relative_to(PROJECT)}:{node.lineno}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
    ]
    assert broad == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-tests.lock"])
def test_every_package_is_locked_by_its_hash_and_from_no_particular_place(name: str) -> None:
    lock = (PROJECT / name).read_text(encoding="utf-8")
    assert "://" not in lock
    assert "--index" not in lock
    pinned = re.findall(r"^[a-z0-9][a-z0-9.-]*==", lock, re.MULTILINE)
    entries = re.split(r"\n(?=\S)", lock.strip())
    assert len(pinned) == len(entries)
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_tests_have_every_package_as_it_runs() -> None:
    plain, tested = (
        set(re.findall(r"^\S+==\S+", (PROJECT / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in ("requirements.lock", "requirements-tests.lock")
    )
    assert plain < tested
