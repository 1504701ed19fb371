import io
import json
import os
import sys

import pytest

from porteiro.cli.tables import counted, plain, show_json, show_line, show_table


def ascii_only(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    """Have standard output be a file of an environment that knows ASCII only."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "ascii", write_through=True))
    return raw


def test_json_is_utf_8_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = ascii_only(monkeypatch)
    show_json({"visitor": "Jéssica", "nothing": None})
    assert json.loads(raw.getvalue().decode()) == {"visitor": "Jéssica", "nothing": None}


def test_a_table_does_without_letters_that_cannot_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = ascii_only(monkeypatch)
    show_table(("ID", "visitor"), [("1", "Jéssica")])
    show_line("Jéssica")
    assert b"J?ssica" in raw.getvalue()
    raw.getvalue().decode("ascii")


def test_a_reader_that_has_enough_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        show_json({"visits": ["x" * 100_000]})
        monkeypatch.undo()


def test_text_cannot_steer_the_terminal() -> None:
    assert plain("\x1b[31m[bold]Ana\r\n\x9b").plain == "�[31m[bold]Ana���"


def test_what_is_counted_is_named_rightly() -> None:
    assert [counted(n, "call") for n in (0, 1, 2)] == ["0 calls", "1 call", "2 calls"]
