"""The demo itself: the real server in this process, people on phones, one or more visits."""

import asyncio
import random
from collections.abc import AsyncIterable
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import UUID

from rich.console import Console

from porteiro.calls.board import Change
from porteiro.demo.building import NAME, DemoOptions, furnish, settings, visitor
from porteiro.demo.pbx import Gate, People, gate
from porteiro.demo.screen import Screen
from porteiro.demo.sound import stereo, write_wav
from porteiro.demo.story import PhoneTrace, Story
from porteiro.demo.timeline import timeline
from porteiro.demo.verdict import checks
from porteiro.dialogue.terms import Role
from porteiro.logs import LogOptions, logging_to
from porteiro.phones.person import Part, Person, Temper
from porteiro.phones.resident import ResidentOptions
from porteiro.phones.telephone import Telephone
from porteiro.phones.voice import MAN
from porteiro.storage.visits.sqlite import export

_LIMIT_S: Final = 180.0
_BETWEEN_VISITS_S: Final = 0.7
_HASTE: Final = Temper(quickest_s=0.5, slowest_s=0.55, listens_s=0.8, between_keys_s=0.1)


async def show(options: DemoOptions, console: Console) -> bool:
    """Show the visits, and return whether every one ended as it should.

    The log, the sound, the picture and the record of each visit stay in `options.out`.

    Raises:
        PorteiroError: If the server cannot start or a voice is missing.
        OSError: If the folder cannot be written.
    """
    screen = Screen(console, several=options.visits > 1)
    options.out.mkdir(parents=True, exist_ok=True)
    log = options.out / "porteiro.log"
    with (
        TemporaryDirectory(prefix="porteiro-") as folder,
        log.open("w", encoding="utf-8") as stream,
        logging_to(stream, LogOptions(personal=True)),
    ):
        furnish(Path(folder))
        stories = await _Stage(options, screen).play(Path(folder))
        record = export(Path(folder) / "visits.sqlite3", options.out / "visits.jsonl")
    screen.tell("drawing the timeline …")
    ended = [await asyncio.to_thread(_leave_behind, story, options) for story in stories]
    for story, files in zip(stories, ended, strict=True):
        screen.summary(story, checks(story, options.resident), files)
    screen.tell(f"record {record} · log {log}")
    if find_spec("matplotlib") is None:
        screen.tell("no picture: it needs matplotlib (pip install 'porteiro[demo]')")
    return all(check.right for story in stories for check in checks(story, options.resident))


class _Stage:
    """The server and the people, while the visits last."""

    def __init__(self, options: DemoOptions, screen: Screen) -> None:
        self._options = options
        self._screen = screen
        self._chance = random.Random(options.seed)  # noqa: S311  reaction times, no secret
        self._temper = _HASTE if options.fast else Temper()
        self._stories: dict[str, Story] = {}
        self._residents: dict[str, Telephone] = {}

    async def play(self, folder: Path) -> list[Story]:
        """Run the server with data in `folder` and every visit on it; return their stories."""
        options = self._options
        rings_s = 0.5 if options.fast else 1.2
        residents = ResidentOptions(
            options.resident, rings_s, temper=self._temper, seed=options.seed
        )
        people = People(residents, self._picked_up)
        self._screen.tell("starting Porteiro: speech, phrases, listening ports …")
        async with gate(options.pbx, settings(folder, options), people) as intercom:
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


def _leave_behind(story: Story, options: DemoOptions) -> list[Path]:
    """Write a visit's sound and its picture; return the files."""
    name = "visit" if options.visits == 1 else f"visit-{story.number + 1}"
    files = [options.out / f"{name}.wav"]
    write_wav(files[0], stereo(story))
    if find_spec("matplotlib") is not None:
        from porteiro.demo.drawing import draw  # noqa: PLC0415  matplotlib is an extra, and slow to load

        files.append(options.out / f"{name}.png")
        decision = story.last("ended", "decision").replace("_", " ") or "not ended"
        subtitle = f"{NAME} · call {story.call_id} · the resident {options.resident}"
        draw(timeline(story), f"A visit at the gate: {decision}", subtitle, files[-1])
    return files
