"""More visitors than there is room for, on real connections: those inside come first."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import uuid4

from tests.integration.building import DIRECTORY
from tests.integration.bystander import bystander
from tests.integration.neighbours import neighbours
from tests.integration.server import Json, Server, Site, eventually, serving
from tests.integration.wire_peer import WirePeer, call_id_message, peer

FLOOD = 400
CUT_OFF = "lines were cut off: too many at once were being told that they are not taken in"


@asynccontextmanager
async def site(folder: Path, **settings: str) -> AsyncIterator[Server]:
    async with neighbours() as building:
        wanted = {**building.settings, **settings}
        async with serving(folder, Site(wanted, DIRECTORY)) as server:
            yield server


async def call(stack: AsyncExitStack, port: int) -> WirePeer:
    line = await stack.enter_async_context(peer(port))
    line.send(call_id_message(str(uuid4())))
    return line


async def one_of_many(stack: AsyncExitStack, port: int) -> WirePeer | None:
    """Call; return None where the connection was reset as it was made."""
    try:
        return await call(stack, port)
    except ConnectionResetError:
        return None


async def capacity(server: Server) -> Json:
    told: Json = (await server.api.get("/api/status")).json()["capacity"]
    return told


async def metric(server: Server, name: str) -> float:
    page = (await server.api.get("/metrics")).text
    return float(next(line for line in page.splitlines() if line.startswith(name)).split()[-1])


async def test_of_twenty_on_a_limit_of_ten_ten_are_served_and_ten_are_told(tmp_path: Path) -> None:
    async with site(tmp_path, PORTEIRO_MAX_CALLS="10") as server, AsyncExitStack() as stack:
        lines = [await call(stack, server.port) for _ in range(20)]
        await eventually(lambda: sum(line.ended.is_set() for line in lines) == 10)
        told = [line for line in lines if line.ended.is_set()]
        served = [line for line in lines if not line.ended.is_set()]
        assert all(line.hung_up and line.told for line in told)
        # 4 s by our own clock, in frames; the wall's would time the machine.
        assert all(len(line.frames()) <= 4.0 * 50 for line in told)
        await eventually(lambda: all(line.told for line in served))
        assert len(await server.calls()) == 10
        room = await capacity(server)
        assert (room["calls"], room["limit"], room["refusing"]) == (10, 10, "calls")
        assert room["refusing_since"]
        assert room["refused"] == {"calls": 10}
        assert await metric(server, 'porteiro_calls_refused_total{reason="calls"}') == 10
        assert len(server.logged("line refused", reason="calls")) == 10
        for line in told:
            line.writer.close()


async def test_an_extension_that_is_full_leaves_the_other_alone(tmp_path: Path) -> None:
    async with (
        site(tmp_path, PORTEIRO_MAX_CALLS_PER_EXTENSION="1") as server,
        AsyncExitStack() as stack,
    ):
        first = await call(stack, server.port)
        await eventually(lambda: first.told)
        second, other = await call(stack, server.port), await call(stack, server.ports[1][0])
        await second.end()
        assert second.hung_up
        await eventually(lambda: other.told)
        assert not first.ended.is_set()
        assert not other.ended.is_set()
        room = await capacity(server)
        assert room["refusing"] is None
        assert room["extensions_full"] == ["2018510", "2018511"]


async def test_a_flood_is_refused_and_whoever_is_inside_feels_nothing(tmp_path: Path) -> None:
    async with site(tmp_path, PORTEIRO_MAX_CALLS="1") as server, bystander(server) as inside:
        async with inside.undisturbed(), AsyncExitStack() as stack:
            came = [await one_of_many(stack, server.port) for _ in range(FLOOD)]
            lines = [line for line in came if line is not None]
            await eventually(lambda: all(line.ended.is_set() for line in lines), 30)
        assert 0 < sum(line.hung_up for line in lines) < FLOOD
        assert (await capacity(server))["refused"] == {"calls": FLOOD}
        assert (await capacity(server))["telling"] == 0
        await eventually(lambda: server.logged(CUT_OFF))
        await inside.ends_its_visit()


async def test_a_late_loop_refuses_newcomers_until_it_is_on_time_again(tmp_path: Path) -> None:
    async with site(tmp_path, PORTEIRO_MAX_LAG_MS="60") as server, AsyncExitStack() as stack:
        inside = await call(stack, server.port)
        await eventually(lambda: inside.told)
        holding_up = asyncio.create_task(hold_up(server))
        await eventually(lambda: server.logged("the event loop is late: calls are refused"))
        # On a busy machine the loop is now and then on time, or late though nobody holds it up.
        while not await next_one_is_refused(server, stack):
            pass
        holding_up.cancel()
        await eventually(lambda: server.logged("the event loop is no longer late"), 60)
        while await next_one_is_refused(server, stack):
            pass
        assert (await capacity(server))["refused"] == {"lag": refused_for_lag(server)}
        assert not inside.ended.is_set()


def refused_for_lag(server: Server) -> int:
    return len(server.logged("line refused", reason="lag"))


async def next_one_is_refused(server: Server, stack: AsyncExitStack) -> bool:
    """Have one more visitor come, who is greeted or sent away with a word."""
    before = refused_for_lag(server)
    line = await call(stack, server.port)
    await eventually(lambda: line.told)
    return refused_for_lag(server) > before


async def hold_up(server: Server) -> None:
    """Stop the process for moments, until cancelled, as a machine far too busy does."""
    try:
        while True:
            server.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(0.2)
            server.process.send_signal(signal.SIGCONT)
            await asyncio.sleep(0.1)
    finally:
        server.process.send_signal(signal.SIGCONT)
