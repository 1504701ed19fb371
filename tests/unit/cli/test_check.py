import io
import json
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from porteiro.cli.check import examine
from porteiro.cli.checks import machine, neighbours
from porteiro.cli.checks.finding import Mark
from porteiro.cli.checks.site import site
from porteiro.settings import Settings, load
from porteiro.settings.reading import LATER, VARIABLES
from tests.ports import free_port


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, *LATER):
        monkeypatch.delenv(name, raising=False)


def settings(monkeypatch: pytest.MonkeyPatch, folder: Path, **more: str) -> Settings:
    """Return settings of a site in `folder`, with an extension of its own on free ports."""
    variables = {"PORTEIRO_DATA_DIR": str(folder), "API_PORT": str(free_port())} | more
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load(None)


def with_extension(folder: Path, port: int, return_port: int) -> None:
    row = {
        "id": 1,
        "ramal_ia": "2018519",
        "ramal_retorno": "2018520",
        "ip_servidor": "127.0.0.1",
        "porta_ia": port,
        "porta_retorno": return_port,
        "condominio_id": 15,
    }
    (folder / "ramais_config.json").write_text(json.dumps({"ramais": [row]}))
    home = {"apartment_number": "501", "residents": ["Renata"], "voip_number": "1003030"}
    (folder / "apartamentos.json").write_text(json.dumps([home]))


async def test_a_sound_site_has_nothing_marked_bad_and_the_status_is_0(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings(monkeypatch, tmp_path)
    with_extension(tmp_path, free_port(), free_port())
    out = io.StringIO()
    assert await examine(tmp_path / ".env", out) == 0, out.getvalue()
    lines = out.getvalue().splitlines()
    assert lines[-1] == "Ready for calls."
    assert all(line[0] in "✓!" for line in lines[:-1])
    assert "\x1b" not in out.getvalue()


async def test_wrong_settings_are_a_line_each_and_stop_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("API_PORT", "x")
    monkeypatch.setenv("PORTEIRO_RING_SECONDS", "soon")
    monkeypatch.setenv("PORTEIRO_MAXCALLS", "3")
    out = io.StringIO()
    assert await examine(tmp_path / ".env", out) == 1
    assert [line[:14] for line in out.getvalue().splitlines()] == [
        "✗ PORTEIRO_RIN",
        "✗ API_PORT='x'",
        "! PORTEIRO_MAX",
        "Put right what",
    ]


async def test_a_terminal_gets_colour_unless_it_asks_for_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("API_PORT", "x")
    coloured, plain = Terminal(), Terminal()
    monkeypatch.delenv("NO_COLOR", raising=False)
    await examine(tmp_path / ".env", coloured)
    monkeypatch.setenv("NO_COLOR", "1")
    await examine(tmp_path / ".env", plain)
    assert coloured.getvalue().startswith("\x1b[31m✗\x1b[0m ")
    assert "\x1b" not in plain.getvalue()


async def test_a_terminal_without_utf_8_gets_plain_signs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("API_PORT", "x")
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    assert await examine(tmp_path / ".env", out) == 1
    out.flush()
    assert raw.getvalue().startswith(b"x API_PORT='x'")


def test_a_data_folder_that_cannot_be_written_is_bad(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    (finding,) = machine.data_folder(settings(monkeypatch, tmp_path / "data"))
    assert finding.mark is Mark.BAD
    assert "PORTEIRO_DATA_DIR" in finding.what


def test_a_clock_older_than_the_program_is_bad() -> None:
    assert machine.calendar(datetime(2001, 1, 1, tzinfo=UTC))[0].mark is Mark.BAD


def test_more_calls_than_descriptors_is_bad(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _which: (1024, 4096))
    many = settings(monkeypatch, tmp_path, PORTEIRO_MAX_CALLS="1000")
    assert machine.descriptors(many)[0].mark is Mark.BAD
    few = settings(monkeypatch, tmp_path, PORTEIRO_MAX_CALLS="100")
    assert machine.descriptors(few)[0].mark is Mark.GOOD


async def test_a_voice_that_is_not_there_is_bad(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    finding = (
        await machine.synthesis(settings(monkeypatch, tmp_path, PORTEIRO_VOICE="klingon-x"))
    )[0]
    assert finding.mark is Mark.BAD
    assert "PORTEIRO_VOICE" in finding.what


async def test_a_port_that_a_stranger_holds_is_bad(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chosen = settings(monkeypatch, tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        with_extension(tmp_path, port, free_port())
        findings = await site(chosen)
    (wrong,) = [finding.what for finding in findings if finding.mark is Mark.BAD]
    assert wrong.startswith(f"port {port} of extension 2018519 is taken")


async def test_each_refused_row_is_bad(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    chosen = settings(monkeypatch, tmp_path)
    with_extension(tmp_path, 70000, 8081)
    wrong = [finding.what for finding in await site(chosen) if finding.mark is Mark.BAD]
    assert "porta_ia is 70000" in wrong[0]
    assert "no extension to serve" in wrong[1]


@pytest.mark.parametrize(
    ("variables", "setting"),
    [
        (
            {"PORTEIRO_DIALER": "webhook", "PORTEIRO_DIALER_URL": "http://127.0.0.1:1/ring"},
            "PORTEIRO_DIALER_URL",
        ),
        (
            {
                "PORTEIRO_DIALER": "ami",
                "PORTEIRO_AMI_PORT": "1",
                "PORTEIRO_AMI_USERNAME": "porteiro",
                "PORTEIRO_AMI_SECRET": "hunter2",
            },
            "PORTEIRO_AMI_HOST",
        ),
        (
            {"PORTEIRO_DIALER": "amqp", "AMQP_URL": "amqp://us:hunter2@127.0.0.1:1/"},
            "AMQP_URL",
        ),
    ],
)
async def test_a_dialer_that_cannot_be_reached_is_bad(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str], setting: str
) -> None:
    (finding,) = await neighbours.dialer(settings(monkeypatch, tmp_path, **variables))
    assert finding.mark is Mark.BAD
    assert setting in finding.what
    assert "hunter2" not in finding.what


async def test_a_gate_that_takes_connections_is_good_and_hears_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as opener:
        url = f"http://127.0.0.1:{opener.getsockname()[1]}/open"
        chosen = settings(monkeypatch, tmp_path, PORTEIRO_GATE="http", PORTEIRO_GATE_URL=url)
        (finding,) = await neighbours.gate(chosen)
        connection, _ = opener.accept()
        with connection:
            assert connection.recv(100) == b""
    assert finding.mark is Mark.GOOD


async def test_an_ai_service_that_cannot_be_reached_is_bad_and_none_is_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chosen = settings(monkeypatch, tmp_path, AI_API_URL="http://us:hunter2@127.0.0.1:1/mind")
    (finding,) = await neighbours.mind(chosen)
    assert finding.mark is Mark.BAD
    assert "AI_API_URL" in finding.what
    assert "hunter2" not in finding.what
    assert await neighbours.mind(chosen.model_copy(update={"ai_api_url": None})) == []


async def test_no_dialer_and_a_simulated_one_are_doubtful(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (none,) = await neighbours.dialer(settings(monkeypatch, tmp_path))
    (simulated,) = await neighbours.dialer(
        settings(monkeypatch, tmp_path, PORTEIRO_DIALER="simulated")
    )
    assert none.mark is simulated.mark is Mark.DOUBTFUL
