"""Lines from a whole FreeSWITCH that behaves as recorded: order, gaps, hold, hang-up, restart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from porteiro.audio.clip import Clip
from porteiro.lines.freeswitch.line import FreeSwitchLine
from porteiro.lines.freeswitch.server import FreeSwitchOptions
from porteiro.phones.freeswitch import First, FreeSwitch, FreeSwitchPhone, Module, Registered
from porteiro.phones.freeswitch import FreeSwitchOptions as SwitchOptions
from porteiro.phones.telephone import Ending
from tests.freeswitch_side import EXTENSION, HUMAN, FreeSwitchSite, freeswitch_site, settled
from tests.pbx_side import PATIENCE_S

PLAYBACKS = {
    Module.COMMUNITY: FreeSwitchOptions(playback="esl-file", correlation_s=0.5),
    Module.COMMERCIAL: FreeSwitchOptions(playback="binary", correlation_s=0.5),
    Module.FORK: FreeSwitchOptions(playback="stream-audio", correlation_s=0.5),
}


@asynccontextmanager
async def switch(
    module: Module = Module.COMMUNITY,
    first: First = First.TOGETHER,
    gap_s: float = 0.0,
    halves: str = "both",
) -> AsyncIterator[tuple[FreeSwitchSite, FreeSwitch]]:
    """Run a server and a FreeSWITCH that brings `halves` of its channels: both, sound, control."""
    async with freeswitch_site(PLAYBACKS[module]) as site:
        options = SwitchOptions(
            stream_port=None if halves == "control" else site.server.stream_port,
            control_port=None if halves == "sound" else site.server.control_port,
            module=module,
            first=first,
            gap_s=gap_s,
        )
        async with FreeSwitch(options) as pbx:
            yield site, pbx


def speak(phone: FreeSwitchPhone) -> None:
    """Say something for as long as the call lasts, a second at most."""
    phone.put(8000 * b"\x00\x20").add_done_callback(asyncio.Future.exception)


async def ended(phone: FreeSwitchPhone) -> Ending:
    async with asyncio.timeout(PATIENCE_S):
        return await phone.ended()


@pytest.mark.parametrize("module", Module)
async def test_a_full_call_in_dual_mode(module: Module) -> None:
    async with switch(module) as (site, pbx):
        phone = await pbx.call(EXTENSION.number)
        arrival = await site.arrival()
        speak(phone)
        await arrival.heard.until(lambda: b"\x00\x20" in arrival.heard.sound)
        heard_before = phone.ear.last_voice
        arrival.line.play(
            Clip(8000, 2000 * b"\x00\x20\x00\xe0", complete=True), arrival.heard.ended
        )
        await arrival.heard.until(lambda: arrival.heard.ends)
        assert arrival.heard.ends == [(0.5, True)]
        await settled(lambda: phone.ear.last_voice > heard_before)
        for digit in "501#":
            phone.press(digit)
        await arrival.heard.until(lambda: arrival.heard.keys == "501#")
        phone.hold()
        await arrival.heard.until(lambda: arrival.heard.holds == [True])
        phone.unhold()
        await arrival.heard.until(lambda: arrival.heard.holds == [True, False])
        arrival.line.hang_up()
        assert await ended(phone) is Ending.PORTEIRO_HUNG_UP
        await arrival.heard.until(lambda: arrival.heard.causes == ["local"])


@pytest.mark.parametrize(
    ("first", "gap_s"),
    [(First.STREAM, 0.1), (First.CONTROL, 0.1), (First.STREAM, 0.8), (First.CONTROL, 0.8)],
    ids=[
        "WebSocket before ESL",
        "ESL before WebSocket",
        "WebSocket long before ESL",
        "ESL long before WebSocket",
    ],
)
async def test_either_half_comes_first_and_the_other_in_time_or_late(
    first: First, gap_s: float
) -> None:
    async with switch(first=first, gap_s=gap_s) as (site, pbx):
        phone = await pbx.call(EXTENSION.number)
        arrival = await site.arrival()
        line = arrival.line
        assert isinstance(line, FreeSwitchLine)
        await settled(lambda: line.control is not None)
        phone.press("5")
        speak(phone)
        await arrival.heard.until(lambda: b"\x00\x20" in arrival.heard.sound)
        await arrival.heard.until(lambda: arrival.heard.keys == "5")
        phone.hang_up()
        await arrival.heard.until(lambda: arrival.heard.causes == ["NORMAL_CLEARING"])
        await settled(lambda: site.server.lines == 0)


async def test_hang_up_detection_without_control() -> None:
    async with switch(halves="sound") as (site, pbx):
        phone = await pbx.call(EXTENSION.number)
        arrival = await site.arrival()
        phone.hang_up()
        await arrival.heard.until(lambda: arrival.heard.causes == ["hangup"])


async def test_a_person_without_sound_talks_with_the_porter() -> None:
    porters: asyncio.Queue[FreeSwitchPhone] = asyncio.Queue()
    async with switch(halves="control") as (site, pbx):
        pbx.numbers[HUMAN] = Registered(picked_up=porters.put_nowait)
        phone = await pbx.call(EXTENSION.number)
        async with asyncio.timeout(PATIENCE_S):
            porter = await porters.get()
        assert [mark.kind for mark in phone.marks].count("playback") == 1
        porter.hang_up()
        assert await ended(phone) is Ending.PORTEIRO_HUNG_UP
        await settled(lambda: site.server.lines == 0)


async def test_a_person_without_sound_or_porter_hears_a_tone_and_the_end() -> None:
    async with switch(halves="control") as (site, pbx):
        phone = await pbx.call(EXTENSION.number)
        assert await ended(phone) is Ending.PORTEIRO_HUNG_UP
        assert [mark.kind for mark in phone.marks].count("playback") == 1
        assert site.desk.arrivals.empty()
        await settled(lambda: site.server.lines == 0)


async def test_a_visitor_handed_over_talks_with_whom_they_were_sent_to() -> None:
    porters: asyncio.Queue[FreeSwitchPhone] = asyncio.Queue()
    async with switch() as (site, pbx):
        pbx.numbers["1003030"] = Registered(picked_up=porters.put_nowait)
        phone = await pbx.call(EXTENSION.number)
        arrival = await site.arrival()
        await site.server.hand_over(arrival.line.call_id, "1003030")
        arrival.line.hang_up()
        await arrival.heard.until(lambda: arrival.heard.causes == ["handed over"])
        async with asyncio.timeout(PATIENCE_S):
            porter = await porters.get()
        assert phone.ending is None
        phone.hang_up()
        assert await ended(porter) is not None
        await settled(lambda: site.server.lines == 0)


async def test_a_restart_in_the_middle_of_calls_ends_the_legs() -> None:
    async with switch() as (site, pbx):
        for _ in range(5):
            await pbx.call(EXTENSION.number)
        arrivals = [await site.arrival() for _ in range(5)]
        await pbx.close()
        for arrival in arrivals:
            heard = arrival.heard
            await heard.until(lambda: heard.causes)  # noqa: B023  waited for before the next
            assert len(heard.causes) == 1
        await settled(lambda: site.server.lines == 0)
