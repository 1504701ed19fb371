"""A crowd at FreeSWITCH's shared ports: visitors are thinned out early, residents never."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import uuid4

import pytest
from websockets.exceptions import InvalidHandshake

from porteiro.dialogue.terms import Role
from porteiro.lines.freeswitch.options import FreeSwitchOptions
from tests.freeswitch_side import EXTENSION, ControlEnd, FreeSwitchSite, freeswitch_site, settled
from tests.pbx_side import PATIENCE_S

pytestmark = pytest.mark.every_loop


@pytest.fixture
async def site() -> AsyncIterator[FreeSwitchSite]:
    """A server with room for nobody, until a test makes some."""
    options = FreeSwitchOptions(playback="binary", correlation_s=0.2, closing_s=0.2)
    async with freeswitch_site(options) as made:
        made.desk.free = 0
        yield made


async def refused(site: FreeSwitchSite, call_id: str) -> bool:
    """Bring the sound of a visitor; return whether it was reset."""
    with suppress(ConnectionResetError, EOFError, InvalidHandshake):
        await site.stream(call_id)
        return False
    return True


async def let_go(control: ControlEnd) -> bool:
    """Wait until a control is told something after `connect`; return whether that is all."""
    await control.until(lambda: len(control.commands) > 1)
    return control.commands == ["connect", "exit"]


async def control(site: FreeSwitchSite, channel: str) -> ControlEnd:
    """Bring a control and do not wait until it is greeted."""
    end = await ControlEnd.connect(site.server.control_port, channel)
    site.controls.append(end)
    end.answer()
    return end


async def test_visitors_beyond_the_room_are_reset_and_their_dialplan_goes_on(
    site: FreeSwitchSite,
) -> None:
    site.desk.free = 2
    for _ in range(2):
        await site.stream(str(uuid4()), frames=0)
    one, other = str(uuid4()), str(uuid4())
    assert await refused(site, one)
    assert await let_go(await control(site, one))
    assert await let_go(await control(site, other))
    assert await refused(site, other)
    assert site.desk.turned == 2
    assert site.desk.arrivals.empty()


async def test_who_was_turned_away_is_not_taken_in_by_the_second_half(
    site: FreeSwitchSite,
) -> None:
    person = str(uuid4())
    assert await refused(site, person)
    site.desk.free = 1
    assert await let_go(await control(site, person))
    await settled(lambda: not site.server.lines)
    async with asyncio.timeout(PATIENCE_S):  # after `correlation_s` they may try again
        while await refused(site, person):
            pass
    await site.control(person)
    assert (await site.arrival()).line.call_id == person


@pytest.mark.parametrize("first", ["sound", "control"])
async def test_one_who_was_let_in_needs_room_once(site: FreeSwitchSite, first: str) -> None:
    site.desk.free, person = 1, str(uuid4())
    if first == "sound":
        await site.stream(person)
        await settled(lambda: site.server.waiting)
        site.desk.free = 0
        await site.control(person)
    else:
        await site.control(person)
        site.desk.free = 0
        await site.stream(person)
    assert (await site.arrival()).line.call_id == person
    assert site.desk.turned == 0


async def test_a_resident_comes_in_however_many_visitors_wait(site: FreeSwitchSite) -> None:
    person = str(uuid4())
    await site.stream(person, "resident")
    await site.control(person, variables={"variable_porteiro_role": "resident"})
    assert (await site.arrival()).role is Role.RESIDENT
    assert site.desk.turned == 0


async def test_control_that_comes_late_joins_its_call_though_there_is_no_room(
    site: FreeSwitchSite,
) -> None:
    site.desk.free, person = 1, str(uuid4())
    await site.stream(person)
    arrival = await site.arrival()  # by its sound alone, after `correlation_s`
    site.desk.free = 0
    end = await site.control(person)
    end.press("5")
    await arrival.heard.until(lambda: arrival.heard.keys == "5")


@pytest.mark.parametrize("becomes", ["a line", "nothing", "a person brought to a human"])
async def test_the_room_of_one_who_was_coming_goes_to_the_next(
    site: FreeSwitchSite, becomes: str
) -> None:
    site.desk.free = 1
    match becomes:
        case "a line":
            await site.whole()
        case "nothing":
            stream = await site.stream(str(uuid4()), frames=0)
            assert await refused(site, str(uuid4()))
            await stream.close()
        case _:
            await site.control(str(uuid4()))
            await settled(lambda: site.server.rescues)
    person = str(uuid4())
    await site.control(person)
    await site.stream(person)
    assert (await site.arrival()).line.call_id == person


async def test_who_asks_for_no_extension_of_ours_is_told_so_and_counts_for_nothing(
    site: FreeSwitchSite,
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.server.stream_port)
    writer.write(f"GET /stream/999/{uuid4()} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert (await reader.read(64)).startswith(b"HTTP/1.1 4")
    writer.close()
    assert site.desk.turned == 0


async def test_a_request_in_pieces_is_refused_as_well(site: FreeSwitchSite) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.server.stream_port)
    request = (
        f"GET /stream/{EXTENSION.number}/{uuid4()} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    ).encode()
    for at in range(0, len(request), 20):
        writer.write(request[at : at + 20])
        await writer.drain()
        await asyncio.sleep(0)
    with suppress(ConnectionResetError):
        assert (await reader.read(64)).startswith(b"HTTP/1.1 503")
    writer.close()
    await settled(lambda: site.desk.turned == 1)
