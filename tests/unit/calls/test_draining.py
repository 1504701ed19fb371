"""A server that is told to stop: calls go on to their end, or are told, and all are recorded."""

import asyncio

import pytest

from porteiro.calls.admission import Refusal
from porteiro.calls.draining import Drained, DrainOptions, Impatience, drain
from porteiro.dialogue.phrases import FIXED
from tests.house import House

pytestmark = pytest.mark.virtual_time


def draining(house: House, limit_s: float, impatience: Impatience) -> asyncio.Task[Drained]:
    return asyncio.create_task(drain(house.reception, DrainOptions(limit_s), impatience))


async def test_with_no_call_in_progress_it_is_over_at_once() -> None:
    house = House()
    began = asyncio.get_running_loop().time()
    assert await draining(house, 120, Impatience()) == Drained(0, 0)
    assert asyncio.get_running_loop().time() == began


async def test_a_visit_goes_on_to_its_end_resident_and_all() -> None:
    house = House()
    visitor = await house.ringing()
    stopping = draining(house, 120, Impatience())
    await asyncio.sleep(0)
    assert house.reception.capacity().refusing is Refusal.DRAINING
    resident = await house.resident(visitor.call_id)
    await resident.hears_out()
    resident.keys("1")
    assert await stopping == Drained(ended=1, cut=0)
    assert len(house.gate.orders) == 1
    assert [visit.decision for visit in house.visits.visits] == ["authorized"]
    await house.over()


async def test_a_visitor_who_comes_too_late_is_left_to_the_dialplan_at_once() -> None:
    house = House()
    visitor = await house.visitor()
    stopping = draining(house, 5, Impatience())
    await asyncio.sleep(0)
    late = await house.visitor()
    assert late.aborted
    assert not late.hung_up
    assert house.reception.capacity().refused == {Refusal.DRAINING: 1}
    visitor.leave()
    assert await stopping == Drained(ended=1, cut=0)
    await house.over()


async def test_who_outlasts_the_limit_is_told_in_words_and_recorded() -> None:
    house = House()
    visitor, resident = await house.asking()
    await house.visitor()
    began = asyncio.get_running_loop().time()
    assert await draining(house, 5, Impatience()) == Drained(ended=0, cut=2)
    assert 5 <= asyncio.get_running_loop().time() - began < 20
    assert visitor.hung_up
    assert resident.hung_up
    assert house.voices.texts.count(FIXED["broken"]) >= 3
    assert [visit.end for visit in house.visits.visits] == ["broken: the server stops"] * 2
    assert house.gate.orders == []
    await house.over()


async def test_a_second_signal_does_not_wait_for_the_limit() -> None:
    house = House()
    visitor = await house.visitor()
    impatience = Impatience()
    stopping = draining(house, 120, impatience)
    await asyncio.sleep(1)
    began = asyncio.get_running_loop().time()
    impatience.hurried.set()
    assert await stopping == Drained(ended=0, cut=1)
    assert asyncio.get_running_loop().time() - began < 10
    assert FIXED["broken"] in house.voices.texts
    assert visitor.hung_up
    await house.over()


async def test_a_third_signal_does_not_wait_for_the_last_words() -> None:
    house = House()
    visitor = await house.visitor()
    impatience = Impatience()
    impatience.hurried.set()
    stopping = draining(house, 120, impatience)
    await asyncio.sleep(0.2)
    impatience.forced.set()
    await stopping
    assert len(house.reception.living()) == 1
    await house.reception.close()
    assert visitor.hung_up
    assert len(house.visits.visits) == 1
    await house.over()


async def test_who_is_on_hold_and_can_be_told_nothing_holds_nothing_up() -> None:
    house = House()
    visitor = await house.visitor()
    visitor.hold()
    assert await draining(house, 1, Impatience()) == Drained(ended=0, cut=1)
    await house.reception.close()
    assert visitor.hung_up
    assert len(house.visits.visits) == 1
    await house.over()
