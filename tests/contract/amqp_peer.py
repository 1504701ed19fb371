"""A publisher whose broker behaves as it is told: a real RabbitMQ, or something that is none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from porteiro.messaging.amqp import AmqpOptions, AmqpPublisher
from tests.contract.http_peer import GOOD
from tests.rabbitmq import RabbitMQ


@asynccontextmanager
async def publisher_for(broker: RabbitMQ, behaves: str) -> AsyncIterator[AmqpPublisher]:
    """Publish to `broker`, or where `behaves` is bad, to what refuses, hangs or is no broker."""
    async with _url(broker, behaves) as url:
        limit_s = 0.3 if behaves == "hang" else 10.0
        options = AmqpOptions(url, connect_s=limit_s, publish_s=limit_s)
        async with AmqpPublisher(options) as publisher:
            yield publisher


@asynccontextmanager
async def _url(broker: RabbitMQ, behaves: str) -> AsyncIterator[str]:
    if behaves in ("hang", "close", "garbage"):
        async with peer_that(behaves) as port:
            yield f"amqp://u:key=k@127.0.0.1:{port}/"
    elif behaves in GOOD:
        yield broker.url()
    elif behaves == "404":
        yield broker.url(path="/nowhere")
    else:
        yield broker.url(password="key=k")


@asynccontextmanager
async def peer_that(behaves: str) -> AsyncIterator[int]:
    """Listen on a port of loopback, and hang, close or say something else to who comes."""
    over = asyncio.Event()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if behaves == "garbage":
            writer.write(b"SSH-2.0-OpenSSH_9.2\r\n" * 9)
            await writer.drain()
        elif behaves == "hang":
            await over.wait()
        writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    async with server:
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            over.set()
