"""Peers on an AudioSocket port that do wrong, beside a call that must not feel it."""

import asyncio
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.integration.building import DIRECTORY
from tests.integration.bystander import Bystander, bystander
from tests.integration.neighbours import neighbours
from tests.integration.server import Server, Site, eventually, serving
from tests.integration.wire_peer import (
    SILENCE,
    WirePeer,
    call_id_message,
    message,
    peer,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

GROWTH_MIB = 32
GIANT = message(0x10, bytes(65535))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Server, Bystander]]:
    async with neighbours() as building:
        settings = building.settings | {
            "PORTEIRO_MAX_CALL_SECONDS": "900",
            "PORTEIRO_MAX_CALLS": "2000",  # so that a crowd is kept, and not reset at the door
        }
        async with (
            serving(tmp_path_factory.mktemp("lines"), Site(settings, DIRECTORY)) as server,
            bystander(server) as healthy,
        ):
            yield server, healthy


@pytest_asyncio.fixture(loop_scope="module")
async def server(site: tuple[Server, Bystander]) -> AsyncIterator[Server]:
    """The server, which at the end of each test holds nothing but the healthy call."""
    running, healthy = site
    before = running.descriptors()
    async with healthy.undisturbed():
        yield running
        await running.holds_no_more_than(before)
    await running.left_with(healthy.call_id)


async def in_conversation(line: WirePeer, server: Server) -> str:
    """Name a call on a line, and wait until it is greeted."""
    call_id = str(uuid4())
    line.send(call_id_message(call_id))
    await eventually(lambda: line.told)
    assert await server.state(call_id) == "collecting"
    return call_id


async def warned(server: Server, cause: str, limit_s: float = 15.0, **fields: object) -> bool:
    """Wait for the log to say that a line closed; return whether it warns, once, of `cause`."""
    await eventually(lambda: server.logged("line closed", **fields), limit_s)
    lines = server.logged("line closed", **fields)
    return [line["level"] for line in lines if cause in line["cause"]] == ["warning"]


async def recorded(server: Server, call_id: str) -> str:
    """Wait for the one record of a call; return how it says that it ended."""
    await eventually(lambda: server.visits(call_id))
    (visit,) = server.visits(call_id)
    return str(visit["end"])


# ------------------------------------------------------------------ before the call id


async def test_garbage_is_answered_with_a_hang_up_and_a_warning(server: Server) -> None:
    async with peer(server.port) as line:
        line.send(b"GET /api/calls HTTP/1.1\r\nHost: porteiro\r\n\r\n")
        await line.end()
        mine = "{}:{}".format(*line.address)
    assert line.hung_up
    assert await warned(server, "protocol error", peer=mine)


async def test_sound_before_the_call_id_ends_the_connection(server: Server) -> None:
    async with peer(server.port) as line:
        line.send(message(0x10, SILENCE) + call_id_message(str(uuid4())))
        await line.end()
        mine = "{}:{}".format(*line.address)
    assert line.hung_up
    assert await warned(server, "the call id must come first", peer=mine)


async def test_half_a_call_id_is_no_call(server: Server) -> None:
    async with peer(server.port) as line:
        line.send(call_id_message(str(uuid4()))[:11])
        line.writer.write_eof()
        await line.end()
        mine = "{}:{}".format(*line.address)
    assert await warned(server, "eof in the middle of a message", peer=mine)


async def test_a_peer_that_says_nothing_or_half_an_id_is_hung_up_on(server: Server) -> None:
    async with peer(server.port) as nothing, peer(server.port) as half:
        half.send(call_id_message(str(uuid4()))[:11])
        await asyncio.gather(nothing.end(), half.end())
        both = ["{}:{}".format(*line.address) for line in (nothing, half)]
    assert nothing.hung_up
    assert half.hung_up
    for one in both:
        assert await warned(server, "no call id came", peer=one)


