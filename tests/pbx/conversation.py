"""A visit as a test plays it: people who answer what Porteiro asks, and what came of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from porteiro.phones.reactions import RECORD, Asked, Leave, Press, Reaction, Script, Speak
from tests.pbx.asterisk import Asterisk
from tests.pbx.manager import Manager
from tests.pbx.people import Person
from tests.pbx.porteiro_process import PorteiroProcess

PATIENCE_S = 90.0


@dataclass(slots=True)
class Changes:
    """What Porteiro's event stream has told, from when the test began to listen."""

    seen: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def read(self, content: aiohttp.StreamReader) -> None:
        """Keep each change of the stream `content`, for as long as Porteiro lives."""
        with suppress(aiohttp.ClientPayloadError):
            async for line in content:
                if not line.startswith(b"data: "):
                    continue
                change = json.loads(line.removeprefix(b"data: "))
                self.seen.append((change["kind"], {**change["data"], "call_id": change["call_id"]}))
                async with self.news:
                    self.news.notify_all()

    async def wait(self, kind: str, **data: object) -> dict[str, object]:
        """Return the first change of that kind, past or to come, that holds `data`."""
        _, found = await self.next(0, lambda k, d: k == kind and data.items() <= d.items())
        return found

    async def next(
        self, since: int, wanted: Callable[[str, dict[str, object]], bool]
    ) -> tuple[int, dict[str, object]]:
        """Return the first wanted change from number `since` on, and its number."""
        try:
            async with asyncio.timeout(PATIENCE_S), self.news:
                while True:
                    for place in range(since, len(self.seen)):
                        if wanted(*self.seen[place]):
                            return place, self.seen[place][1]
                    since = len(self.seen)
                    await self.news.wait()
        except TimeoutError:
            kinds = [kind for kind, _ in self.seen]
            raise AssertionError(f"Porteiro never told it; it told {kinds}") from None


@dataclass(slots=True)
class Gate:
    """The building's relay: what it was told."""

    orders: list[dict[str, object]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        """Confirm an order."""
        self.orders.append(await request.json())
        return web.Response(status=204)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a visit is played."""

    asterisk: Asterisk
    manager: Manager
    porteiro: PorteiroProcess
    changes: Changes
    gate: Gate
    group: asyncio.TaskGroup
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def act(self, person: Person, role: str, script: Script) -> None:
        """Let a person answer, from now on, what Porteiro asks of that role."""
        self.tasks.append(self.group.create_task(self._answer(person, role, script)))

    async def record(self) -> dict[str, object]:
        """Wait until the call has ended and its visit is on disk; return the record."""
        ended = await self.changes.wait("ended")
        async with asyncio.timeout(10):
            # A file tells nobody that it was written.
            while (visit := self.porteiro.visit(str(ended["call_id"]))) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return visit

    async def _answer(self, person: Person, role: str, script: Script) -> None:
        times: dict[str, int] = {}
        prompt: list[str] = []
        place, since = -1, 0
        while True:
            place, change = await self.changes.next(
                place + 1,
                lambda kind, data: (
                    data.get("role") == role and kind in {"say", "listen", "leg_left"}
                ),
            )
            kind = self.changes.seen[place][0]
            if kind == "leg_left":
                return
            if kind == "say":
                since = len(self.manager.seen)
                prompt.append(str(change["text"]))
            question = RECORD if str(change.get("key", "")).startswith(RECORD) else ""
            question = question or str(change.get("question", ""))
            if not question:
                continue
            times[question] = times.get(question, 0) + 1
            reaction = script.react(Asked(question, " ".join(prompt), times[question]))
            prompt.clear()
            await _do(person, reaction, since)


async def _do(person: Person, reaction: Reaction, since: int) -> None:
    """Speak when Porteiro has finished, as polite people do; press keys and leave at once."""
    match reaction:
        case Speak(text):
            await person.hears_the_end(since)
            await person.say(text)
        case Press(keys):
            await person.press(keys)
        case Leave():
            await person.hang_up()


@asynccontextmanager
async def stage(
    asterisk: Asterisk, manager: Manager, porteiro: PorteiroProcess
) -> AsyncIterator[Stage]:
    """Listen to Porteiro's events and stand by its gate while the block lasts."""
    changes, gate = Changes(), Gate()
    app = web.Application()
    app.router.add_post("/gate", gate.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", porteiro.gate_port).start()
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(
                f"http://127.0.0.1:{porteiro.api_port}/api/events",
                timeout=aiohttp.ClientTimeout(total=None),
            ) as stream,
            asyncio.TaskGroup() as group,
        ):
            reading = group.create_task(changes.read(stream.content))
            ready = Stage(asterisk, manager, porteiro, changes, gate, group, [reading])
            yield ready
            for task in ready.tasks:
                task.cancel()
    finally:
        await runner.cleanup()
