"""The phones and the PBX that the visits are proved with, proved themselves.

And, on the way, what a real Asterisk does at the end of an AudioSocket: the dialplan that
we ship is built on it.
"""

import asyncio

import pytest

from tests.pbx.asterisk import Asterisk
from tests.pbx.audiosocket_peer import (
    CALL_ID,
    Talk,
    audiosocket_server,
    echo,
    end_bare,
    end_by_reset,
    end_in_error,
    end_properly,
)
from tests.pbx.manager import Manager
from tests.pbx.people import loudness, visitor
from tests.ports import free_port

pytestmark = pytest.mark.pbx

_SECOND = 50
"""Frames of 20 ms."""


async def test_a_persons_words_and_keys_reach_the_line_and_its_sound_reaches_them(
    asterisk: Asterisk, manager: Manager
) -> None:
    async with audiosocket_server(echo) as (port, lines):
        person = await visitor(manager, asterisk, port)
        line = await asyncio.wait_for(lines.get(), 10)
        await person.say("Boa tarde, eu queria visitar a Renata.")
        await line.until(lambda peer: len(peer.sound) >= 2 * _SECOND)
        await person.press("501#")
        await line.until(lambda peer: peer.keys == "501#")
        await person.hang_up()
        await person.gone()
    assert (line.received[0][0], len(line.received[0][1])) == (CALL_ID, 16)
    assert {len(sound) for sound in line.sound[:_SECOND]} == {320}
    assert loudness(person.heard) > -50


async def test_a_phone_that_is_silent_sends_nothing_at_all(
    asterisk: Asterisk, manager: Manager
) -> None:
    async with audiosocket_server(echo) as (port, lines):
        person = await visitor(manager, asterisk, port)
        line = await asyncio.wait_for(lines.get(), 10)
        await person.press("1")
        await line.until(lambda peer: peer.keys == "1")
        await person.hang_up()
        await person.gone()
    assert line.sound == []


async def test_a_dial_without_codec_sends_g711_under_the_linear_kind(
    asterisk: Asterisk, manager: Manager
) -> None:
    async with audiosocket_server(echo) as (port, lines):
        person = await visitor(manager, asterisk, port, "gate-without-codec", codec="ulaw")
        line = await asyncio.wait_for(lines.get(), 10)
        await person.say("Boa tarde, eu queria visitar a Renata.")
        await line.until(lambda peer: len(peer.sound) >= _SECOND)
        await person.hang_up()
        await person.gone()
    assert {len(sound) for sound in line.sound[:_SECOND]} == {160}


@pytest.mark.parametrize(
    ("talk", "try_exec", "dial"),
    [
        (end_properly, "SUCCESS", "ANSWER"),
        (end_bare, "SUCCESS", "ANSWER"),
        (end_by_reset, "FAILED", "ANSWER"),
        (end_in_error, "FAILED", "ANSWER"),
        (None, "FAILED", "CHANUNAVAIL"),
    ],
    ids=["0x00", "bare-close", "reset", "0xff", "refused"],
)
async def test_how_an_end_looks_to_the_dialplan(
    asterisk: Asterisk, manager: Manager, talk: Talk | None, try_exec: str, dial: str
) -> None:
    async with audiosocket_server(talk or echo) as (port, _):
        target = port if talk else free_port()
        for gate in ("try", "dial"):
            await visitor(manager, asterisk, target, gate)
            await manager.wait(UserEvent="Tried", By=gate)
    status = {
        seen.message.get("By"): seen.message.get("Status")
        for seen in manager.seen
        if seen.message.get("UserEvent") == "Tried"
    }
    assert status == {"try": try_exec, "dial": dial}
