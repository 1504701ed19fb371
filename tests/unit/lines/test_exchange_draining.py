"""Ports of a server that is stopping: visitors are refused, awaited residents are not."""

import asyncio
from dataclasses import replace

import pytest

from porteiro.dialogue.terms import Role
from tests.ports import free_port
from tests.unit.lines.test_exchange import House, extension, house, ports

__all__ = ["house", "ports"]


async def nobody(house: House, port: int) -> None:
    """Wait until nobody answers on a port."""
    async with asyncio.timeout(5):
        while await house.who_answers(port) is not None:  # noqa: ASYNC110  another task's
            await asyncio.sleep(0.02)


async def test_only_the_return_ports_that_are_waited_on_stay_open(
    house: House, ports: list[int]
) -> None:
    await house.serve(extension(1, *ports[:2]), extension(2, *ports[2:]))
    house.awaited = {ports[1]}
    await house.exchange.drain()
    assert await house.doors(ports) == [None, "1", None, None]
    assert await house.who_answers(ports[1]) == ("1", Role.RESIDENT)


async def test_a_return_port_is_closed_once_nobody_waits_on_it(
    house: House, ports: list[int]
) -> None:
    await house.serve(extension(1, *ports[:2]))
    house.awaited = {ports[1]}
    await house.exchange.drain()
    assert await house.who_answers(ports[1]) == ("1", Role.RESIDENT)
    house.awaited = set()
    await nobody(house, ports[1])


@pytest.mark.parametrize("change", ["serve", "restart", "watch"])
async def test_nothing_opens_a_port_again(house: House, ports: list[int], change: str) -> None:
    one = extension(1, *ports[:2])
    await house.serve(one)
    await house.exchange.drain()
    if change == "serve":
        await house.serve(replace(one, port=ports[2]), extension(2, ports[3], free_port()))
    elif change == "restart":
        await house.exchange.restart(1)
    else:
        await asyncio.sleep(0.2)
    assert await house.doors(ports) == [None] * 4


async def test_the_extensions_are_shown_as_before(house: House, ports: list[int]) -> None:
    one = extension(1, *ports[:2])
    await house.serve(one)
    await house.exchange.drain()
    assert house.exchange.served == {1: one}
    assert not house.exchange.failed
    with pytest.raises(KeyError):
        await house.exchange.restart(9)
