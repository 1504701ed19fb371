"""A crowd of connections before visitors' ports: real sockets on loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio

from porteiro.audio.frame_clock import FrameClock
from porteiro.calls.ports import Line
from porteiro.condominiums.extension import Extension
from porteiro.dialogue.terms import Role
from porteiro.lines.audiosocket import AudioSocketOptions
from porteiro.lines.exchange import Exchange, ExchangeOptions
from porteiro.lines.visitors import Crowd
from porteiro.wire.audiosocket import call_id_message
from tests.ports import free_port
from tests.unit.lines.test_exchange import CALL_ID, extension

pytestmark = pytest.mark.every_loop

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Door:
    """An exchange of two extensions with room for two, and who came to it."""

    def __init__(self) -> None:
        self.ports = [free_port() for _ in range(4)]
        self.room = 2
        self.turned_away = 0
        self.lines: list[tuple[Role, Line]] = []
        self.crowd = Crowd(lambda: self.room, self._away)
        self.ends: list[Ends] = []
        self.exchange = Exchange(
            ExchangeOptions(AudioSocketOptions()), FrameClock(), self._arrived, crowd=self.crowd
        )

    def _away(self) -> None:
        self.turned_away += 1

    def _arrived(self, extension: Extension, role: Role, line: Line) -> None:
        self.lines.append((role, line))

    async def open(self) -> None:
        one, two = extension(1, *self.ports[:2]), extension(2, *self.ports[2:])
        await self.exchange.serve({1: one, 2: two})

    async def connect(self, port: int) -> Ends:
        ends = await asyncio.open_connection("127.0.0.1", port)
        self.ends.append(ends)
        return ends

    async def come(self, port: int, count: int) -> list[Ends]:
        """Connect, and wait until the server has seen it."""
        before = self.crowd.waiting + self.turned_away
        made = [await self.connect(port) for _ in range(count)]
        await self.until(lambda: self.crowd.waiting + self.turned_away == before + count)
        return made

    async def until(self, condition: object) -> None:
        assert callable(condition)
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110  nobody tells
                await asyncio.sleep(0.01)


async def was_reset(ends: Ends) -> bool:
    with suppress(ConnectionResetError):
        async with asyncio.timeout(5):
            await ends[0].read()
        return False
    return True


@pytest_asyncio.fixture
async def door() -> AsyncIterator[Door]:
    made = Door()
    await made.open()
    yield made
    await made.exchange.close()
    for _, line in made.lines:
        line.abort()
    for _, writer in made.ends:
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()
    await made.until(lambda: made.crowd.waiting == 0)


async def test_who_comes_when_there_is_no_room_is_reset_at_once(door: Door) -> None:
    await door.come(door.ports[0], 1)
    await door.come(door.ports[2], 1)
    (third,) = await door.come(door.ports[0], 1)
    assert await was_reset(third)
    assert (door.turned_away, door.crowd.waiting) == (1, 2)


async def test_who_leaves_makes_room(door: Door) -> None:
    first, _ = await door.come(door.ports[0], 2)
    first[1].close()
    await door.until(lambda: door.crowd.waiting == 1)
    await door.come(door.ports[0], 1)
    assert door.turned_away == 0


async def test_who_arrives_is_in_the_crowd_no_more(door: Door) -> None:
    first, _ = await door.come(door.ports[0], 2)
    first[1].write(call_id_message(CALL_ID))
    await door.until(lambda: door.lines)
    assert [role for role, _ in door.lines] == [Role.VISITOR]
    assert door.crowd.waiting == 1
    door.lines[0][1].abort()
    await asyncio.sleep(0.05)
    assert door.crowd.waiting == 1


async def test_residents_are_no_part_of_it(door: Door) -> None:
    door.room = 0
    _, writer = await door.connect(door.ports[1])
    writer.write(call_id_message(CALL_ID))
    await door.until(lambda: door.lines)
    assert [role for role, _ in door.lines] == [Role.RESIDENT]
    assert door.turned_away == 0


async def test_closing_the_ports_leaves_no_crowd_behind(door: Door) -> None:
    await door.come(door.ports[0], 2)
    await door.exchange.drain()
    await door.until(lambda: door.crowd.waiting == 0)
