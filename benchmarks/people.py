"""Visitors and residents as phones, and the building that rings the residents: whole visits."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final, cast
from uuid import uuid4

from aiohttp import web

from porteiro.wire.audiosocket import (
    Audio,
    AudioSocketParser,
    HangUp,
    audio_message,
    call_id_message,
    dtmf_message,
)

RATE: Final = 8000
FRAME_S: Final = 0.02
_SILENCE: Final = bytes(320)
_SILENT_MESSAGE: Final = audio_message(RATE, _SILENCE)
_PHRASE_OVER_FRAMES: Final = 75
"""A second and a half: between a greeting and the question after it there may be one."""
_SLOTS: Final = 20
_LISTENS_FRAMES: Final = 100
"""What a resident hears of who is there before pressing the key."""


@dataclass(slots=True)
class Visited:
    """What came of one visit; moments on the monotonic clock, 0 for what never came."""

    step: int
    began: float
    first_word: float = 0.0
    spoke: float = 0.0
    answered: float = 0.0
    rung: float = 0.0
    pressed: float = 0.0
    opened: float = 0.0
    ended: float = 0.0


class Phone(asyncio.Protocol):
    """A person on the phone: hears when a phrase begins and is over, speaks and presses keys."""

    def __init__(self, call_id: str) -> None:
        """Be on the leg of a call."""
        self._call_id = call_id
        self._parser = AudioSocketParser(from_pbx=False)
        self._transport: asyncio.Transport | None = None
        self._voice: list[bytes] = []
        self._silent = self._sounding = 0
        self.gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say which call this is."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(call_id_message(self._call_id))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's form
        """Be no more."""
        self.gone.set()

    def hang_up(self) -> None:
        """End the call as Asterisk does."""
        if self._transport is not None:
            self._transport.close()

    def press(self, keys: str) -> None:
        """Press keys, one after the other."""
        if self._transport is not None:
            self._transport.write(b"".join(dtmf_message(key) for key in keys))

    def send(self) -> None:
        """Send the next 20 ms."""
        if self._transport is None or self.gone.is_set():
            return
        self._transport.write(self._voice.pop(0) if self._voice else _SILENT_MESSAGE)

    def data_received(self, data: bytes) -> None:
        """Take what Porteiro sends."""
        payload = self._parser.more_of_the_same(data)
        if payload is not None:
            self._hear(payload)
            return
        for message in self._parser.receive(data):
            if isinstance(message, Audio):
                self._hear(message.payload)
            elif isinstance(message, HangUp):
                self.hang_up()

    def _hear(self, pcm: bytes) -> None:
        if pcm == _SILENCE:
            self._silent += 1
            if self._sounding and self._silent == _PHRASE_OVER_FRAMES:
                self._sounding = 0
                self.phrase_over()
            return
        self._silent = 0
        self._sounding += 1
        self.sound(self._sounding)

    def sound(self, frames: int) -> None:
        """Hear one more frame of a phrase, of which there were so many."""

    def phrase_over(self) -> None:
        """Notice that Porteiro waits."""


class Visitor(Phone):
    """Hears the greeting, says a sentence, and keys in the apartment where it must."""

    def __init__(self, call_id: str, visited: Visited, said: list[bytes], keys: str) -> None:
        """Say the messages of `said`; `keys` are pressed once that is answered."""
        super().__init__(call_id)
        self._visited = visited
        self._said = said
        self._keys = keys

    def sound(self, frames: int) -> None:
        """Note the first word, and the answer; after it, press the keys."""
        del frames
        now = time.monotonic()
        self._visited.first_word = self._visited.first_word or now
        if self._visited.spoke and not self._voice and not self._visited.answered:
            self._visited.answered = now
            self.press(self._keys)

    def send(self) -> None:
        """Note when the last of the sentence is sent."""
        speaking = bool(self._voice)
        super().send()
        if speaking and not self._voice:
            self._visited.spoke = time.monotonic()

    def phrase_over(self) -> None:
        """Say the sentence, once."""
        self._voice, self._said = self._said, []


class Resident(Phone):
    """Listens for two seconds, and presses the key that opens."""

    def __init__(self, call_id: str, visited: Visited) -> None:
        """Be rung for a visit."""
        super().__init__(call_id)
        self._visited = visited

    def sound(self, frames: int) -> None:
        """Press the key once enough was heard."""
        if frames == _LISTENS_FRAMES and not self._visited.pressed:
            self._visited.pressed = time.monotonic()
            self.press("1")


@dataclass
class Town:
    """Everybody on the phone, and the program that rings residents and opens gates."""

    said: list[list[bytes]]
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    lanes: list[set[Phone]] = field(default_factory=lambda: [set() for _ in range(_SLOTS)])
    """Who sends in which part of the 20 ms."""
    visits: dict[str, Visited] = field(default_factory=dict)
    late_ms: list[float] = field(default_factory=list)
    url: str = ""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def comes(self, port: int, step: int, keys: str) -> None:
        """Have one more visitor call the port of an extension."""
        call_id = str(uuid4())
        visited = self.visits[call_id] = Visited(step, time.monotonic())
        visitor = Visitor(call_id, visited, [*self.chance.choice(self.said)], keys)
        self._start(self._on_the_phone(visitor, port, visited))

    async def all_gone(self, limit_s: float) -> None:
        """Wait until nobody is on the phone, so long at most; then hang up on everybody."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while self._tasks:
                    await asyncio.wait(self._tasks)
        for phone in set[Phone]().union(*self.lanes):
            phone.hang_up()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def talk(self) -> None:
        """Send everybody's frames, spread evenly over the 20 ms, until cancelled."""
        slot, start = 0, time.monotonic()
        while True:
            due = start + slot * FRAME_S / _SLOTS
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self.late_ms.append(1000 * (time.monotonic() - due))
            for phone in tuple(self.lanes[slot % _SLOTS]):
                phone.send()
            slot += 1

    async def _on_the_phone(self, phone: Phone, port: int, visited: Visited | None) -> None:
        connect: Callable[[], asyncio.Protocol] = partial(_itself, phone)
        with suppress(OSError):
            await asyncio.get_running_loop().create_connection(connect, "127.0.0.1", port)
            lane = min(self.lanes, key=len)
            lane.add(phone)
            await phone.gone.wait()
            lane.discard(phone)
        if visited is not None:
            visited.ended = time.monotonic()

    async def ring(self, request: web.Request) -> web.Response:
        """Have a resident pick up at once."""
        asked: Mapping[str, str] = await request.json()
        visited = self.visits.get(asked["call_id"])
        if visited is not None:
            visited.rung = time.monotonic()
            resident = Resident(asked["call_id"], visited)
            self._start(self._on_the_phone(resident, int(asked["port"]), None))
        return web.Response()

    async def gate(self, request: web.Request) -> web.Response:
        """Open, or not."""
        order: Mapping[str, str] = await request.json()
        visited = self.visits.get(order["call_id"])
        if visited is not None and order["action"] == "authorize":
            visited.opened = visited.opened or time.monotonic()
        return web.Response()

    def _start(self, doing: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _itself(phone: Phone) -> Phone:
    return phone


@asynccontextmanager
async def town(said: list[list[bytes]]) -> AsyncIterator[Town]:
    """Run the building's program on loopback, and everybody's frames, while the block lasts."""
    made = Town(said)
    app = web.Application()
    app.router.add_post("/ring", made.ring)
    app.router.add_post("/gate", made.gate)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    talking = asyncio.create_task(made.talk())
    try:
        yield made
    finally:
        talking.cancel()
        await runner.cleanup()
