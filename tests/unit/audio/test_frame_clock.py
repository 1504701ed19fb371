"""The frame clock keeps its grid, whatever happens to the loop or to a line."""

import asyncio
import tracemalloc
from collections.abc import Callable

import pytest

from porteiro.audio.frame_clock import FRAME_S, FrameClock
from tests.virtual_time import stall

pytestmark = pytest.mark.virtual_time


class Source:
    """Notes when its frames were due."""

    def __init__(self, then: Callable[[int], None] = lambda _count: None) -> None:
        self.times: list[float] = []
        self._then = then

    def send_frame(self) -> None:
        self.times.append(asyncio.get_running_loop().time())
        self._then(len(self.times))


async def test_a_minute_of_frames_comes_on_the_grid() -> None:
    clock, source = FrameClock(), Source()
    clock.add(source)
    await asyncio.sleep(60.01)
    assert source.times == pytest.approx([FRAME_S * n for n in range(1, 3001)], abs=1e-6)
    assert (clock.frames, clock.skipped, clock.late) == (3000, 0, 0)


async def test_after_a_short_stall_all_frames_come_and_the_grid_stays() -> None:
    clock = FrameClock()
    source = Source(lambda count: stall(0.17) if count == 3 else None)
    clock.add(source)
    await asyncio.sleep(0.405)
    assert len(source.times) == 20
    assert source.times[:3] == pytest.approx([0.02, 0.04, 0.06])
    assert source.times[3:11] == pytest.approx([0.23] * 8)
    assert source.times[11:] == pytest.approx([FRAME_S * n for n in range(12, 21)])
    assert (clock.late, clock.skipped) == (1, 0)
    assert clock.worst_lateness_s == pytest.approx(0.15)


async def test_after_a_long_stall_the_phone_is_not_flooded_and_the_grid_stays() -> None:
    clock = FrameClock()
    source = Source(lambda count: stall(1.0) if count == 1 else None)
    clock.add(source)
    await asyncio.sleep(1.105)
    assert source.times[:26] == pytest.approx([0.02] + [1.02] * 25)
    assert source.times[26:] == pytest.approx([1.04, 1.06, 1.08, 1.10])
    assert clock.skipped == 25


async def test_a_failing_line_is_taken_off_and_the_others_lose_no_frame() -> None:
    clock = FrameClock()
    errors: list[BaseException] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _loop, context: errors.append(context["exception"])
    )

    def fail(_count: int) -> None:
        raise RuntimeError("broken line")

    before, broken, after = Source(), Source(fail), Source()
    for source in (before, broken, after):
        clock.add(source)
    await asyncio.sleep(0.205)
    assert [len(source.times) for source in (before, broken, after)] == [10, 1, 10]
    assert [str(error) for error in errors] == ["broken line"]


async def test_a_line_gets_no_frame_once_it_was_removed() -> None:
    clock, staying, leaving = FrameClock(), Source(), Source()
    clock.add(staying)
    clock.add(leaving)
    clock.add(leaving)
    await asyncio.sleep(0.05)
    clock.remove(leaving)
    clock.remove(leaving)
    await asyncio.sleep(0.05)
    assert (len(staying.times), len(leaving.times)) == (5, 2)


async def test_a_clock_without_lines_stands_still_and_comes_back_on_the_grid() -> None:
    clock, source = FrameClock(), Source()
    clock.add(source)
    await asyncio.sleep(0.03)
    clock.remove(source)
    await asyncio.sleep(10.0)
    clock.add(source)
    await asyncio.sleep(0.05)
    assert source.times == pytest.approx([0.02, 10.04, 10.06, 10.08])
    assert clock.frames == 4
    assert clock.skipped == 0


async def test_a_minute_of_ticks_leaves_no_memory_behind() -> None:
    class Silent:
        def send_frame(self) -> None:
            """Write a message made long ago."""

    clock = FrameClock()
    for _ in range(20):
        clock.add(Silent())
    await asyncio.sleep(1)
    tracemalloc.start()
    before = tracemalloc.take_snapshot()
    await asyncio.sleep(60)
    after = tracemalloc.take_snapshot()
    tracemalloc.stop()
    ours = tracemalloc.Filter(inclusive=True, filename_pattern="*/porteiro/audio/*")
    grown = after.filter_traces([ours]).compare_to(before.filter_traces([ours]), "filename")
    assert sum(change.size_diff for change in grown) < 1024


async def test_a_crowd_is_surveyed_while_it_lasts_and_once_afterwards() -> None:
    clock, told = FrameClock(crowd=2), list[bool]()

    def survey(*, crowded: bool) -> None:
        told.append(crowded)

    one, other = Source(), Source()
    clock.add(one, survey)
    await asyncio.sleep(0.5)
    assert told == []
    clock.add(other)
    await asyncio.sleep(0.305)
    assert told == [True] * 3
    clock.remove(other)
    await asyncio.sleep(0.5)
    assert told == [True] * 3 + [False]


async def test_a_survey_that_fails_costs_nobody_a_frame() -> None:
    clock, source, told = FrameClock(crowd=1), Source(), list[bool]()
    errors: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, said: errors.append(said))

    def fail(*, crowded: bool) -> None:
        raise OSError(f"no such socket, {crowded}")

    def survey(*, crowded: bool) -> None:
        told.append(crowded)

    clock.add(Source(), fail)
    clock.add(source, survey)
    await asyncio.sleep(0.205)
    assert (len(source.times), len(told), len(errors)) == (10, 2, 2)
