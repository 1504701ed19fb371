"""Workers are forked by a process of its own, which may die without them, and they without it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).with_name("nursery_program.py")


@pytest.fixture(scope="module")
def seen() -> tuple[dict[str, Any], str]:
    """Return what the program saw, and what was written to its standard error."""
    done = subprocess.run(  # noqa: S603  our own program
        [sys.executable, PROGRAM], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    return json.loads(lines[-1]), "\n".join((*lines[:-1], done.stderr))


def test_each_worker_is_a_process_of_the_nursery_with_a_session_of_its_own(
    seen: tuple[dict[str, Any], str],
) -> None:
    facts, _ = seen
    assert [one["pid"] for one in facts["told"]] == facts["pids"]
    assert [one["parent"] for one in facts["told"]] == [facts["nursery"]] * 2
    assert [one["group"] for one in facts["told"]] == facts["pids"]


def test_a_stop_that_is_sent_to_all_is_left_to_the_parent(seen: tuple[dict[str, Any], str]) -> None:
    facts, _ = seen
    assert [one["deaf"] for one in facts["told"]] == [True, True]


def test_one_that_is_killed_ends_alone(seen: tuple[dict[str, Any], str]) -> None:
    facts, _ = seen
    assert facts["killed ends"]
    assert facts["killed again"] == "there is no such process"
    assert facts["the other lives"]
    assert facts["told to end ends"]


def test_one_that_fails_says_why_and_harms_nobody(seen: tuple[dict[str, Any], str]) -> None:
    facts, written = seen
    assert facts["failing ends"]
    assert "ValueError: a worker that fails" in written
    assert facts["a nursery outlives a failure"]


def test_a_dead_nursery_bears_nobody_and_takes_nobody_along(
    seen: tuple[dict[str, Any], str],
) -> None:
    facts, written = seen
    assert facts["without it"] == [None, None]
    assert facts["its worker lives on"]
    assert written.count("what forks workers is gone") == 1


def test_a_nursery_is_gone_with_its_block(seen: tuple[dict[str, Any], str]) -> None:
    facts, _ = seen
    assert facts["gone with its block"]
