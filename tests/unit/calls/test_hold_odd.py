"""Holds that come in odd ways, or never end, and what is seen of them from outside."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from porteiro.calls.board import Change
from porteiro.calls.ports import LineListener
from porteiro.dialogue.terms import Role
from tests.fakes import FakeLine
from tests.house import EXTENSION, SENTENCE, House

pytestmark = pytest.mark.virtual_time


@asynccontextmanager
async def watched(house: House) -> AsyncIterator[list[Change]]:
    """Keep the changes of the block."""
    changes: list[Change] = []

    async def follow() -> None:
        with house.reception.changes.subscribe() as subscription:
            async for change in subscription:
                changes.append(change)  # noqa: PERF401  there is no end to wait for

    following = asyncio.create_task(follow())
    await asyncio.sleep(0)
    yield changes
    await asyncio.sleep(0)
    following.cancel()


# ------------------------------------------------------------------------ odd sequences


async def test_held_twice_is_held_once_and_back_without_a_hold_is_nothing() -> None:
    house = House()
    visitor = await house.visitor()
    async with watched(house) as changes:
        visitor.unhold()
        await asyncio.sleep(1)
        for _ in range(2):
            visitor.hold()
            await asyncio.sleep(1)
        for _ in range(2):
            visitor.unhold()
            await asyncio.sleep(1)
    kinds = [change.kind for change in changes]
    assert kinds == ["leg_held", "leg_resumed", "say", "listen"]
    assert all(change.data["role"] == "visitor" for change in changes)
    visitor.leave()
    await house.over()


async def test_a_hold_of_no_time_at_all_leaves_one_question_and_one_ear() -> None:
    house = House()
    visitor = await house.visitor()
    for _ in range(3):
        visitor.hold()
        visitor.unhold()
    await visitor.speaks(SENTENCE)
    await house.until(visitor, "ringing")
    assert house.said(visitor, "visitor") == [SENTENCE]
    visitor.leave()
    await house.over()


async def test_who_is_on_hold_as_the_line_arrives_is_greeted_when_back() -> None:
    house = House()
    visitor = house.line()
    house.reception.arrived(EXTENSION, Role.VISITOR, visitor)
    visitor.hold()
    await asyncio.sleep(60)
    assert visitor.played == b""
    visitor.unhold()
    await visitor.speaks(SENTENCE)
    await house.until(visitor, "ringing")
    assert len(visitor.played) > 0
    visitor.leave()
    await house.over()


class HeldLine(FakeLine):
    """A line whose person is on hold as it comes."""

    def attach(self, listener: LineListener) -> None:
        super().attach(listener)
        listener.held()


async def test_lines_that_come_on_hold_are_spoken_to_when_their_people_are_back() -> None:
    house = House()
    visitor = HeldLine(house.utterances)
    house.reception.arrived(EXTENSION, Role.VISITOR, visitor)
    await asyncio.sleep(30)
    assert visitor.played == b""
    assert house.view(visitor).on_hold == (Role.VISITOR,)
    visitor.unhold()
    await visitor.speaks(SENTENCE)
    await house.until(visitor, "ringing")
    resident = HeldLine(house.utterances, visitor.call_id)
    house.reception.arrived(EXTENSION, Role.RESIDENT, resident)
    await asyncio.sleep(100)
    assert resident.played == b""
    assert house.state(visitor) == "asking"
    resident.unhold()
    await resident.speaks("sim")
    await house.over()
    assert house.visits.visits[0].decided_by == "sim"


async def test_a_hang_up_on_hold_ends_the_call() -> None:
    house = House()
    visitor, resident = await house.asking()
    visitor.hold()
    await asyncio.sleep(1)
    visitor.leave()
    await house.over()
    assert house.visits.visits[0].end == "visitor left"
    assert resident.hung_up
    assert house.view(visitor).on_hold == ()


async def test_both_hang_up_on_hold() -> None:
    house = House()
    visitor, resident = await house.asking()
    for line in (visitor, resident):
        line.hold()
    await asyncio.sleep(1)
    assert house.view(visitor).on_hold == (Role.VISITOR, Role.RESIDENT)
    resident.leave()
    await asyncio.sleep(1)
    assert house.view(visitor).on_hold == (Role.VISITOR,)
    assert not visitor.hung_up
    visitor.leave()
    await house.over(limit_s=5)
    assert house.visits.visits[0].end == "resident left"
    assert house.gate.orders == []


async def test_a_hang_up_from_outside_reaches_somebody_on_hold() -> None:
    house = House()
    visitor = await house.visitor()
    visitor.hold()
    await asyncio.sleep(1)
    house.reception.hang_up(visitor.call_id, Role.VISITOR)
    await house.over(limit_s=5)
    assert visitor.hung_up


@pytest.mark.parametrize("closes", [True, False])
async def test_who_never_comes_back_is_hung_up_at_the_calls_own_limit(closes: bool) -> None:
    house = House()
    began = asyncio.get_running_loop().time()
    visitor = await house.visitor()
    visitor.closes_when_hung_up = closes
    visitor.hold()
    await asyncio.sleep(287)
    assert house.state(visitor) == "collecting"
    await house.over(limit_s=14)
    assert visitor.hung_up
    assert visitor.aborted
    assert asyncio.get_running_loop().time() - began <= 300.5
    assert house.visits.visits[0].end == "time over"


async def test_who_comes_back_after_the_end_is_told_nothing_more() -> None:
    house = House()
    visitor = await house.visitor()
    visitor.closes_when_hung_up = False
    visitor.hold()
    await asyncio.sleep(289.7)
    visitor.unhold()
    assert not visitor.talking
    await house.over(limit_s=14)


async def test_a_line_that_is_refused_is_hung_up_on_hold_as_well() -> None:
    house = House(max_calls=1)
    first = await house.visitor()
    second = await house.visitor()
    second.hold()
    await asyncio.sleep(4)
    assert second.hung_up
    second.unhold()
    first.leave()
    await house.over()


# ----------------------------------------------------------------------- what is seen


async def test_a_call_shows_who_is_on_hold_and_only_as_long_as_they_are() -> None:
    house = House()
    visitor, resident = await house.asking()
    assert house.view(visitor).on_hold == ()
    async with watched(house) as changes:
        resident.hold()
        assert house.view(visitor).on_hold == (Role.RESIDENT,)
        await asyncio.sleep(3)
        resident.unhold()
        assert house.view(visitor).on_hold == ()
        await asyncio.sleep(0.1)
    held, resumed = (c for c in changes if c.kind in ("leg_held", "leg_resumed"))
    assert (held.kind, held.data["role"]) == ("leg_held", "resident")
    assert (resumed.kind, resumed.data["role"]) == ("leg_resumed", "resident")
    assert float(str(resumed.data["at_s"])) - float(str(held.data["at_s"])) == pytest.approx(3.0)
    visitor.leave()
    await house.over()
