"""DTMF dispatch: keys reach the leg that pressed them, in order, once."""

from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from tests.freeswitch_side import freeswitch_site, settled

pytestmark = pytest.mark.every_loop

ALL_KEYS = "0123456789*#ABCD"


async def test_every_key_comes_in_order_and_once() -> None:
    async with freeswitch_site() as site:
        arrival, _, control = await site.whole()
        for digit in 3 * ALL_KEYS:
            control.press(digit)
        await arrival.heard.until(lambda: len(arrival.heard.keys) >= 3 * len(ALL_KEYS))
        assert arrival.heard.keys == 3 * ALL_KEYS


async def test_keys_that_come_in_pieces_are_whole() -> None:
    async with freeswitch_site() as site:
        arrival, _, control = await site.whole()
        control.byte_by_byte = True
        for digit in "501#":
            control.press(digit)
        await arrival.heard.until(lambda: arrival.heard.keys == "501#")


async def test_an_event_told_twice_is_one_key() -> None:
    async with freeswitch_site() as site:
        arrival, _, control = await site.whole()
        for digit, sequence in (("1", "700"), ("1", "700"), ("1", "701"), ("2", "702")):
            control.press(digit, sequence)
        await arrival.heard.until(lambda: "2" in arrival.heard.keys)
        assert arrival.heard.keys == "112"


async def test_what_is_no_key_is_none() -> None:
    async with freeswitch_site() as site:
        arrival, _, control = await site.whole()
        for digit in ("F", "w", "12", "", "\u00e9", "\n", "a"):
            control.press(digit)
        control.press("0")
        await arrival.heard.until(lambda: "0" in arrival.heard.keys)
        assert arrival.heard.keys == "A0"


async def test_keys_pressed_before_the_sound_came_wait_for_the_listener() -> None:
    channel = str(uuid4())
    async with freeswitch_site() as site:
        control = await site.control(channel)
        for digit in "501#":
            control.press(digit)
        await site.stream(channel)
        arrival = await site.arrival()
        control.press("1")
        await arrival.heard.until(lambda: arrival.heard.keys == "501#1")


async def test_of_endless_keys_before_the_sound_the_last_are_kept() -> None:
    channel = str(uuid4())
    async with freeswitch_site() as site:
        control = await site.control(channel)
        for _ in range(1000):
            control.press("7")
        for digit in "502#":
            control.press(digit)
        with capture_logs() as logs:
            control.tell("CHANNEL_HOLD")
            await settled(lambda: any("away" in line["event"] for line in logs))
        await site.stream(channel)
        arrival = await site.arrival()
        await arrival.heard.until(lambda: arrival.heard.keys.endswith("502#"))
        assert arrival.heard.keys == 28 * "7" + "502#"


async def test_keys_of_two_legs_are_not_mixed() -> None:
    async with freeswitch_site() as site:
        one, _, first = await site.whole()
        other, _, second = await site.whole()
        for digit in "123456":
            first.press(digit)
            second.press({"1": "A", "2": "B"}.get(digit, digit))
        await one.heard.until(lambda: len(one.heard.keys) == 6)
        await other.heard.until(lambda: len(other.heard.keys) == 6)
        assert (one.heard.keys, other.heard.keys) == ("123456", "AB3456")


async def test_no_key_comes_after_the_end() -> None:
    async with freeswitch_site() as site:
        arrival, _, control = await site.whole()
        arrival.line.hang_up()
        control.press("1")
        control.hang_up()
        await arrival.heard.until(lambda: arrival.heard.causes)
        assert arrival.heard.keys == ""