async def test_a_thousand_peers_that_say_nothing_are_all_hung_up_on(server: Server) -> None:
    allow_descriptors(1300)
    before = len(server.logged("line closed"))
    async with AsyncExitStack() as stack:
        silent = [await stack.enter_async_context(peer(server.port)) for _ in range(1000)]
        assert (await server.api.get("/healthz")).json()["status"] == "success"
        await asyncio.gather(*(line.end(30) for line in silent))
    assert all(line.hung_up for line in silent)
    await eventually(lambda: len(server.logged("line closed")) >= before + 1000)


def allow_descriptors(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


async def test_a_peer_from_outside_the_allowed_networks_is_cut_off_at_once(
    tmp_path: Path,
) -> None:
    site = Site({"PORTEIRO_PBX_ALLOW": "10.0.0.0/8"}, DIRECTORY)
    async with serving(tmp_path, site) as guarded:
        before = guarded.descriptors()
        for port in (guarded.port, guarded.return_port):
            async with peer(port) as line:
                line.send(call_id_message(str(uuid4())))
                await line.end(3)
            assert not line.received
        refusal = "refused a connection from outside PORTEIRO_PBX_ALLOW"

        def refusals() -> list[tuple[str, str]]:
            lines = [line for line in guarded.log if line["event"].startswith(refusal)]
            return [(line["level"], line["peer"]) for line in lines]

        await eventually(lambda: refusals() == [("warning", "127.0.0.1")] * 2)
        await guarded.left_with()
        await guarded.holds_no_more_than(before)


# --------------------------------------------------------------------------- call ids


@pytest.mark.parametrize(
    "call_id",
    [
        pytest.param("6ba7b810-9dad-11d1-80b4-00c04fd430c8", id="version 1"),
        pytest.param("00000000-0000-0000-0000-000000000000", id="nil"),
    ],
)
async def test_a_call_id_that_can_be_guessed_is_taken_and_warned_of(
    server: Server, call_id: str
) -> None:
    async with peer(server.port) as line:
        line.send(call_id_message(call_id))
        await eventually(lambda: line.told)
        assert call_id in await server.calls()
    (warning,) = server.logged(
        "the call id is no version-4 UUID and can be guessed", call_id=call_id
    )
    assert warning["level"] == "warning"
    assert await recorded(server, call_id) == "visitor left"


async def test_a_visitor_with_the_id_of_a_living_call_is_told_and_hung_up(
    server: Server, site: tuple[Server, Bystander]
) -> None:
    _, healthy = site
    async with peer(server.port) as thief:
        thief.send(call_id_message(healthy.call_id))
        await thief.end()
    assert thief.told
    assert thief.hung_up
    (line,) = server.logged("line refused", call_id=healthy.call_id)
    assert line["level"] == "warning"
    assert "in progress" in line["reason"]


# ------------------------------------------------------------------------ in the call


@pytest.mark.parametrize(
    ("bad", "cause"),
    [
        pytest.param(b"\x42\x00\x05hello", "unknown message kind 0x42", id="unknown kind"),
        pytest.param(GIANT, "65535 bytes is longer than a second", id="giant"),
        pytest.param(GIANT * 64, "65535 bytes is longer than a second", id="4 MiB of giants"),
        pytest.param(message(0x03, b"Z"), "no telephone key", id="no key"),
        pytest.param(call_id_message(str(uuid4())), "a second call id", id="second id"),
        pytest.param(message(0xFF, b"\x04"), "error 04", id="error"),
    ],
)
async def test_a_message_that_makes_no_sense_ends_its_own_call_alone(
    server: Server, bad: bytes, cause: str
) -> None:
    memory = server.memory_mib()
    async with peer(server.port) as line:
        call_id = await in_conversation(line, server)
        line.send(bad)
        await line.end()
    assert await warned(server, cause, call_id=call_id)
    assert await recorded(server, call_id) == "visitor left"
    assert server.memory_mib() - memory < GROWTH_MIB


async def test_half_a_message_and_the_end_of_the_stream_end_the_call(server: Server) -> None:
    async with peer(server.port) as line:
        call_id = await in_conversation(line, server)
        line.send(message(0x10, SILENCE)[:100])
        line.writer.write_eof()
        await line.end()
    assert await warned(server, "eof in the middle", call_id=call_id)
    assert await recorded(server, call_id) == "visitor left"


async def test_half_a_message_that_is_never_finished_leaves_the_line_as_it_was(
    server: Server,
) -> None:
    async with peer(server.port) as line:
        call_id = await in_conversation(line, server)
        line.send(message(0x10, SILENCE)[:100])
        line.writer.transport.abort()
    assert await recorded(server, call_id) == "visitor left"


async def test_giant_messages_at_the_highest_rate_are_sound_and_take_no_memory(
    server: Server,
) -> None:
    memory = server.memory_mib()
    async with peer(server.port) as line:
        call_id = await in_conversation(line, server)
        for _ in range(64):
            line.send(message(0x18, bytes(65534)))
            await line.writer.drain()
        heard = len(line.received)
        await eventually(lambda: len(line.received) > heard + 32000)
        assert await server.state(call_id) == "collecting"
    assert server.memory_mib() - memory < GROWTH_MIB
    assert await recorded(server, call_id) == "visitor left"


async def test_a_peer_that_stops_reading_is_dropped_before_it_costs_memory(
    server: Server,
) -> None:
    call_id, memory = str(uuid4()), server.memory_mib()
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", server.port))
        deaf.sendall(call_id_message(call_id))
        assert await warned(server, "stalled", 40, call_id=call_id)
    assert await recorded(server, call_id) == "visitor left"
    assert server.memory_mib() - memory < GROWTH_MIB


# ------------------------------------------------------------------- residents' lines


async def test_a_residents_line_that_no_call_waits_for_is_told_and_hung_up(
    server: Server,
) -> None:
    call_id = str(uuid4())
    async with peer(server.return_port) as stranger:
        stranger.send(call_id_message(call_id))
        await eventually(lambda: server.logged("line refused", call_id=call_id))
        assert call_id not in await server.calls()
        await stranger.end()
    assert stranger.told
    assert stranger.hung_up
    (line,) = server.logged("line refused", call_id=call_id)
    assert line["reason"] == "no call waits for this id"


async def test_residents_who_come_to_another_extension_or_second_are_told_and_hung_up(
    server: Server,
) -> None:
    async with peer(server.port) as visitor:
        call_id = await in_conversation(visitor, server)
        for key in "503##":
            visitor.send(message(0x03, key.encode()))
        await server.until(call_id, "ringing")
        elsewhere = asyncio.create_task(refused(server, server.ports[1][1], call_id))
        await eventually(lambda: reasons(server, call_id))
        assert await server.state(call_id) == "ringing"
        async with peer(server.return_port) as resident:
            resident.send(call_id_message(call_id))
            await server.until(call_id, "asking")
            await asyncio.gather(elsewhere, refused(server, server.return_port, call_id))
            assert await server.state(call_id) == "asking"
            assert reasons(server, call_id) == [
                "it came to another extension's return port",
                "its call waits for no resident now",
            ]
            resident.send(message(0x03, b"2"))
            await asyncio.gather(resident.end(), visitor.end())
    assert resident.hung_up
    assert visitor.hung_up
    assert await recorded(server, call_id) == "denied"


async def refused(server: Server, port: int, call_id: str) -> None:
    async with peer(port) as line:
        line.send(call_id_message(call_id))
        await line.end()
    assert line.told
    assert line.hung_up


def reasons(server: Server, call_id: str) -> list[str]:
    return [line["reason"] for line in server.logged("line refused", call_id=call_id)]


# ---------------------------------------------------------------------- the last word


async def test_the_call_beside_all_this_comes_to_its_good_end(
    site: tuple[Server, Bystander],
) -> None:
    server, healthy = site
    await healthy.ends_its_visit()
    await server.left_with()
    assert not server.logged("a call failed")
