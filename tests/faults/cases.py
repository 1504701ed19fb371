"""Every fault at every step of a visit: played, and written down as a table.

python -m tests.faults.cases > docs/faults.md
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import groupby
from pathlib import Path

from structlog.testing import capture_logs

from porteiro.calls.visit import Visit
from porteiro.dialogue.terms import Role
from tests.faults import real_page
from tests.faults.world import EXTENSION, VISITOR, FaultyWorld, Phone, answer
from tests.virtual_time import VirtualTimeLoop

STEPS = (
    *("greeting", "collecting", "confirming_apartment", "recording", "ringing"),
    *("asking", "confirming_yes", "closing", "hanging_up"),
)


HEAD = """# What people hear when something breaks

Each fault happens at each step of a visit and stays until its end. A yes is confirmed, as
with the embedded recognizer, and every question is answered as somebody would who means
well. What is not in the table cannot happen: no resident's line breaks before there is one.
Whatever broke, the call was over within its limit with nothing left of it, nobody who had
spoken heard silence for more than two seconds, and the visit was recorded: in the database,
or on disk or in memory until that is back. With every voice hanging a resident hears the
first words of the announcement, "um momento" where they break off, and then the apology.

Made by `python -m tests.faults.cases`; the tests compare it with what happens.

| fault | at the step | the visitor heard last | the resident heard last | end |
| --- | --- | --- | --- | --- |"""


def _breaks(*things: str) -> Callable[[FaultyWorld], None]:
    return lambda world: world.broken.things.update(things)


def _stall(phone: Phone | None) -> None:
    if phone is not None:
        phone.stalled = True


def _reset(phone: Phone | None) -> None:
    if phone is not None:
        phone.leave("reset")


def _full(world: FaultyWorld) -> None:
    """Have no file made where visits are written: what stands there is no folder."""
    world.visits._options.folder.parent.joinpath("visits").write_text("full")


def _jump(hours: int) -> Callable[[FaultyWorld], None]:
    return lambda world: setattr(world.clock, "ahead", timedelta(hours=hours))


FAULTS: dict[str, Callable[[FaultyWorld], None]] = {
    "nothing": lambda _: None,
    "visitor's socket is reset": lambda world: _reset(world.visitor),
    "resident's socket is reset": lambda world: _reset(world.resident),
    "visitor's PBX reads nothing more": lambda world: _stall(world.visitor),
    "resident's PBX reads nothing more": lambda world: _stall(world.resident),
    "transcriber hangs": _breaks("transcriber hangs"),
    "transcriber fails": _breaks("transcriber fails"),
    "transcriber returns rubbish": _breaks("rubbish"),
    "recognition worker dies of every turn": _breaks("worker dies"),
    "first voice hangs": _breaks("first voice hangs"),
    "first voice fails": _breaks("first voice fails"),
    "every voice hangs": _breaks("first voice hangs", "last voice hangs"),
    "every voice fails": _breaks("first voice fails", "last voice fails"),
    "understanding hangs": _breaks("understanding hangs"),
    "understanding fails": _breaks("understanding fails"),
    "dialer is down": _breaks("dialer fails"),
    "dialer hangs": _breaks("dialer hangs"),
    "gate is down": _breaks("gate fails"),
    "gate hangs": _breaks("gate hangs"),
    "disk is full": _full,
    "database is gone": _breaks("database fails"),
    "database hangs": _breaks("database hangs"),
    "clock jumps an hour ahead": _jump(1),
    "clock jumps an hour back": _jump(-1),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a visit. `gap_s` is the longest silence after somebody's words."""

    fault: str
    step: str
    reached: bool
    visitor: str
    resident: str
    end: str
    lasted_s: float
    gap_s: float
    opened_unasked: bool
    orders: int
    kept: int
    left_over: int

    @property
    def row(self) -> tuple[str, ...]:
        return (self.fault, self.visitor, self.resident, self.end)


