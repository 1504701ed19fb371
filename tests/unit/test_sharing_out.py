"""What is handed out one by one, or together, is still as it is listed."""

import re
from pathlib import Path

import pytest

from tests.sharing_out import BROKER, SERVER_EACH

PROJECT = Path(__file__).parents[2]
SHARED_IN_A_FILE = re.compile(r'\bscope="(module|package|class)"')


def test_every_file_that_is_named_is_there() -> None:
    assert [file for file in SERVER_EACH | BROKER if not (PROJECT / file).exists()] == []


@pytest.mark.parametrize("file", sorted(SERVER_EACH))
def test_what_is_handed_out_one_by_one_shares_nothing_in_its_file(file: str) -> None:
    assert not SHARED_IN_A_FILE.search((PROJECT / file).read_text())


def test_one_process_does_all_that_needs_the_session_s_broker() -> None:
    files = [file.relative_to(PROJECT) for file in (PROJECT / "tests").rglob("test_*.py")]
    needing = {str(file) for file in files if "one_rabbitmq" in (PROJECT / file).read_text()}
    assert needing - {"tests/unit/test_sharing_out.py"} == BROKER
