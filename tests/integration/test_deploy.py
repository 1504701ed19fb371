"""A deploy: `porteiro serve` is told to stop while people are on the line."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from porteiro.phones.audiosocket import dial
from tests.integration.building import DIRECTORY
from tests.integration.neighbours import Neighbours, hears_something, key_in, neighbours, over
from tests.integration.server import Server, Site, eventually, serving
from tests.integration.wire_peer import call_id_message, peer


@asynccontextmanager
async def site(folder: Path, **settings: str) -> AsyncIterator[tuple[Server, Neighbours]]:
    async with neighbours() as building:
        wanted = {**building.settings, "PORTEIRO_DRAIN_SECONDS": "60", **settings}
        async with serving(folder, Site(wanted, DIRECTORY)) as server:
            yield server, building


def told_to_stop(server: Server, number: signal.Signals = signal.SIGTERM) -> None:
    server.process.send_signal(number)


async def stops(server: Server) -> None:
    """Wait until the server has said that it takes no call any more."""
    await eventually(lambda: server.logged("stopping: no call is taken any more"))


async def exit_status(server: Server, limit_s: float = 40.0) -> int:
    return await asyncio.to_thread(server.process.wait, limit_s)


async def nobody_answers(port: int) -> bool:
    """Return whether the kernel refuses a connection."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return True
    writer.close()
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_with_nobody_on_the_line_it_ends_at_once_and_well(
    tmp_path: Path, number: signal.Signals
) -> None:
    async with site(tmp_path) as (server, _):
        told_to_stop(server, number)
        assert await exit_status(server) == 0
        assert server.logged("calls are over", ended=0, cut=0)
        assert server.logged("stopped")


async def test_a_visit_in_progress_goes_on_to_its_end_and_is_recorded(tmp_path: Path) -> None:
    call_id = str(uuid4())
    async with (
        site(tmp_path) as (server, building),
        dial("127.0.0.1", server.port, call_id) as phone,
    ):
        await hears_something(phone, since=float("-inf"))
        told_to_stop(server)
        await stops(server)
        ready = await server.api.get("/readyz")
        assert ready.status_code == 503
        assert "stopping" in ready.json()["message"]
        status = (await server.api.get("/api/status")).json()
        assert status["capacity"]["refusing"] == "draining"
        assert status["capacity"]["calls"] == 1
        assert await nobody_answers(server.port)
        await key_in(phone, "501")
        await over(phone)
        assert await exit_status(server) == 0
        (visit,) = server.visits(call_id)
        assert visit["decision"] == "authorized"
        assert len(building.orders_of(call_id)) == 1
        assert server.logged("stopping: no call is taken any more", calls=1)
        assert server.logged("calls are over", ended=1, cut=0, removed=0)


async def test_who_outlasts_the_limit_is_told_hung_up_and_recorded(tmp_path: Path) -> None:
    call_id = str(uuid4())
    async with site(tmp_path, PORTEIRO_DRAIN_SECONDS="1") as (server, _), peer(server.port) as line:
        line.send(call_id_message(call_id))
        await eventually(lambda: line.told)
        told_to_stop(server)
        await eventually(lambda: server.logged("calls are broken off", calls=1, hurried=False))
        before = len(line.frames())
        await line.end(30)
        assert line.hung_up
        assert sum(any(frame) for frame in line.frames()[before:]) > 50
        assert await exit_status(server) == 0
        (visit,) = server.visits(call_id)
        assert visit["end"] == "broken: the server stops"
        assert server.logged("calls are over", ended=0, cut=1, removed=0)


async def test_a_second_signal_ends_it_in_words_long_before_the_limit(tmp_path: Path) -> None:
    call_id = str(uuid4())
    async with site(tmp_path) as (server, _), peer(server.port) as line:
        line.send(call_id_message(call_id))
        await eventually(lambda: line.told)
        told_to_stop(server)
        await stops(server)
        told_to_stop(server)
        await eventually(lambda: server.logged("calls are broken off", calls=1, hurried=True))
        await line.end(30)
        assert line.hung_up
        assert await exit_status(server) == 0
        (visit,) = server.visits(call_id)
        assert visit["end"] == "broken: the server stops"


async def test_a_third_signal_ends_it_without_words_and_still_hangs_up(tmp_path: Path) -> None:
    call_id = str(uuid4())
    async with site(tmp_path) as (server, _), peer(server.port) as line:
        line.send(call_id_message(call_id))
        await eventually(lambda: line.told)
        told_to_stop(server)
        await stops(server)
        told_to_stop(server)
        await eventually(lambda: server.logged("calls are broken off"))
        told_to_stop(server)
        await line.end(30)
        assert line.hung_up
        assert await exit_status(server) == 0
        assert len(server.visits(call_id)) == 1
        assert server.logged("calls are over", removed=1)


async def test_a_resident_who_is_being_rung_still_comes_in(tmp_path: Path) -> None:
    call_id = str(uuid4())
    async with site(tmp_path) as (server, _), dial("127.0.0.1", server.port, call_id) as phone:
        await key_in(phone, "503")
        await server.until(call_id, "ringing")
        told_to_stop(server)
        await stops(server)
        stranger = str(uuid4())
        async with peer(server.return_port) as line:
            line.send(call_id_message(stranger))
            await line.end()
            assert line.hung_up
        async with dial("127.0.0.1", server.return_port, call_id) as resident:
            await hears_something(resident)
            resident.press("1")
            await over(phone)
        assert await exit_status(server) == 0
        (visit,) = server.visits(call_id)
        assert visit["decision"] == "authorized"
