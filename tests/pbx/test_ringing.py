"""The dialer on a real Asterisk: every way in which ringing a resident can end."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from porteiro.calls.ports import RingRequest
from porteiro.dialers.ami import AmiDialer, AmiOptions
from porteiro.dialers.ami_client import AmiClient, AmiServer
from porteiro.dialogue.events import RingResult
from tests.pbx.asterisk import USERNAME, Asterisk
from tests.pbx.audiosocket_peer import audiosocket_server, echo
from tests.pbx.manager import Manager
from tests.pbx.people import whoever_picks_up

pytestmark = pytest.mark.pbx


@pytest.fixture
async def client(asterisk: Asterisk) -> AsyncIterator[AmiClient]:
    """A client logged in as the user of the example configuration."""
    client = AmiClient(AmiServer("127.0.0.1", asterisk.port, USERNAME, asterisk.secret))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(client.run())
        await client.connected()
        yield client
        running.cancel()


@pytest.fixture
def dialer(client: AmiClient) -> AmiDialer:
    """The dialer, with the phones of the test's dialplan."""
    return AmiDialer(client, AmiOptions("Local/{number}@phones/n", '"Portaria" <1000>'))


def request(number: str, port: int = 9, limit_s: float = 10.0) -> RingRequest:
    """Ring `number` for a line that comes to loopback's `port`."""
    return RingRequest(str(uuid4()), str(uuid4()), 1, number, "1001", "127.0.0.1", port, limit_s)


async def test_a_resident_who_answers_is_connected_with_the_call_id(
    asterisk: Asterisk, manager: Manager, dialer: AmiDialer
) -> None:
    async with audiosocket_server(echo) as (port, lines):
        asked = request("1001", port)
        assert await dialer.ring(asked) is RingResult.ANSWERED
        line = await asyncio.wait_for(lines.get(), 10)
        await line.until(lambda peer: bool(peer.received))
        resident = await whoever_picks_up(manager, asterisk, "1001")
        await resident.hang_up()
        await resident.gone()
    assert UUID(bytes=line.received[0][1]) == UUID(asked.call_id)


@pytest.mark.parametrize(
    ("number", "result"),
    [
        ("3017", RingResult.BUSY),
        ("3018", RingResult.BUSY),
        ("3020", RingResult.UNREACHABLE),
        ("3021", RingResult.REJECTED),
        ("3034", RingResult.FAILED),
        ("777", RingResult.UNREACHABLE),
    ],
    ids=["busy-cause", "busy-tone", "absent", "rejected", "congestion", "no-such-number"],
)
async def test_a_call_that_fails_comes_back_with_what_the_pbx_knows(
    dialer: AmiDialer, number: str, result: RingResult
) -> None:
    assert await dialer.ring(request(number)) is result


async def test_a_resident_who_never_answers_is_rung_until_the_limit(
    dialer: AmiDialer,
) -> None:
    assert await dialer.ring(request("2001", limit_s=1.0)) is RingResult.NO_ANSWER


async def test_a_ringing_that_is_cancelled_stops_the_phone(
    manager: Manager, dialer: AmiDialer
) -> None:
    asked = request("2002")
    ringing = asyncio.create_task(dialer.ring(asked))
    await manager.wait(UserEvent="Rings", Person="2002")
    ringing.cancel()
    await manager.wait(Event="Hangup", Uniqueid=asked.attempt_id)
    with pytest.raises(asyncio.CancelledError):
        await ringing


async def test_a_ringing_cancelled_before_the_phone_rang_leaves_no_phone_ringing(
    manager: Manager, dialer: AmiDialer
) -> None:
    asked = request("2003")
    ringing = asyncio.create_task(dialer.ring(asked))
    await asyncio.sleep(0)  # lets it begin, no more
    ringing.cancel()
    await manager.wait(Event="OriginateResponse", ActionID=asked.attempt_id)
    with pytest.raises(asyncio.CancelledError):
        await ringing


async def test_a_dial_string_that_makes_no_channel_is_unreachable(client: AmiClient) -> None:
    dialer = AmiDialer(client, AmiOptions("NoSuchTechnology/{number}"))
    assert await dialer.ring(request("1001")) is RingResult.UNREACHABLE
