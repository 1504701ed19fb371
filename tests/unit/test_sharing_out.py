"""What is handed out one by one, or together, is still as it is listed."""

import re
from pathlib import Path

import pytest

from tests.sharing_out import SERVER_EACH

PROJECT = Path(__file__).parents[2]
SHARED_IN_A_FILE = re.compile(r'\bscope="(module|package|class)"')


def test_every_file_that_is_named_is_there() -> None:
    assert [file for file in SERVER_EACH if not (PROJECT / file).exists()] == []


@pytest.mark.parametrize("file", sorted(SERVER_EACH))
def test_what_is_handed_out_one_by_one_shares_nothing_in_its_file(file: str) -> None:
    assert not SHARED_IN_A_FILE.search((PROJECT / file).read_text())
