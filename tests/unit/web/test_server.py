import asyncio
import signal
import socket

import aiohttp
import pytest

from porteiro.errors import SettingsError
from porteiro.web.server import ServerOptions, serve_api
from tests.unit.web.board import Board, change
from tests.unit.web.parts import parts


async def started(board: Board, options: ServerOptions) -> tuple[asyncio.Task[None], str]:
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve_api(parts(board), options, port.set_result))
    return serving, f"http://127.0.0.1:{await port}"


async def stopped(serving: asyncio.Task[None]) -> None:
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving


async def test_it_serves_in_this_loop_and_stops_when_cancelled() -> None:
    serving, url = await started(Board(), ServerOptions(port=0))
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/api/calls") as answer:
            assert answer.status == 200
            assert len((await answer.json())["calls"]) == 1
        await stopped(serving)
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(f"{url}/api/calls")


async def test_changes_reach_a_reader_as_they_happen_and_a_stop_ends_the_stream() -> None:
    board = Board()
    serving, url = await started(board, ServerOptions(port=0))
    async with aiohttp.ClientSession() as session, session.get(f"{url}/api/events") as answer:
        assert answer.content_type == "text/event-stream"
        await answer.content.readuntil(b"\n\n")
        board.stream.publish(change(3))
        event = await answer.content.readuntil(b"\n\n")
        assert event.startswith(b"event: state\n")
        await stopped(serving)
        assert await answer.content.read() == b""


async def test_the_process_s_signals_stay_with_their_owner() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    serving, url = await started(Board(), ServerOptions(port=0))
    async with aiohttp.ClientSession() as session, session.get(f"{url}/healthz") as answer:
        assert answer.status == 200
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before
    await stopped(serving)


async def test_a_port_that_is_taken_is_said_with_the_setting_to_change() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"port {port}.*API_PORT"):
            await serve_api(parts(), ServerOptions(port=port))
