"""Clients that are slow, many, or talk no HTTP, over real sockets."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from porteiro.web.connection import ConnectionLimits
from porteiro.web.parts import ApiParts
from porteiro.web.server import ServerOptions, serve_api
from tests.unit.web.parts import Archive, many_visits, parts

pytestmark = pytest.mark.every_loop

HURRIED = ConnectionLimits(request_s=0.2, stall_s=0.2)
HANG_UP = b"POST /api/hangup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


class Client:
    """One connection, spoken to byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def says(self, data: bytes) -> None:
        if self.writer.is_closing():  # uvloop's would take it for a mistake of ours
            raise ConnectionResetError
        self.writer.write(data)
        await self.writer.drain()

    async def repeats(self, data: bytes) -> None:
        """Say it again and again, every now and then."""
        while True:
            await self.says(data)
            await asyncio.sleep(0.01)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Return the status, the headers and the body of the next answer."""
        status, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
        headers = dict(line.lower().split(": ", 1) for line in lines)
        body = await self.reader.readexactly(int(headers["content-length"]))
        return int(status.split()[1]), headers, body

    async def refusal(self, *, sending: bool = False) -> tuple[int, str]:
        """Return the status and the message of an error, after which the connection ends.

        It ends by a reset only where we were still `sending`.
        """
        status, headers, body = await self.answer()
        assert headers["content-type"] == "application/json"
        told = json.loads(body)
        assert told["status"] == "error"
        try:
            async with asyncio.timeout(20):
                more = await self.reader.read()
        except ConnectionResetError:
            assert sending
            more = b""
        assert more == b""
        return status, told["message"]


@asynccontextmanager
async def server(limits: ConnectionLimits, shown: ApiParts | None = None) -> AsyncIterator[int]:
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    options = ServerOptions(port=0, limits=limits)
    serving = asyncio.create_task(serve_api(shown or parts(), options, ready.set_result))
    try:
        async with asyncio.timeout(20):
            yield await ready
    finally:
        serving.cancel()
        await asyncio.wait([serving])


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Client(reader, writer)
    finally:
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def test_a_client_that_says_nothing_is_let_go() -> None:
    async with server(HURRIED) as port, connected(port) as client:
        assert (await client.refusal())[0] == 408


@pytest.mark.parametrize(
    "beginning", [b"GET /api/calls HTTP/1.1\r\nX-Slow: ", HANG_UP + b"Content-Length: 999\r\n\r\n"]
)
async def test_a_client_that_sends_a_byte_now_and_then_is_let_go(beginning: bytes) -> None:
    async with server(HURRIED) as port, connected(port) as client:
        await client.says(beginning)
        dribble = asyncio.create_task(client.repeats(b" "))
        status, message = await client.refusal(sending=True)
        dribble.cancel()
        await asyncio.wait([dribble])
    assert status == 408
    assert "within 0.2 s" in message


async def test_a_body_that_never_ends_holds_nothing_after_its_answer() -> None:
    async with server(HURRIED) as port, connected(port) as client:
        await client.says(HANG_UP + b"Content-Length: 10000000\r\n\r\n{")
        assert (await client.answer())[0] == 413
        assert await client.reader.read() == b""


async def test_a_body_of_ten_megabytes_is_refused_and_the_connection_goes_on() -> None:
    body = b" " * 10_000_000
    async with server(ConnectionLimits()) as port, connected(port) as client:
        for _ in range(2):
            await client.says(HANG_UP + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            assert (await client.answer())[0] == 413


async def test_a_client_that_sends_without_end_is_cut_off() -> None:
    limits = ConnectionLimits(request_bytes=2**20)
    async with server(limits) as port, connected(port) as client:
        await client.says(HANG_UP + b"Transfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(ConnectionError):
            await client.repeats((b"8000\r\n" + b" " * 0x8000 + b"\r\n") * 8)


async def test_a_client_that_does_not_read_is_cut_off() -> None:
    shown = parts(visits=Archive(many_visits(20_000)))
    async with server(HURRIED, shown) as port, connected(port) as client:
        with pytest.raises(ConnectionError):
            await client.repeats(b"GET /api/visits?limit=100 HTTP/1.1\r\nHost: x\r\n\r\n" * 200)


async def test_more_connections_than_allowed_are_told_so() -> None:
    async with server(ConnectionLimits(connections=2)) as port, AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(connected(port)) for _ in range(2)]
        async with connected(port) as third:
            await third.says(b"GET /api/calls HTTP/1.1\r\nHost: x\r\n\r\n")
            status, message = await third.refusal()
        assert (status, "too many" in message) == (503, True)
        for client in (first, second):
            await client.says(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await client.answer())[0] == 200


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"\x16\x03\x01 this is TLS\r\n\r\n", 400),
        (b"GET /api/calls HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
        (b"GET /api/calls HTTP/1.1\r\nX: " + b"x" * 20_000, 431),
    ],
)
async def test_what_is_no_request_is_refused_in_the_same_form(
    request_bytes: bytes, status: int
) -> None:
    async with server(ConnectionLimits()) as port, connected(port) as client:
        await client.says(request_bytes)
        assert (await client.refusal())[0] == status


async def test_a_request_to_become_a_websocket_is_answered_as_any_other() -> None:
    async with server(ConnectionLimits()) as port, connected(port) as client:
        await client.says(
            b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        )
        assert (await client.answer())[0] == 200


async def test_requests_one_after_another_on_one_connection_are_all_answered() -> None:
    asked = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    async with server(HURRIED) as port, connected(port) as client:
        await client.says(asked * 3)
        assert [(await client.answer())[0] for _ in range(3)] == [200] * 3
        await client.says(asked[:10])
        await client.says(asked[10:])
        assert (await client.answer())[0] == 200


async def test_a_server_that_stops_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    async with server(HURRIED) as port, connected(port) as client:
        await client.says(b"GET /api/events HTTP/1.1\r\nHost: x\r\n\r\n")
        await client.reader.readuntil(b": connected\n\n")
    assert asyncio.all_tasks() == before
