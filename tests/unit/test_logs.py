import io
import json
import logging
from pathlib import Path
from typing import Any, Literal

import pytest
import structlog

from porteiro.logs import LogOptions, logging_to


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def logged(options: LogOptions) -> list[dict[str, Any]]:
    out = io.StringIO()
    with logging_to(out, options):
        log = structlog.get_logger("porteiro.calls")
        log.info("visitor greeted", call_id="c1", pd_visitor="João")
        logging.getLogger("aiohttp.client").warning("odd answer from %s", "http://u:hunter2@h/")
        log.debug("a detail")
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_away_from_a_terminal_each_event_is_one_line_of_json() -> None:
    first, second = logged(LogOptions(personal=True))
    assert first["event"] == "visitor greeted"
    assert first["call_id"] == "c1"
    assert first["pd_visitor"] == "João"
    assert first["level"] == "info"
    assert second["event"] == "odd answer from http://u:hunter2@h/"
    assert second["logger"] == "aiohttp.client"


def test_personal_fields_are_dropped_unless_asked_for() -> None:
    assert "pd_visitor" not in logged(LogOptions())[0]


def test_a_secret_is_masked_wherever_it_would_stand() -> None:
    assert logged(LogOptions(secrets=("hunter2",)))[1]["event"] == "odd answer from http://u:***@h/"


def test_a_secret_is_masked_in_its_escaped_form_too() -> None:
    out = io.StringIO()
    with logging_to(out, LogOptions(secrets=('a"b\\c',))):
        structlog.get_logger().info("login", answer='refused a"b\\c')
    assert json.loads(out.getvalue())["answer"] == "refused ***"


@pytest.mark.parametrize(
    "secret", ["a", "e", "1", "8443", "info", "o", '"', "hunter2", "hunter2hunter2"]
)
@pytest.mark.parametrize("form", ["json", "console"])
def test_a_short_secret_is_masked_by_itself_and_spoils_nothing_else(
    secret: str, form: Literal["json", "console"]
) -> None:
    out = io.StringIO()
    with logging_to(out, LogOptions(form=form, secrets=(secret,))):
        structlog.get_logger("porteiro.calls").info(
            "extension serves another", again_s=1, port=8443, url=f"amqp://user:{secret}@pbx/v"
        )
    line = out.getvalue()
    assert f":{secret}@" not in line
    assert "extension serves another" in line
    if form == "json":
        told = json.loads(line)
        assert (told["again_s"], told["port"], told["url"]) == (1, 8443, "amqp://user:***@pbx/v")


def test_a_long_secret_is_masked_within_a_word() -> None:
    out = io.StringIO()
    with logging_to(out, LogOptions(form="json", secrets=("hunter2hunter2",))):
        structlog.get_logger().info("odd answer", text="xhunter2hunter2y")
    assert json.loads(out.getvalue())["text"] == "x***y"


def test_secrets_are_masked_inside_lists_mappings_and_objects() -> None:
    out = io.StringIO()
    with logging_to(out, LogOptions(form="json", secrets=("hunter2hunter2", "o"))):
        structlog.get_logger().info(
            "odd",
            tried=["hunter2hunter2", ("o", 3)],
            told={"hunter2hunter2": "o"},
            error=OSError("refused hunter2hunter2"),
        )
    told = json.loads(out.getvalue())
    assert told["tried"] == ["***", ["***", 3]]
    assert told["told"] == {"***": "***"}
    assert told["error"] == "OSError('refused ***')"


def test_the_level_holds_for_everything() -> None:
    assert [e["level"] for e in logged(LogOptions(level="warning"))] == ["warning"]
    assert len(logged(LogOptions(level="debug"))) == 3


def test_a_terminal_gets_colour_and_a_plain_stream_does_not() -> None:
    terminal, plain = Terminal(), io.StringIO()
    for out in (terminal, plain):
        with logging_to(out, LogOptions(form="console")):
            structlog.get_logger().info("ready")
    assert "\x1b[" in terminal.getvalue()
    assert "\x1b[" not in plain.getvalue()


def test_an_exception_is_written_with_its_traceback() -> None:
    out = io.StringIO()
    with logging_to(out, LogOptions()):
        try:
            Path("/nowhere/at/all").read_bytes()
        except OSError:
            structlog.get_logger().exception("cannot write")
    assert "FileNotFoundError: " in json.loads(out.getvalue())["exception"]


def test_logging_is_left_as_it_was_found() -> None:
    before = logging.getLogger().handlers[:]
    with logging_to(io.StringIO(), LogOptions()):
        pass
    assert logging.getLogger().handlers == before
