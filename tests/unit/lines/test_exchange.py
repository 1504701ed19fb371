"""Ports that follow extensions: real sockets on loopback, no calls on them."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import closing
from dataclasses import replace

import pytest
import pytest_asyncio

from porteiro.audio.frame_clock import FrameClock
from porteiro.calls.ports import Line
from porteiro.condominiums.extension import Extension
from porteiro.dialogue.terms import Role
from porteiro.lines.audiosocket import AudioSocketOptions
from porteiro.lines.exchange import Exchange, ExchangeOptions
from porteiro.wire.audiosocket import call_id_message
from tests.ports import free_port

CALL_ID = "e69439e9-1489-4bba-b55d-37612b5dffaf"


class House:
    """An exchange, what arrived at it, and which return ports a call waits on."""

    def __init__(self) -> None:
        self.arrivals: list[tuple[str, Role]] = []
        self.awaited: set[int] = set()
        self.exchange = Exchange(
            ExchangeOptions(AudioSocketOptions(), watch_s=0.05),
            FrameClock(),
            self._arrived,
            lambda extension: extension.return_port in self.awaited,
        )

    def _arrived(self, extension: Extension, role: Role, line: Line) -> None:
        self.arrivals.append((extension.number, role))
        line.hang_up()

    async def serve(self, *extensions: Extension) -> None:
        await self.exchange.serve({e.extension_id: e for e in extensions})

    async def who_answers(self, port: int) -> tuple[str, Role] | None:
        """Bring a line to a port; return whose it was, None where nobody listens."""
        before = len(self.arrivals)
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            return None
        writer.write(call_id_message(CALL_ID))
        async with asyncio.timeout(5):
            with contextlib.suppress(ConnectionResetError):  # it closed as we came
                await reader.read()
        writer.close()
        return self.arrivals[-1] if len(self.arrivals) > before else None

    async def doors(self, ports: Iterable[int]) -> list[str | None]:
        """Return the number of the extension behind each port."""
        found = [await self.who_answers(port) for port in ports]
        return [None if one is None else one[0] for one in found]


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    made = House()
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(made.exchange.watch())
        yield made
        watching.cancel()
    await made.exchange.close()


@pytest.fixture
def ports() -> list[int]:
    return [free_port() for _ in range(4)]


def extension(number: int, port: int, return_port: int) -> Extension:
    return Extension(number, str(number), f"{number}0", "127.0.0.1", port, return_port, 15)


async def test_both_ports_answer_each_for_its_role(house: House, ports: list[int]) -> None:
    await house.serve(extension(1, ports[0], ports[1]))
    assert await house.who_answers(ports[0]) == ("1", Role.VISITOR)
    assert await house.who_answers(ports[1]) == ("1", Role.RESIDENT)


async def test_a_moved_port_leaves_the_other_listener_alone(house: House, ports: list[int]) -> None:
    await house.serve(extension(1, ports[0], ports[1]))
    kept = house.exchange._ports[1, Role.RESIDENT].listener
    for port in (ports[2], ports[0], ports[2]):
        await house.serve(extension(1, port, ports[1]))
        assert await house.doors((ports[0], ports[2])) == [
            "1" if other == port else None for other in (ports[0], ports[2])
        ]
    assert house.exchange._ports[1, Role.RESIDENT].listener is kept


async def test_two_extensions_swap_their_ports(house: House, ports: list[int]) -> None:
    await house.serve(extension(1, *ports[:2]), extension(2, *ports[2:]))
    await house.serve(extension(1, *ports[2:]), extension(2, *ports[:2]))
    assert await house.doors(ports) == ["2", "2", "1", "1"]
    assert not house.exchange.failed


async def test_another_number_changes_no_listener(house: House, ports: list[int]) -> None:
    await house.serve(extension(1, *ports[:2]))
    kept = dict(house.exchange._ports)
    await house.serve(replace(extension(1, *ports[:2]), number="99"))
    assert house.exchange._ports == kept
    assert await house.doors(ports[:2]) == ["99", "99"]


async def test_a_taken_port_moves_by_two_but_not_onto_another_extensions(
    house: House, ports: list[int]
) -> None:
    taken = ports[0]
    with closing(socket.create_server(("127.0.0.1", taken))):
        await house.serve(extension(1, taken, ports[1]), extension(2, taken + 2, ports[2]))
        assert house.exchange.served[1].port == taken + 4
        assert house.exchange.served[2].port == taken + 2
    await house.exchange.restart(1)
    assert house.exchange.served[1].port == taken


async def test_an_address_that_is_not_ours_fails_alone_and_is_tried_again(
    house: House, ports: list[int]
) -> None:
    stranger = replace(extension(1, *ports[:2]), ip="192.0.2.1")
    await house.serve(stranger, extension(2, *ports[2:]))
    assert list(house.exchange.served) == [2]
    assert "this machine does not have that address" in house.exchange.failed[1]
    await house.serve(extension(1, *ports[:2]), extension(2, *ports[2:]))
    assert not house.exchange.failed
    assert await house.doors(ports) == ["1", "1", "2", "2"]


async def test_a_return_port_that_a_call_waits_on_outlives_its_extension(
    house: House, ports: list[int]
) -> None:
    await house.serve(extension(1, *ports[:2]))
    house.awaited = {ports[1]}
    await house.serve()
    assert await house.doors(ports[:2]) == [None, "1"]
    house.awaited = set()
    async with asyncio.timeout(5):
        while await house.who_answers(ports[1]):  # noqa: ASYNC110  the kernel's affair
            await asyncio.sleep(0.02)


async def test_a_return_port_that_another_extension_wants_is_given_to_it(
    house: House, ports: list[int]
) -> None:
    await house.serve(extension(1, *ports[:2]))
    house.awaited = {ports[1]}
    await house.serve(extension(2, ports[2], ports[1]))
    assert house.exchange.served[2].return_port == ports[1]
    assert await house.doors((ports[1],)) == ["2"]


async def test_a_return_port_that_another_process_wants_is_kept_while_it_is_waited_on(
    house: House, ports: list[int]
) -> None:
    await house.serve(extension(1, *ports[:2]))
    house.awaited.add(ports[1])
    moved = extension(1, *ports[2:])
    await house.exchange.serve({1: moved}, {ports[1]})
    assert house.exchange.kept == {ports[1]}
    assert await house.doors(ports) == [None, "1", "1", "1"]
    changes = house.exchange.changes
    house.awaited.clear()
    async with asyncio.timeout(5):
        while house.exchange.kept:  # noqa: ASYNC110  the watch's affair
            await asyncio.sleep(0.02)
    assert house.exchange.changes > changes  # so that whoever waits for it is told
    assert await house.doors(ports[:2]) == [None, None]


async def test_a_listener_that_stops_by_itself_is_opened_again(
    house: House, ports: list[int]
) -> None:
    await house.serve(extension(1, *ports[:2]))
    server = house.exchange._ports[1, Role.VISITOR].listener._server
    assert server is not None
    with socket.socket(fileno=socket.dup(server.sockets[0].fileno())) as same:
        same.shutdown(socket.SHUT_RDWR)
    async with asyncio.timeout(5):
        while await house.who_answers(ports[0]) is None:  # noqa: ASYNC110  likewise
            await asyncio.sleep(0.02)
    assert await house.doors(ports[:2]) == ["1", "1"]
