"""An hour's worth of visits, one crowd after another: nothing grows."""

import asyncio
import gc
import sys
import tracemalloc

import pytest

from porteiro.calls.call import Call
from porteiro.calls.hearing import HeardTurn
from porteiro.calls.leg import Leg
from porteiro.calls.listening import TurnTaker
from porteiro.calls.reception import ReceptionOptions
from porteiro.calls.talking import Talker
from porteiro.dialogue.events import RingResult
from tests.town import PLACES, Person, Town
from tests.visits_at_once import NAMES, Act, Plan, hold_visit

pytestmark = pytest.mark.virtual_time

CROWD = 20
WARM_UP, MEASURED, TRACED = 12, 14, 4
"""Crowds; together they are 600 visits."""
KEPT = 40
"""Ended calls that can still be looked at."""

VISITORS = (
    (Act("say", "entrega pro 501"), Act("say", "{resident}"), Act("say", "{me}")),
    (Act("keys", "501#", at_once=True), Act("keys", "#")),
    (Act("keys", "501#"), Act("say", "aqui é o {me}")),
    (Act("keys", "502#", at_once=True), Act("keys", "*"), Act("keys", "#")),
)
RESIDENTS = (
    (Act("keys", "1"),),
    (Act("say", "sim"),),
    (Act("keys", "2", at_once=True),),
    (Act("say", "não"),),
    (Act("hold", seconds=2.0), Act("keys", "1")),
    (),
)


def planned(number: int) -> Plan:
    """Plan one visit of a crowd; the crowds differ, and each way of it comes many times."""
    visitor = VISITORS[number % len(VISITORS)]
    place = number % len(PLACES)
    resident = PLACES[place].guide.residents("501")[0]
    words = {"me": NAMES[number % len(NAMES)], "resident": resident}
    busy = [RingResult.BUSY] if number % 7 == 0 else []
    return Plan(
        place=place,
        apartment="501",
        comes_at=number % CROWD * 0.7,
        visitor=tuple(
            Act(act.what, act.text.format(**words), act.seconds, act.at_once) for act in visitor
        ),
        visitor_leaves=9.0 if number % 11 == 0 else None,
        rings=(*busy, RingResult.ACCEPTED),
        answers_after=1.0,
        resident=RESIDENTS[number % len(RESIDENTS)],
        resident_leaves=8.0,
        intrusion="none",
        intrudes_at=0.0,
    )


async def crowd(town: Town, number: int) -> None:
    """Let one crowd of visitors come, all at once, and forget them."""
    async with asyncio.TaskGroup() as group:
        for each in range(number * CROWD, (number + 1) * CROWD):
            group.create_task(hold_visit(town, planned(each), NAMES[each % len(NAMES)]))
    await town.over()
    await asyncio.sleep(5)
    assert len(town.visits.visits) == CROWD
    assert town.left_over() == []
    town.forget()


def kept_of(kind: type) -> int:
    return sum(isinstance(each, kind) for each in gc.get_objects())


async def test_the_memory_of_an_ended_call_waits_for_no_collection() -> None:
    """One of what many calls left behind would hold all the others up."""
    town = Town()
    await crowd(town, 0)
    gc.collect()
    gc.disable()
    try:
        await crowd(town, 1)
        left = {kind.__name__: kept_of(kind) for kind in (Call, Leg, Talker, TurnTaker, HeardTurn)}
    finally:
        gc.enable()
    assert not any(left.values()), left


async def test_nothing_grows_over_an_hour_of_visits() -> None:
    town = Town(limits=ReceptionOptions(kept=KEPT))
    for number in range(WARM_UP):
        await crowd(town, number)
    gc.collect()
    blocks = sys.getallocatedblocks()
    for number in range(WARM_UP, WARM_UP + MEASURED):
        await crowd(town, number)
    gc.collect()
    grown = sys.getallocatedblocks() - blocks
    assert grown / (MEASURED * CROWD) < 20, f"{grown} objects are left of {MEASURED * CROWD} visits"
    tracemalloc.start()
    for number in range(WARM_UP + MEASURED, WARM_UP + MEASURED + TRACED):
        await crowd(town, number)
    gc.collect()
    traced, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The calls that can be looked at are younger now; all else is the interpreter's.
    assert traced < KEPT * 30_000, f"{traced} bytes are left of {TRACED * CROWD} visits"
    assert kept_of(Call) == 0
    assert kept_of(Person) == 0
