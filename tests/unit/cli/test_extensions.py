import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from porteiro.cli.extensions import extensions
from tests.unit.cli.api_peer import Json, Peer, api_that, bare_environment


def shown(extension_id: int | None, number: str, **more: object) -> Json:
    """Return one extension in the form of SPEC 8."""
    return {
        "id": extension_id,
        "ramal_ia": number,
        "ramal_retorno": "2018520",
        "ip": "0.0.0.0",
        "porta_ia": 8101,
        "porta_retorno": 8201,
        "condominio_id": 15,
        "status": "ativo",
        "calls": 2,
        **more,
    }


THREE = [
    shown(10, "2018519"),
    shown(11, "2018521", porta_ia=8103, porta_ia_configurada=8101, calls=0),
    shown(None, "2018523", status="erro", porta_ia="oito mil", reason="port 'oito mil' is no port"),
]


@pytest_asyncio.fixture
async def peer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Peer]:
    bare_environment(monkeypatch)
    monkeypatch.chdir(tmp_path)
    async with api_that() as peer:
        peer.answers["GET /api/status"] = {
            "total_extensions": 3,
            "extensions": THREE,
            "calls": 2,
            "source": "database",
        }
        yield peer


async def test_each_is_a_row_with_moved_ports_and_reasons(
    peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await extensions(url=peer.url) == 0
    out = capsys.readouterr().out
    rows = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert "2018519" in rows["10"]
    assert "8103/8201 (not 8101/8201)" in rows["11"]
    assert "2018523: port 'oito mil' is no port" in out.splitlines()
    assert out.splitlines()[-1] == "3 extensions, 2 calls; from the database"
    assert "\x1b" not in out


async def test_on_80_columns_nothing_is_lost(
    peer: Peer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("porteiro.cli.tables._ON_PAPER", 80)
    assert await extensions(url=peer.url) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[2].split() == [
        "10",
        "2018519",
        "2018520",
        "0.0.0.0",
        "8101/8201",
        "15",
        "ativo",
        "2",
    ]
    assert [line.split()[-2:] for line in lines if "oito mil/8201" in line] == [["erro", "2"]]


@pytest.mark.parametrize(
    ("source", "said"), [("file", "from the local copy"), ("default", "the default extension")]
)
async def test_where_they_come_from_is_said(
    peer: Peer, capsys: pytest.CaptureFixture[str], source: str, said: str
) -> None:
    peer.answers["GET /api/status"] = {
        "extensions": THREE[:1],
        "calls": 1,
        "source": source,
        "what later versions add": [1, 2, 3],
    }
    assert await extensions(url=peer.url) == 0
    assert f"1 extension, 1 call; {said}" in capsys.readouterr().out


async def test_json_is_the_answer_as_it_came(
    peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await extensions(as_json=True, url=peer.url) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["extensions"] == THREE
    assert document["status"] == "success"


async def test_nothing_in_a_row_can_steer_the_terminal(
    peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    nasty = "[red]\x1b[2J\x9b31m\u202e'; drop table extension_ia; --"
    peer.answers["GET /api/status"] = {"extensions": [shown(1, nasty, reason=nasty)]}
    assert await extensions(url=peer.url) == 0
    out = capsys.readouterr().out
    assert not set(out) & {"\x1b", "\x9b", "\u202e"}
    assert "[red]" in out


@pytest.mark.parametrize(
    ("named", "body"), [("10", {"extension_id": 10}), ("2018519", {"extension_id": 10})]
)
async def test_one_is_restarted_by_its_id_or_its_number(
    peer: Peer, capsys: pytest.CaptureFixture[str], named: str, body: Json
) -> None:
    peer.answers["POST /api/restart"] = {"message": "its ports were opened"}
    assert await extensions(restart=named, url=peer.url) == 0
    assert peer.asked[-1] == ("POST /api/restart", {}, body)
    assert capsys.readouterr().out == "2018519: its ports were opened\n"


async def test_one_without_an_id_is_restarted_by_its_number(peer: Peer) -> None:
    peer.answers["POST /api/restart"] = {}
    assert await extensions(restart="2018523", as_json=True, url=peer.url) == 0
    assert peer.asked[-1] == ("POST /api/restart", {}, {"ramal": "2018523"})


async def test_an_unknown_one_is_status_1_and_nothing_is_restarted(
    peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await extensions(restart="77", url=peer.url) == 1
    assert "no extension has the id or the AI number '77'" in capsys.readouterr().err
    assert [what for what, _, _ in peer.asked] == ["GET /api/status"]


async def test_what_is_one_ones_id_and_anothers_number_is_not_guessed(
    peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    peer.answers["GET /api/status"] = {"extensions": [shown(1000, "5"), shown(7, "1000")]}
    assert await extensions(restart="1000", url=peer.url) == 2
    assert "id of one extension and the AI number of another" in capsys.readouterr().err


async def test_a_refresh_tells_what_changed(peer: Peer, capsys: pytest.CaptureFixture[str]) -> None:
    stats = {"removed": 1, "updated": 2, "added": 3, "total_active": 12}
    peer.answers["POST /api/refresh"] = {"stats": stats}
    assert await extensions(refresh=True, url=peer.url) == 0
    said = "3 added, 2 updated, 1 removed; 12 extensions served\n"
    assert capsys.readouterr().out == said
    assert await extensions(refresh=True, as_json=True, url=peer.url) == 0
    assert json.loads(capsys.readouterr().out)["stats"] == stats


async def test_restart_and_refresh_at_once_is_a_usage_error(peer: Peer) -> None:
    assert await extensions(restart="10", refresh=True, url=peer.url) == 2
    assert peer.asked == []
