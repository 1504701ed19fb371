"""The two ports of FreeSWITCH's lines: one that stops by itself is opened again."""

import asyncio
import socket

import pytest
from structlog.testing import capture_logs

from porteiro.lines.freeswitch.server import FreeSwitchOptions
from tests.freeswitch_side import FreeSwitchSite, freeswitch_site, settled

WATCHED = FreeSwitchOptions(playback="binary", watch_s=0.02)


def stop_behind_our_back(site: FreeSwitchSite, port: int) -> None:
    """Shut a listening socket down as something outside of the server might."""
    for listener in (site.server._streams, site.server._controls):
        assert listener._server is not None
        for listening in listener._server.sockets:
            if listening.getsockname()[1] == port:
                with socket.socket(fileno=socket.dup(listening.fileno())) as same:
                    same.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("half", ["sound", "control"])
async def test_a_port_that_stops_by_itself_is_opened_again_and_calls_go_on(half: str) -> None:
    with capture_logs() as logs:
        async with freeswitch_site(WATCHED) as site:
            arrival, _, _ = await site.whole()
            ports = site.server.stream_port, site.server.control_port
            watching = asyncio.create_task(site.server.watch())
            stop_behind_our_back(site, ports[half == "control"])
            await settled(lambda: not site.server.serving)
            await settled(lambda: site.server.serving)
            assert (site.server.stream_port, site.server.control_port) == ports
            assert site.server.legs() == {"whole": 1, "waiting": 0, "with_human": 0}
            assert not arrival.heard.causes
            another, _, _ = await site.whole()
            assert another.line.call_id != arrival.line.call_id
            watching.cancel()
            await asyncio.wait([watching])
    told = [entry for entry in logs if "opened again" in entry["event"]]
    assert [entry["port"] for entry in told] == [ports[half == "control"]]


async def test_a_port_that_somebody_else_took_meanwhile_is_said_to_be_lost_until_it_is_free() -> (
    None
):
    with capture_logs() as logs:
        async with freeswitch_site(WATCHED) as site:
            port = site.server.control_port
            await site.server._controls.close()
            with socket.create_server(("127.0.0.1", port)):
                watching = asyncio.create_task(site.server.watch())
                await settled(lambda: any("is lost" in entry["event"] for entry in logs))
            await settled(lambda: site.server.serving)
            assert site.server.control_port == port
            watching.cancel()
            await asyncio.wait([watching])
