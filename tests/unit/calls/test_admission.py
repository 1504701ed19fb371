"""Who is taken in and who is not, and what whoever is not taken in hears."""

import asyncio

import pytest
from structlog.testing import capture_logs

from porteiro.audio.tones import busy
from porteiro.calls.admission import Admission, AdmissionLimits, Refusal
from porteiro.calls.dismissal import DismissalOptions
from porteiro.calls.reception import ReceptionOptions
from porteiro.clock import LoopClock
from porteiro.dialogue.phrases import FIXED
from porteiro.dialogue.terms import Role
from tests.fakes import RATE, FakeLine
from tests.house import EXTENSION, OTHER, SENTENCE, House

pytestmark = pytest.mark.virtual_time


def refused(house: House) -> dict[Refusal, int]:
    return dict(house.reception.capacity().refused)


async def arrive(house: House, count: int) -> list[FakeLine]:
    """Let so many visitors call at once."""
    lines = [house.line() for _ in range(count)]
    for line in lines:
        house.reception.arrived(EXTENSION, Role.VISITOR, line)
    await asyncio.sleep(0.1)
    return lines


async def test_of_twenty_calls_on_a_limit_of_ten_ten_are_served_and_ten_told_in_time() -> None:
    house = House(max_calls=10)
    lines = await arrive(house, 20)
    await asyncio.sleep(3.9)
    assert [line.hung_up for line in lines] == [False] * 10 + [True] * 10
    assert all(len(line.played) == 2 * RATE // 2 for line in lines[10:])
    assert FIXED["busy"] in house.voices.texts
    assert len(house.reception.living()) == 10
    assert refused(house) == {Refusal.CALLS: 10}
    for line in lines:
        line.leave()
    await house.over()


async def test_a_place_that_is_left_is_given_to_the_next() -> None:
    house = House(max_calls=1)
    (first,) = await arrive(house, 1)
    capacity = house.reception.capacity()
    assert capacity.refusing is Refusal.CALLS
    assert capacity.since is not None
    first.leave()
    await house.over()
    capacity = house.reception.capacity()
    assert (capacity.refusing, capacity.since, capacity.calls) == (None, None, 0)
    (second,) = await arrive(house, 1)
    assert house.state(second) != "unknown"
    second.leave()
    await house.over()


async def test_a_full_extension_refuses_and_the_others_do_not() -> None:
    house = House(limits=ReceptionOptions(max_calls=10, extension_calls=2))
    lines = await arrive(house, 3)
    other = house.line()
    house.reception.arrived(OTHER, Role.VISITOR, other)
    await asyncio.sleep(4)
    assert [line.hung_up for line in (*lines, other)] == [False, False, True, False]
    assert refused(house) == {Refusal.EXTENSION: 1}
    capacity = house.reception.capacity()
    assert capacity.refusing is None
    assert capacity.extensions == (EXTENSION.number,)
    for line in (*lines, other):
        line.leave()
    await house.over()


async def test_a_resident_who_is_awaited_is_never_refused() -> None:
    house = House(limits=ReceptionOptions(max_calls=1, extension_calls=1, lag_s=0.1))
    visitor = await house.visitor()
    house.lag_s = 3.0
    await visitor.speaks(SENTENCE)
    await house.until(visitor, "ringing")
    resident = await house.resident(visitor.call_id)
    await resident.hears_out()
    resident.keys("1")
    await house.over()
    assert len(house.gate.orders) == 1


async def test_a_late_loop_refuses_until_it_is_well_below_its_limit() -> None:
    house = House(limits=ReceptionOptions(lag_s=0.1))
    lines = await arrive(house, 1)
    for lag_s, taken in ((0.1, True), (0.11, False), (0.06, False), (0.05, True), (0.09, True)):
        house.lag_s = lag_s
        lines += await arrive(house, 1)
        assert (house.state(lines[-1]) != "unknown") is taken, lag_s
    assert refused(house) == {Refusal.LAG: 2}
    for line in lines:
        line.leave()
    await house.over()


@pytest.mark.parametrize("draining", [False, True])
async def test_a_loop_that_is_on_time_again_is_told_unless_nobody_is_taken_in_any_more(
    draining: bool,
) -> None:
    lag_s = 1.0
    admission = Admission(AdmissionLimits(lag_s=0.2), LoopClock(), lambda: lag_s)
    with capture_logs() as logs:
        admission.began("2000")
        assert admission.judge("2000") is Refusal.LAG
        if draining:
            admission.drain()
        lag_s = 0.0
        admission.look()
    told = ["the event loop is late: calls are refused"]
    if not draining:
        told.append("the event loop is no longer late")
    assert [line["event"] for line in logs] == told


async def test_a_late_loop_with_no_call_to_protect_refuses_nobody() -> None:
    house = House(limits=ReceptionOptions(lag_s=0.1), lag_s=5.0)
    first, second = await arrive(house, 2)
    assert house.state(first) != "unknown"
    assert house.state(second) == "unknown"
    for line in (first, second):
        line.leave()
    await house.over()


async def test_a_flood_is_told_only_to_so_many_at_once_and_makes_no_task() -> None:
    house = House(limits=ReceptionOptions(max_calls=1, dismissal=DismissalOptions(at_once=5)))
    (visitor,) = await arrive(house, 1)
    before = asyncio.all_tasks()
    lines = await arrive(house, 1000)
    assert asyncio.all_tasks() == before
    assert sum(line.aborted for line in lines) == 995
    assert house.reception.capacity().told == 5
    assert house.state(visitor) != "unknown"
    await asyncio.sleep(4)
    assert sum(line.hung_up for line in lines) == 5
    assert house.reception.capacity().told == 0
    assert refused(house) == {Refusal.CALLS: 1000}
    visitor.leave()
    await house.over()


async def test_there_is_room_for_those_who_can_be_taken_in_or_told() -> None:
    house = House(limits=ReceptionOptions(max_calls=3, dismissal=DismissalOptions(at_once=5)))
    assert house.reception.room() == 3 + 5
    lines = await arrive(house, 2)
    assert house.reception.room() == 1 + 5
    lines += await arrive(house, 3)
    assert house.reception.room() == 0 + 3
    house.reception.turned_away()
    assert refused(house) == {Refusal.CALLS: 3}
    for line in lines:
        line.leave()
    await house.over()
    house.reception.stop_taking()
    assert house.reception.room() == 5


async def test_nobody_new_is_told_of_a_phrase_that_would_have_to_be_made() -> None:
    house = House(max_calls=1)
    house.voices.broken = True
    first, second = await arrive(house, 2)
    await asyncio.sleep(4)
    assert bytes(second.played) == busy(RATE)
    first.leave()
    await house.over()


async def test_the_phrase_is_still_known_when_the_cache_has_forgotten_it() -> None:
    house = House(max_calls=1)
    (first,) = await arrive(house, 1)
    house.voices.broken = True
    (second,) = await arrive(house, 1)
    await asyncio.sleep(4)
    assert bytes(second.played) == bytes(RATE)
    first.leave()
    await house.over()


async def test_a_wideband_line_hears_the_narrow_phrase_at_its_own_rate() -> None:
    class Narrow:
        def cached(self, text: str, voice: str, sample_rate: int) -> bytes | None:
            return bytes(RATE) if sample_rate == RATE else None

    house = House(max_calls=1)
    first = house.line()
    house.reception.arrived(EXTENSION, Role.VISITOR, first)
    house.voices.cached = Narrow().cached  # type: ignore[method-assign]
    second = house.line()
    second.sample_rate = 16000
    house.reception.arrived(EXTENSION, Role.VISITOR, second)
    await asyncio.sleep(4)
    assert len(second.played) == 2 * RATE
    first.leave()
    await house.over()


@pytest.mark.parametrize("closes", [True, False])
async def test_whoever_is_told_is_gone_within_four_seconds_whatever_the_pbx_does(
    closes: bool,
) -> None:
    house = House(max_calls=1)
    first, second = house.line(), house.line()
    second.closes_when_hung_up = closes
    for line in (first, second):
        house.reception.arrived(EXTENSION, Role.VISITOR, line)
    house.voices.cached = lambda *_: bytes(20 * RATE)  # type: ignore[method-assign]
    await asyncio.sleep(4.01)
    assert second.hung_up
    assert second.aborted is not closes
    assert house.reception.capacity().told == 0
    first.leave()
    await house.over()


async def test_who_leaves_while_being_told_leaves_nothing_behind() -> None:
    house = House(max_calls=1)
    first, second = await arrive(house, 2)
    second.leave()
    assert house.reception.capacity().told == 0
    await asyncio.sleep(5)
    assert not second.hung_up
    first.leave()
    await house.over()


async def test_closing_cuts_off_whoever_is_being_told() -> None:
    house = House(max_calls=1)
    _, second = await arrive(house, 2)
    await house.reception.close()
    assert second.aborted
    assert house.reception.capacity().told == 0
    await house.over()
