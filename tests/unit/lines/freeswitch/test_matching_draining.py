"""Halves that come while the server is stopping: nobody waits for sound that will not come."""

import asyncio

import pytest

from porteiro.dialogue.terms import Role
from tests.unit.lines.freeswitch.test_matching import Control, Desk, Sound

pytestmark = pytest.mark.virtual_time


async def gone(control: Control) -> None:
    control.over("NORMAL_CLEARING")
    await asyncio.sleep(0.01)


@pytest.mark.parametrize("first", ["drain", "control"])
async def test_a_visitors_control_goes_to_the_human_at_once(first: str) -> None:
    desk, control = Desk(), Control()
    if first == "drain":
        desk.matchmaker.drain()
    desk.control(control)
    desk.matchmaker.drain()
    await asyncio.sleep(0.01)
    assert [told.split()[0] for told in control.told] == ["playback"]
    await asyncio.sleep(2)
    assert control.told[-1] == "bridge user/900"
    assert desk.lines == []
    await gone(control)
    assert desk.nothing


async def test_a_residents_halves_wait_for_each_other_as_ever() -> None:
    desk, control = Desk(), Control(role=Role.RESIDENT)
    desk.control(control)
    desk.matchmaker.drain()
    await asyncio.sleep(1)
    assert control.told == []
    desk.sound(Sound(role=Role.RESIDENT))
    assert len(desk.lines) == 1


async def test_a_line_that_is_whole_goes_on_and_is_joined_by_late_control() -> None:
    desk, control = Desk(), Control()
    desk.sound(Sound())
    await asyncio.sleep(6)
    desk.matchmaker.drain()
    desk.control(control)
    assert control.observer is desk.lines[0]
    assert control.told == []
