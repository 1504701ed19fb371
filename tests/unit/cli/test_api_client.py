import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from porteiro.cli.api_client import Place, UsageError
from porteiro.cli.calls import calls
from porteiro.cli.extensions import extensions
from porteiro.cli.hangup import hangup
from porteiro.cli.visits import visits
from porteiro.settings import load
from tests.unit.cli.api_peer import CALL_ID, Peer, api_that, bare_environment

TOKEN = "0123456789abcdef"
EVERY: dict[str, Callable[[str], Awaitable[int]]] = {
    "extensions": lambda url: extensions(url=url),
    "calls": lambda url: calls(url=url),
    "hangup": lambda url: hangup(CALL_ID, url=url),
    "visits": lambda url: visits(url=url),
}
COMMANDS = pytest.mark.parametrize("command", EVERY)


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare_environment(monkeypatch, PORTEIRO_API_TOKEN=TOKEN)
    monkeypatch.chdir(tmp_path)


@pytest_asyncio.fixture
async def peer() -> AsyncIterator[Peer]:
    async with api_that() as peer:
        for what in ("GET /api/status", "GET /api/calls", "POST /api/hangup", "GET /api/visits"):
            peer.answers[what] = {"extensions": [], "calls": [], "visits": [], "message": "done"}
        peer.answers["GET /api/status"] = {"extensions": [], "calls": 0, "source": "database"}
        yield peer


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one line on standard error, with nothing on standard output."""
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("\n")
    assert err.count("\n") == 1
    return err.rstrip("\n")


@COMMANDS
async def test_a_good_answer_is_status_0_and_the_token_is_sent(
    command: str, peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await EVERY[command](peer.url) == 0
    assert peer.tokens == [f"Bearer {TOKEN}"]
    out, err = capsys.readouterr()
    assert out
    assert err == ""


@COMMANDS
async def test_the_settings_say_where_the_server_is(
    command: str, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_PORT", str(peer.port))
    monkeypatch.setenv("PORTEIRO_API_HOST", "0.0.0.0")
    assert await EVERY[command]("") == 0


@COMMANDS
async def test_a_server_that_does_not_run_is_one_line_and_status_1(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    assert await EVERY[command](url) == 1
    said = complaint(capsys)
    assert said.startswith(f"porteiro {command}: no server at {url}: start it with porteiro serve")


@COMMANDS
@pytest.mark.parametrize(
    "refusal",
    [
        (401, "send Authorization: Bearer", "asks for another token: set PORTEIRO_API_TOKEN"),
        (404, "no such call in progress", "no such call in progress (HTTP 404)"),
        (503, "the database cannot be reached", "the database cannot be reached (HTTP 503)"),
        (500, "something broke\nin Porteiro", "something broke in Porteiro (HTTP 500)"),
    ],
)
async def test_a_refusal_is_one_line_with_its_reason_and_status_1(
    command: str, refusal: tuple[int, str, str], peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    peer.status, message, expected = refusal
    peer.answers = dict.fromkeys(peer.answers, message)
    assert await EVERY[command](peer.url) == 1
    assert expected in complaint(capsys)


@COMMANDS
@pytest.mark.parametrize(
    "answer",
    [b"", b"<html>It works!</html>", b"[]", b"null", b"[" * 50_000, b'{"status": "ok"}', b"\xff"],
)
async def test_what_is_no_porteiro_is_said_so(
    command: str, answer: bytes, peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    peer.answers = dict.fromkeys(peer.answers, answer)
    assert await EVERY[command](peer.url) == 1
    assert f"what answers at {peer.url} is no Porteiro (HTTP 200)" in complaint(capsys)


@pytest.mark.parametrize("command", ["extensions", "calls", "visits"])
async def test_an_answer_of_another_version_is_said_so(
    command: str, peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    peer.answers = {what: {"anything": 1} for what in peer.answers}
    assert await EVERY[command](peer.url) == 1
    assert "another version" in complaint(capsys)


@COMMANDS
@pytest.mark.parametrize(
    "url", ["ftp://x", "127.0.0.1:8082", "http://", "http://x:99999", "http://x/?a=1", "http://x:0"]
)
async def test_a_url_that_is_none_is_a_usage_error(
    command: str, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await EVERY[command](url) == 2
    assert "is no address such as http://127.0.0.1:8082" in complaint(capsys)


@COMMANDS
async def test_a_setting_that_makes_no_sense_is_a_usage_error(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("API_PORT", "eighty")
    assert await EVERY[command]("") == 2
    assert "API_PORT='eighty' is not allowed" in complaint(capsys)


@pytest.mark.parametrize("scheme", ["http", "ftp"])
async def test_a_password_in_a_url_is_refused_and_not_shown(
    scheme: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await calls(url=f"{scheme}://porteiro:hunter2@127.0.0.1:8082") == 2
    assert "hunter2" not in complaint(capsys)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8082"),
        ("0.0.0.0", "http://127.0.0.1:8082"),
        ("::", "http://[::1]:8082"),
        ("::1", "http://[::1]:8082"),
        ("porteiro.local", "http://porteiro.local:8082"),
    ],
)
def test_the_address_follows_from_the_settings(
    monkeypatch: pytest.MonkeyPatch, host: str, url: str
) -> None:
    monkeypatch.setenv("PORTEIRO_API_HOST", host)
    assert Place.of(load(None)) == Place(url, TOKEN)


def test_any_port_has_to_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_PORT", "0")
    with pytest.raises(UsageError, match="--url"):
        Place.of(load(None))
    assert Place.of(load(None), "http://10.0.0.5:8082/").url == "http://10.0.0.5:8082"
