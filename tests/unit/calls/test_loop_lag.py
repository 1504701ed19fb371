"""How late the loop is: what lasts counts, one long step does not."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from porteiro.calls.loop_lag import LoopLag
from tests.virtual_time import stall

pytestmark = pytest.mark.virtual_time


@pytest_asyncio.fixture
async def lag() -> AsyncIterator[LoopLag]:
    made = LoopLag()
    watching = asyncio.create_task(made.watch(lambda: None))
    yield made
    watching.cancel()
    await asyncio.wait([watching])


async def busy(seconds: float, step_s: float) -> None:
    """Hold the loop up in steps of `step_s`, one after the other."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while loop.time() < until:
        stall(step_s)
        await asyncio.sleep(0)


async def test_a_loop_that_is_on_time_has_no_lag(lag: LoopLag) -> None:
    await asyncio.sleep(3)
    assert lag.seconds == 0


async def test_one_long_step_is_no_lag(lag: LoopLag) -> None:
    await asyncio.sleep(2)
    stall(0.5)
    await asyncio.sleep(0.2)
    assert lag.seconds == 0


@pytest.mark.parametrize("before_s", [0, 0.2, 3])
async def test_one_step_longer_than_all_that_is_judged_is_no_lag(
    lag: LoopLag, before_s: float
) -> None:
    await asyncio.sleep(before_s)
    stall(5)
    for _ in range(20):
        await asyncio.sleep(0.05)
        assert lag.seconds == 0


async def test_steps_longer_than_all_that_is_judged_are_a_lag(lag: LoopLag) -> None:
    await asyncio.sleep(3)
    await busy(40, 5)
    assert lag.seconds >= 4


async def test_steps_that_follow_one_another_are(lag: LoopLag) -> None:
    await asyncio.sleep(2)
    await busy(2, 0.3)
    assert lag.seconds >= 0.25


async def test_it_is_forgotten_two_seconds_after_the_last(lag: LoopLag) -> None:
    await busy(2, 0.3)
    await asyncio.sleep(2.1)
    assert lag.seconds == 0
