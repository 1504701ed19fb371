"""The running server seen from inside: whatever becomes of a call, no task of it is left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from porteiro.app import Porteiro, running
from porteiro.phones.audiosocket import dial
from porteiro.settings import load
from tests.integration.building import DIRECTORY
from tests.integration.neighbours import hears_something, key_in, neighbours, over
from tests.integration.server import Site, environment, eventually, write_data
from tests.integration.wire_peer import call_id_message, peer


@asynccontextmanager
async def in_process(data: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Porteiro]:
    async with neighbours() as building:
        site = Site(building.settings, DIRECTORY)
        write_data(data, site)
        for name, value in environment(data, site.settings).items():
            monkeypatch.setenv(name, value)
        async with running(load(env_file=None)) as porteiro:
            yield porteiro


async def whole_visit(port: int, apartment: str) -> None:
    async with dial("127.0.0.1", port, str(uuid4())) as phone:
        await key_in(phone, apartment)
        await over(phone)


async def visitor_leaves_while_it_rings(port: int) -> None:
    async with dial("127.0.0.1", port, str(uuid4())) as phone:
        await key_in(phone, "503")
        await hears_something(phone)


async def visitor_vanishes_in_the_greeting(port: int) -> None:
    async with peer(port) as line:
        line.send(call_id_message(str(uuid4())))
        await eventually(lambda: line.told)
        line.writer.transport.abort()


async def stranger_on_the_return_port(port: int) -> None:
    async with peer(port) as line:
        line.send(call_id_message(str(uuid4())))
        await line.end()


async def garbage(port: int) -> None:
    async with peer(port) as line:
        line.send(b"\x42 this is no AudioSocket")
        await line.end()


async def test_no_task_is_left_of_calls_however_they_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with in_process(tmp_path / "data", monkeypatch) as porteiro:
        before = asyncio.all_tasks()
        extension = porteiro.extensions[0]
        async with asyncio.TaskGroup() as group:
            for apartment in ("501", "502", "504"):
                group.create_task(whole_visit(extension.port, apartment))
            group.create_task(visitor_leaves_while_it_rings(extension.port))
            group.create_task(visitor_vanishes_in_the_greeting(extension.port))
            group.create_task(stranger_on_the_return_port(extension.return_port))
            group.create_task(garbage(extension.port))
        await eventually(lambda: asyncio.all_tasks() <= before)
        assert porteiro.reception.living() == []
    assert asyncio.all_tasks() == {asyncio.current_task()}
