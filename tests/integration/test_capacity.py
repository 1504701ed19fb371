"""More visitors than there is room for, on real connections: those inside come first."""

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
            lines = [await call(stack, server.port) for _ in range(FLOOD)]
            await eventually(lambda: all(line.ended.is_set() for line in lines), 30)
        assert 0 < sum(line.hung_up for line in lines) < FLOOD
        assert (await capacity(server))["refused"] == {"calls": FLOOD}
        assert (await capacity(server))["telling"] == 0
        cut = server.logged(
            "lines were cut off: too many at once were being told that they are not taken in"
        )
        await eventually(lambda: sum(one["lines"] for one in cut) > 0)
        await inside.ends_its_visit()
