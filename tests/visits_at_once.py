"""Visits made up beforehand, and people who live them out in a town, all at once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from porteiro.calls.ports import RingRequest
from porteiro.dialogue.events import RingResult
from porteiro.dialogue.terms import Role
from tests.town import EXTENSIONS, PLACES, Person, Town

What = Literal["say", "keys", "pause", "hold"]
Intrusion = Literal["none", "takes over", "wrong door", "second resident", "a stranger"]

NAMES = ("Pedro", "Paulo", "Tiago", "Marcos", "Rafael", "Bruno", "Felipe", "Diego")
"""Visitors: no two of one town have the same name, and none is a resident's."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody does: at once, or when Porteiro has had its say.

    Who is on hold says `text` meanwhile. `lost` is the share of frames that the line loses.
    """

    what: What
    text: str = ""
    seconds: float = 0.0
    at_once: bool = False
    lost: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What everybody will do in one visit. Times are in seconds."""

    place: int
    apartment: str
    comes_at: float
    visitor: tuple[Act, ...]
    visitor_leaves: float | None
    rings: tuple[RingResult, ...]
    answers_after: float
    resident: tuple[Act, ...]
    resident_leaves: float | None
    intrusion: Intrusion
    intrudes_at: float


@dataclass
class Lived:
    """One visit as it was lived."""

    plan: Plan
    name: str
    visitor: Person
    resident: Person | None = None
    strangers: list[Person] = field(default_factory=list)

    @property
    def call_id(self) -> str:
        return self.visitor.call_id

    @property
    def own(self) -> list[Person]:
        """The two people of the call."""
        return [self.visitor, self.resident] if self.resident else [self.visitor]


async def live(town: Town, person: Person, acts: Sequence[Act], leaves: float | None) -> None:
    """Do one thing after another, until the line is gone."""
    if leaves is not None:
        loop = asyncio.get_running_loop()
        person.leaving = loop.call_later(leaves, person.leave, "hung up")
    await asyncio.sleep(0.05)
    for act in acts:
        if not act.at_once:
            await person.hears_out()
        if person.gone:
            return
        match act.what:
            case "say":
                await person.says(act.text, act.lost, town.chance)
            case "keys":
                person.press(act.text)
            case "pause":
                await asyncio.sleep(act.seconds)
            case "hold":
                await person.is_held(act.seconds, act.text)


async def hold_visit(town: Town, plan: Plan, name: str) -> Lived:
    """Live one visit out."""
    await asyncio.sleep(plan.comes_at)
    extension = EXTENSIONS[plan.place]
    visit = Lived(plan, name, town.comes(extension, Role.VISITOR))
    attempts = iter(plan.rings)
    async with asyncio.TaskGroup() as group:

        async def pick_up() -> None:
            await asyncio.sleep(plan.answers_after)
            resident = town.comes(extension, Role.RESIDENT, visit.call_id)
            visit.resident = visit.resident or resident
            if visit.resident is resident:
                await live(town, resident, plan.resident, plan.resident_leaves)

        async def phone(_: RingRequest) -> RingResult:
            result = next(attempts, RingResult.NO_ANSWER)
            await asyncio.sleep(0.3)
            if result in (RingResult.ANSWERED, RingResult.ACCEPTED):
                group.create_task(pick_up())
            return result

        town.dialer.phones[visit.call_id] = phone
        group.create_task(intrude(town, visit))
        await live(town, visit.visitor, plan.visitor, plan.visitor_leaves)
        # Phones ring as long as the call is there.
        while town.reception.find(visit.call_id) is not None and not visit.visitor.gone:  # noqa: ASYNC110
            await asyncio.sleep(0.5)
        town.dialer.phones.pop(visit.call_id, None)
    return visit


async def intrude(town: Town, visit: Lived) -> None:
    """Let somebody who is not of this call come with its id, and say yes to everything."""
    if visit.plan.intrusion == "none":
        return
    await asyncio.sleep(visit.plan.intrudes_at)
    here, elsewhere = visit.plan.place, (visit.plan.place + 1) % len(PLACES)
    role, place, call_id = {
        "takes over": (Role.VISITOR, here, visit.call_id),
        "wrong door": (Role.RESIDENT, elsewhere, visit.call_id),
        "second resident": (Role.RESIDENT, here, visit.call_id),
        "a stranger": (Role.RESIDENT, here, None),
    }[visit.plan.intrusion]
    if visit.plan.intrusion == "second resident" and visit.resident is None:
        return  # that would be the first
    if visit.plan.intrusion == "takes over" and visit.visitor.gone:
        return  # nothing is left to take over
    stranger = town.comes(EXTENSIONS[place], role, call_id)
    visit.strangers.append(stranger)
    stranger.press("1")
    await stranger.says("sim, pode entrar")
    stranger.press("1")
