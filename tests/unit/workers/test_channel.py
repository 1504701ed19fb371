"""One end of the connection, over a real pair of sockets."""

import asyncio
import socket

from porteiro.workers.channel import Channel
from porteiro.workers.framing import LARGEST, framed
from porteiro.workers.messages import ORDERS, REPORTS, Look, Lost, Order, Ready, Report


async def test_messages_come_in_their_order_and_the_end_is_told() -> None:
    one, other = socket.socketpair()
    orders: list[Order] = []
    reports: list[Report] = []
    parent = await Channel.over(one, REPORTS, reports.append)
    worker = await Channel.over(other, ORDERS, orders.append)
    for number in range(3):
        parent.send(Look(number))
    worker.send(Ready())
    worker.send(Lost(2))
    async with asyncio.timeout(10):
        while len(orders) < 3:  # noqa: ASYNC110  the loop's own doing
            await asyncio.sleep(0)
    worker.close()
    async with asyncio.timeout(10):
        await parent.closed.wait()
        await worker.closed.wait()
    assert orders == [Look(0), Look(1), Look(2)]
    assert reports == [Ready(), Lost(2)]
    parent.send(Look(3))  # to nobody


async def test_what_is_no_message_closes_it() -> None:
    for rubbish in (framed(b"nonsense"), (LARGEST + 1).to_bytes(4, "big")):
        one, other = socket.socketpair()
        taken: list[Report] = []
        channel = await Channel.over(one, REPORTS, taken.append)
        with other:
            other.sendall(rubbish)
            async with asyncio.timeout(10):
                await channel.closed.wait()
        assert taken == []


async def test_who_does_not_read_is_known_to_be_behind() -> None:
    one, other = socket.socketpair()
    with other:
        channel = await Channel.over(one, REPORTS, lambda _: None)
        before = channel.full
        for _ in range(10):
            channel.send(b"x" * 2**20)
        assert (before, channel.full) == (False, True)
        channel.close()
        other.close()
        async with asyncio.timeout(10):
            await channel.closed.wait()
