"""The stage of the demo: the real server in this process, and people on phones."""

import asyncio
import random
from collections.abc import AsyncIterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from porteiro.calls.board import Change
from porteiro.demo.building import DemoOptions, settings, visitor
from porteiro.demo.pbx import Gate, People, gate
from porteiro.demo.screen import Screen
from porteiro.demo.story import PhoneTrace, Story
from porteiro.dialogue.terms import Role
from porteiro.phones.person import Part, Person, Temper
from porteiro.phones.resident import ResidentOptions
from porteiro.phones.telephone import Telephone
from porteiro.phones.voice import MAN
from porteiro.settings import Settings

_LIMIT_S: Final = 180.0
_BETWEEN_VISITS_S: Final = 0.7
_HASTE: Final = Temper(quickest_s=0.5, slowest_s=0.55, listens_s=0.8, between_keys_s=0.1)


class Stage:
    """The server and the people, while the visits last."""

    def __init__(self, options: DemoOptions, screen: Screen) -> None:
        """Show `options` on `screen`."""
        self._options = options
        self._screen = screen
        self._chance = random.Random(options.seed)  # noqa: S311  reaction times, no secret
        self._temper = _HASTE if options.fast else Temper()
        self._stories: dict[str, Story] = {}
        self._residents: dict[str, Telephone] = {}

    async def play(self, folder: Path, served_with: Settings | None = None) -> list[Story]:
        """Run the server with data in `folder` and every visit on it; return their stories.

        It is served with the embedded defaults, or with what is given.
        """
        options = self._options
        rings_s = 0.5 if options.fast else 1.2
        residents = ResidentOptions(
            options.resident, rings_s, temper=self._temper, seed=options.seed
        )
        people = People(residents, self._picked_up)
        served = served_with or settings(folder, options)
        self._screen.tell("starting Porteiro: speech, phrases, listening ports …")
        async with gate(options.pbx, served, people) as intercom:
            self._screen.tell(intercom.described)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LIMIT_S), asyncio.TaskGroup() as visits:
                    for number in range(options.visits):
                        visits.create_task(self._visit(intercom, number))
        return list(self._stories.values())

    async def _visit(self, intercom: Gate, number: int) -> None:
        """One visitor: comes to the gate, talks, and stays until the call has ended."""
        options, news = self._options, intercom.porteiro.changes
        await asyncio.sleep(number * _BETWEEN_VISITS_S)
        call_id = str(UUID(int=self._chance.getrandbits(128), version=4))
        part = Part(Role.VISITOR, visitor(options, number), MAN, self._temper)
        story = Story(number, call_id, asyncio.get_running_loop().time())
        self._stories[call_id] = story
        chance = random.Random(self._chance.random())  # noqa: S311  the same, for one person
        with news.subscribe() as asked, news.subscribe() as told:
            async with intercom.call(call_id) as phone:
                phone.marked = partial(self._screen.mark, story, "visitor")
                try:
                    async with asyncio.TaskGroup() as life:
                        life.create_task(self._follow(story, told))
                        life.create_task(Person(part, phone, chance).live(asked))
                finally:
                    story.visitor = PhoneTrace.of(phone)
                    if call_id in self._residents:
                        story.resident = PhoneTrace.of(self._residents[call_id])

    async def _follow(self, story: Story, changes: AsyncIterable[Change]) -> None:
        """Keep and show what happens to one visit, until its call has ended."""
        loop = asyncio.get_running_loop()
        async for change in changes:
            if change.call_id == story.call_id:
                news = story.take(change, loop.time())
                self._screen.news(story, news)
                if change.kind == "ended":
                    return

    def _picked_up(self, phone: Telephone) -> None:
        """Keep a resident's phone, and show what is done with it."""
        self._residents[phone.call_id] = phone
        phone.marked = partial(self._screen.mark, self._stories[phone.call_id], "resident")
