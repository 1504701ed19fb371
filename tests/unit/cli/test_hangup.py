import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from porteiro.cli.hangup import hangup
from porteiro.dialogue.terms import Role
from tests.unit.cli.api_peer import CALL_ID, Peer, api_that, bare_environment


@pytest_asyncio.fixture
async def peer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Peer]:
    bare_environment(monkeypatch)
    monkeypatch.chdir(tmp_path)
    async with api_that() as peer:
        peer.answers["POST /api/hangup"] = {
            "message": "the visitor's leg is hung up",
            "call_id": CALL_ID,
            "role": "visitor",
        }
        yield peer


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("call_id", [CALL_ID, CALL_ID.upper(), UUID(CALL_ID).hex])
async def test_the_leg_is_hung_up_and_what_was_done_is_said(
    peer: Peer, capsys: pytest.CaptureFixture[str], role: Role, call_id: str
) -> None:
    assert await hangup(call_id, role=role, url=peer.url) == 0
    assert peer.asked == [("POST /api/hangup", {}, {"call_id": CALL_ID, "role": role.value})]
    assert capsys.readouterr().out == "the visitor's leg is hung up\n"


async def test_json_is_the_answer_as_it_came(
    peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await hangup(CALL_ID, as_json=True, url=peer.url) == 0
    assert json.loads(capsys.readouterr().out)["role"] == "visitor"


@pytest.mark.parametrize("call_id", ["", "77", "../status", "' or 1=1"])
async def test_what_is_no_call_id_is_a_usage_error_and_is_not_sent(
    peer: Peer, capsys: pytest.CaptureFixture[str], call_id: str
) -> None:
    assert await hangup(call_id, url=peer.url) == 2
    assert "is no call id: see porteiro calls" in capsys.readouterr().err
    assert peer.asked == []


async def test_an_unknown_call_is_status_1_with_the_servers_reason(
    peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    peer.answers["POST /api/hangup"] = "no such call in progress"
    assert await hangup(CALL_ID, url=peer.url) == 1
    assert capsys.readouterr().err == "porteiro hangup: no such call in progress (HTTP 404)\n"
