"""Visitors who talk: many phones in one process, each of which times what it is answered."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial
from typing import Final, cast
from uuid import uuid4

from porteiro.wire.audiosocket import (
    Audio,
    AudioSocketParser,
    HangUp,
    audio_message,
    call_id_message,
)
from tests.fixtures_path import fixtures
from tests.telephone_speech import utterances

RATE: Final = 8000
FRAME_S: Final = 0.02
FRAME_BYTES: Final = 320
_SILENCE: Final = bytes(FRAME_BYTES)
_SILENT_MESSAGE: Final = audio_message(RATE, _SILENCE)
_PHRASE_OVER_FRAMES: Final = 25
_SLOTS: Final = 20
_SHORTEST_S: Final = 0.3
_LONGEST_S: Final = 2.5


@dataclass(slots=True)
class Heard:
    """What all callers found out; times in ms.

    `greeting`: from the connection to the first sound. `answer`: from the last frame of
    speech sent to the first frame of the answer, the silence that is waited for included.
    `late`: how late the callers themselves were with their frames.
    """

    greeting: list[float] = field(default_factory=list)
    answer: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    cut_in: int = 0
    hung_up: list[float] = field(default_factory=list)
    stopped: list[float] = field(default_factory=list)
    """From the first frame of speech over a phrase to the last frame of that phrase."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How callers behave: how many call a second, and whether they interrupt."""

    a_second: float = 50.0
    interrupt: bool = False


class _Doing(Enum):
    WAITING = auto()
    LISTENING = auto()
    SPEAKING = auto()
    INTERRUPTING = auto()
    DONE_SPEAKING = auto()


def sentences(over_dbfs: float = -46.0) -> list[list[bytes]]:
    """Return recorded speech without noise as messages, cut where the speech begins and ends."""
    found = []
    for each in utterances(fixtures("speech")):
        if each.snr_db is not None or not each.said:
            continue
        begin_s, end_s = each.speech_s(over_dbfs)
        if not _SHORTEST_S <= end_s - begin_s <= _LONGEST_S:
            continue
        speech = each.pcm[2 * round(begin_s * RATE) : 2 * round(end_s * RATE)]
        # Whole frames that end with the speech: its end is when the last of them is sent.
        speech = bytes(-len(speech) % FRAME_BYTES) + speech
        cut = range(0, len(speech), FRAME_BYTES)
        found.append([audio_message(RATE, speech[at : at + FRAME_BYTES]) for at in cut])
    return found


class Caller(asyncio.Protocol):
    """One visitor: hears a phrase out, thinks for up to a second, answers, and so on."""

    def __init__(
        self,
        said: list[list[bytes]],
        heard: Heard,
        chance: random.Random,
        *,
        interrupts: bool = False,
    ) -> None:
        """Be a visitor who says any of `said`, or nothing if there is nothing.

        One who `interrupts` speaks into each phrase after 0.8 to 1.3 s of it.
        """
        self._interrupts = interrupts
        self._patience = 0
        self._last_sound = 0.0
        self._said = said
        self._heard = heard
        self._chance = chance
        self._parser = AudioSocketParser(from_pbx=False)
        self._now = time.monotonic  # uvloop's own clock counts whole milliseconds
        self._transport: asyncio.Transport | None = None
        self._doing = _Doing.WAITING
        self._since = self._began = 0.0
        self._silent_frames = 0
        self._voice: list[bytes] = []
        self.gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say which call this is."""
        self._transport = cast("asyncio.Transport", transport)
        self._since = self._now()
        self._transport.write(call_id_message(str(uuid4())))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's form
        """Be no more."""
        self.gone.set()

    def hang_up(self) -> None:
        """End the call as Asterisk does."""
        if self._transport is not None:
            self._transport.close()

    def send(self) -> None:
        """Send the next 20 ms."""
        if self._transport is None or self.gone.is_set():
            return
        if not self._voice:
            self._transport.write(_SILENT_MESSAGE)
            return
        self._transport.write(self._voice.pop(0))
        self._began = self._began or self._now()
        if self._voice:
            return
        if self._doing is _Doing.INTERRUPTING:
            self._heard.stopped.append(1000 * max(0.0, self._last_sound - self._began))
        if self._doing in (_Doing.SPEAKING, _Doing.INTERRUPTING):
            self._doing, self._since = _Doing.DONE_SPEAKING, self._now()

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
                self._heard.hung_up.append(1000 * (self._now() - self._since))
                self.hang_up()

    def _hear(self, pcm: bytes) -> None:
        if pcm == _SILENCE:
            self._silent_frames += 1
            if self._doing is _Doing.LISTENING and self._silent_frames == _PHRASE_OVER_FRAMES:
                self._answer()
            return
        self._silent_frames = 0
        self._last_sound = self._now()
        if self._doing is _Doing.INTERRUPTING:
            return
        if self._doing is _Doing.WAITING:
            self._heard.greeting.append(1000 * (self._now() - self._since))
        elif self._doing is _Doing.DONE_SPEAKING:
            self._heard.answer.append(1000 * (self._now() - self._since))
        elif self._doing is _Doing.SPEAKING:
            self._heard.cut_in += 1
            self._voice.clear()
        if self._doing is not _Doing.LISTENING:
            self._patience = self._chance.randrange(40, 65)
        self._doing = _Doing.LISTENING
        self._patience -= 1
        if self._interrupts and not self._patience:
            self._doing, self._voice = _Doing.INTERRUPTING, [*self._chance.choice(self._said)]
            self._began = 0.0

    def _answer(self) -> None:
        """Think for a moment, and speak."""
        if self._said:
            pause = [_SILENT_MESSAGE] * self._chance.randrange(50)
            self._doing = _Doing.SPEAKING
            self._voice = pause + self._chance.choice(self._said)


async def send_for_all(callers: list[Caller], heard: Heard) -> None:
    """Send every caller's frames, spread evenly over the 20 ms, until cancelled."""
    step = FRAME_S / _SLOTS
    slot, start = 0, time.monotonic()
    while True:
        due = start + slot * step
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        heard.late.append(1000 * (time.monotonic() - due))
        for caller in callers[slot % _SLOTS :: _SLOTS]:
            caller.send()
        slot += 1


def _itself(caller: Caller) -> Caller:
    return caller


async def call_in(
    port: int,
    calls: int,
    seconds: float,
    said: list[list[bytes]],
    manners: Manners = Manners(),
) -> Heard:
    """Have so many visitors call, one after another, and talk for `seconds` once all are there."""
    heard, chance = Heard(), random.Random(7)
    loop = asyncio.get_running_loop()
    callers: list[Caller] = []
    sending = loop.create_task(send_for_all(callers, heard))
    for _ in range(calls):
        caller = Caller(said, heard, chance, interrupts=manners.interrupt)
        await loop.create_connection(partial(_itself, caller), "127.0.0.1", port)
        callers.append(caller)
        await asyncio.sleep(1 / manners.a_second)
    await asyncio.sleep(seconds)
    sending.cancel()
    for caller in callers:
        caller.hang_up()
    async with asyncio.timeout(5):
        for caller in callers:
            await caller.gone.wait()
    return heard
