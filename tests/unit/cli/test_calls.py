import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from porteiro.cli.calls import calls
from tests.unit.cli.api_peer import CALL_ID, Json, Peer, api_that, bare_environment

CALL: Json = {
    "call_id": CALL_ID,
    "state": "confirming_yes",
    "extension": "2018519",
    "condominium_id": 15,
    "started": "2026-11-20T14:03:09.125Z",
    "legs": ["visitor", "resident"],
    "collected": {
        "purpose": "entrega",
        "visitor": "Jéssica",
        "apartment": "501",
        "resident": "Renata Oliveira",
    },
}


@pytest_asyncio.fixture
async def peer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Peer]:
    bare_environment(monkeypatch)
    monkeypatch.chdir(tmp_path)
    async with api_that() as peer:
        peer.answers["GET /api/calls"] = {"calls": [CALL]}
        yield peer


async def test_each_is_a_row_with_its_whole_id(
    peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await calls(url=peer.url) == 0
    out = capsys.readouterr().out
    row = next(line for line in out.splitlines() if line.startswith(CALL_ID))
    assert "2018519" in row
    assert "confirming" in row
    assert "501" in row
    assert out.splitlines()[-1] == "1 call in progress"
    assert "\x1b" not in out


async def test_on_80_columns_the_id_is_whole_and_no_line_is_longer(
    peer: Peer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("porteiro.cli.tables._ON_PAPER", 80)
    assert await calls(url=peer.url) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith(CALL_ID) for line in lines)


async def test_none_is_said(peer: Peer, capsys: pytest.CaptureFixture[str]) -> None:
    peer.answers["GET /api/calls"] = {"calls": []}
    assert await calls(url=peer.url) == 0
    assert capsys.readouterr().out == "0 calls in progress\n"


async def test_a_call_about_which_nothing_is_known_yet_is_shown(
    peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    peer.answers["GET /api/calls"] = {"calls": [{"call_id": CALL_ID}]}
    assert await calls(url=peer.url) == 0
    assert CALL_ID in capsys.readouterr().out


async def test_json_is_the_answer_as_it_came(
    peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await calls(as_json=True, url=peer.url) == 0
    assert json.loads(capsys.readouterr().out) == {"status": "success", "calls": [CALL]}
