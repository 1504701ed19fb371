"""The operator's commands, as programs of their own, on a running server."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from tests.integration.building import DIRECTORY
from tests.integration.bystander import Bystander
from tests.integration.server import PROGRAM, Json, Server, Site, eventually, serving
from tests.integration.wire_peer import call_id_message, peer

TOKEN = "0123456789abcdef"


@dataclass(frozen=True)
class Done:
    """What a command wrote, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Json:
        document: Json = json.loads(self.out)
        return document


@dataclass(frozen=True)
class Operator:
    """Somebody at a shell in a folder, with the server's token and port in the environment."""

    server: Server
    folder: Path

    async def runs(self, *command: str, token: str = TOKEN) -> Done:
        assert self.server.api.base_url.port is not None
        settings = {
            "PORTEIRO_API_TOKEN": token,
            "PORTEIRO_API_HOST": "0.0.0.0",
            "API_PORT": str(self.server.api.base_url.port),
        }
        process = await asyncio.create_subprocess_exec(
            PROGRAM,
            *command,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "TZ": "UTC", **settings},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        return Done(process.returncode, out.decode(), err.decode())


@pytest.fixture
async def operator(tmp_path: Path) -> AsyncIterator[Operator]:
    async with serving(tmp_path, Site({"PORTEIRO_API_TOKEN": TOKEN}, DIRECTORY)) as server:
        server.api.headers["Authorization"] = f"Bearer {TOKEN}"
        yield Operator(server, tmp_path)


async def recorded(operator: Operator) -> list[str]:
    done = await operator.runs("visits", "--all", "--json", "--decision", "no_decision")
    return [visit["call_id"] for visit in done.document["visits"]]


async def test_an_operator_watches_a_call_hangs_it_up_and_finds_its_record(
    operator: Operator,
) -> None:
    call_id = str(uuid4())
    async with peer(operator.server.port) as visitor:
        visitor.send(call_id_message(call_id))
        await eventually(lambda: visitor.told)
        waiting = Bystander(operator.server, visitor, call_id)
        shown = await operator.runs("extensions")
        assert (shown.status, shown.err) == (0, "")
        assert "2 extensions, 1 call" in shown.out
        assert call_id in (await operator.runs("calls")).out
        living = (await operator.runs("calls", "--json")).document["calls"]
        assert [call["call_id"] for call in living] == [call_id]
        restarted = await operator.runs("extensions", "--restart", "10")
        assert (restarted.status, restarted.err) == (0, "")
        assert not visitor.hung_up
        waiting.close()
        nobody = await operator.runs("hangup", call_id, "--role", "resident")
        assert (nobody.status, nobody.out) == (1, "")
        assert (await operator.runs("hangup", call_id)).status == 0
        await visitor.end()
    await operator.server.left_with()
    again = await operator.runs("hangup", call_id)
    assert again.status == 1
    assert "no such call" in again.err

    async with asyncio.timeout(15):
        while not (found := await recorded(operator)):  # noqa: ASYNC110  another process's
            await asyncio.sleep(0.05)
    assert found == [call_id]
    assert "no_decision" in (await operator.runs("visits", "--since", "2026-01-01")).out
    assert (await operator.runs("visits", "--until", "2026-01-01")).out == "0 visits\n"


@pytest.mark.parametrize("command", ["extensions", "calls", "visits"])
async def test_a_wrong_token_is_one_line_and_status_1(operator: Operator, command: str) -> None:
    refused = await operator.runs(command, token="f" * 16)
    assert (refused.status, refused.out) == (1, "")
    assert refused.err.count("\n") == 1
    assert "set PORTEIRO_API_TOKEN" in refused.err