async def _play(fault: str, step: str, folder: Path) -> Outcome:
    world = FaultyWorld(folder)
    visitor = world.visitor
    async with world.visits:
        world.reception.arrived(EXTENSION, Role.VISITOR, visitor)
        words = VISITOR | ({"greeting": "keys 501#"} if step == "recording" else {})
        person = asyncio.create_task(answer(visitor, words))
        reached = await _break_at(world, fault, step)
        async with asyncio.timeout(330):
            while world.reception.living():  # noqa: ASYNC110  virtual time costs nothing
                await asyncio.sleep(0.1)
        await asyncio.sleep(3)
        for phone in (visitor, *([world.resident] if world.resident else [])):
            phone.leave("test")
        await asyncio.sleep(3)
        person.cancel()
        await asyncio.wait([person])
    view = world.reception.find(visitor.call_id)
    assert view is not None
    left = len(asyncio.all_tasks()) - 1
    kept = len(world.store.visits) + world.visits.waiting
    return _outcome(world, (fault, step, reached), view.visit, (kept, left))


async def _break_at(world: FaultyWorld, fault: str, step: str) -> bool:
    """Break it once the visit is at the step; tell whether it ever was."""
    if step == "greeting":
        await asyncio.sleep(0.2)
        FAULTS[fault](world)
        return not fault.startswith("resident's")
    while world.state in ("collecting", "waiting") and not world.visitor.heard:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    while world.state not in (step, "ended"):  # noqa: ASYNC110  virtual time costs nothing
        # Where nothing breaks, a hang-up is over in 5 ms.
        await asyncio.sleep(0.002 if world.state == "closing" else 0.02)
    there = world.resident is not None or not fault.startswith("resident's")
    reached = world.state == step and there
    if reached:
        FAULTS[fault](world)
    return reached


def _outcome(
    world: FaultyWorld, what: tuple[str, str, bool], visit: Visit, after: tuple[int, int]
) -> Outcome:
    phones = [world.visitor, *([world.resident] if world.resident else [])]
    resident = world.resident
    yeses = [] if resident is None else [s.ended for s in resident.spoken if s.text == "sim"]
    first = world.orders[0][0] if world.orders else 0.0
    unasked = bool(world.orders) and sum(at <= first for at in yeses) < 2
    gate = f", gate {visit.gate}" if visit.gate else ""
    return Outcome(
        *what,
        visitor=_last_heard(world.visitor),
        resident=_last_heard(resident) if resident else "",
        end=":".join(visit.end.split(":")[:2]) + gate,
        lasted_s=max(phone.left_at - phone.came_at for phone in phones),
        gap_s=max(map(_longest_gap, phones)),
        opened_unasked=unasked,
        orders=len({order for _, order in world.orders}),
        kept=after[0],
        left_over=after[1],
    )


def _last_heard(phone: Phone) -> str:
    """Return the last thing that was heard on a line."""
    if not phone.sounded:
        return "nothing"
    return real_page.shortened(phone.sounded[-1][2])


def _longest_gap(phone: Phone) -> float:
    """Return the longest silence after the line came, after words, or within a phrase.

    What nobody heard any more, since the line was gone or read nothing, does not count.
    """
    asked = [phone.came_at, *(each.ended for each in phone.spoken if not each.key)]
    gaps = [0.0]
    for at in asked:
        heard = [began for began, ended, _ in phone.sounded if ended > at]
        until = min([*(max(at, began) for began in heard), phone.left_at])
        if not phone.stalled:
            gaps.append(until - at)
    return max(*gaps, phone.waited_s)


@cache
def play(fault: str, step: str) -> Outcome:
    """Play one visit on a clock of its own."""
    with (
        capture_logs(),
        tempfile.TemporaryDirectory() as folder,
        asyncio.Runner(loop_factory=VirtualTimeLoop) as runner,
    ):
        return runner.run(_play(fault, step, Path(folder)))


def rows(fault: str) -> list[str]:
    """Return what the page tells of one fault; steps with the same outcome share a line."""
    outcomes = [outcome for step in STEPS if (outcome := play(fault, step)).reached]
    lines = []
    for row, same in groupby(outcomes, key=lambda each: each.row):
        steps = ", ".join(each.step.replace("_", " ") for each in same)
        told, *heard = row
        lines.append("| " + " | ".join([told, steps, *heard]) + " |")
    return lines


def page() -> str:
    """Return the page that tells what people hear of every fault."""
    lines = [HEAD, *(line for fault in FAULTS for line in rows(fault))]
    return "\n".join([*lines, real_page.section()])


if __name__ == "__main__":
    sys.stdout.write(page())
