"""A world for calls on the virtual clock: lines, speech, dialers and gates as real, small classes.

What a person says travels as sound: each utterance is a burst of loud samples that carry
its number, so that a sentence which ends up in the wrong call is noticed.
"""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import numpy as np

from porteiro.audio.clip import Clip
from porteiro.calls.ports import (
    GateOrder,
    LineListener,
    PlayoutObserver,
    RingRequest,
    Transcript,
    TurnRequest,
)
from porteiro.calls.visit import Visit
from porteiro.dialogue.events import RingResult
from porteiro.dialogue.guide import Guide
from porteiro.dialogue.terms import Question, Understood
from porteiro.dialogue.understanding import understand
from porteiro.errors import DialerError, GateError, SpeechError

RATE = 8000
FRAME_S = 0.02
_LOUD = 8000


class Utterances:
    """What people say, numbered, so that it can travel as sound."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def frames(self, text: str, seconds: float = 0.6) -> list[bytes]:
        """Return `text` as frames of sound."""
        self._texts.append(text)
        value = _LOUD + len(self._texts)
        samples = np.full(int(RATE * FRAME_S), value, dtype="<i2")
        samples[1::2] *= -1
        return [samples.tobytes()] * int(seconds / FRAME_S)

    def text_of(self, pcm: bytes) -> str:
        """Return what was said in a stretch of sound; empty where it is no utterance."""
        loudest = int(np.abs(np.frombuffer(pcm, "<i2")).max(initial=0))
        number = loudest - _LOUD
        return self._texts[number - 1] if 0 < number <= len(self._texts) else ""


class FakeLine:
    """A line whose far end is the test: it plays in virtual time and hears what is spoken."""

    def __init__(self, utterances: Utterances, call_id: str | None = None) -> None:
        """Connect, with a fresh call id unless one is given."""
        self.call_id = call_id or str(uuid4())
        self.peer = "127.0.0.1:5038"
        self.sample_rate = RATE
        self.played = bytearray()
        self.hung_up = False
        self.aborted = False
        self.closes_when_hung_up = True
        self.listener: LineListener | None = None
        self._utterances = utterances
        self._clip: Clip | None = None
        self._ended: PlayoutObserver | None = None
        self._started = 0.0
        self._gone = False

    def attach(self, listener: LineListener) -> None:
        self.listener = listener

    @property
    def played_s(self) -> float:
        if self._clip is None:
            return 0.0
        elapsed = asyncio.get_running_loop().time() - self._started
        return min(elapsed, self._clip.seconds)

    def play(self, clip: Clip, ended: PlayoutObserver) -> None:
        self.stop()
        self._clip, self._ended = clip, ended
        self._started = asyncio.get_running_loop().time()
        self._tick(clip)

    def _tick(self, clip: Clip) -> None:
        if clip is not self._clip:
            return
        loop = asyncio.get_running_loop()
        if clip.complete and loop.time() >= self._started + clip.seconds:
            self.played += clip.pcm
            ended, self._clip, self._ended = self._ended, None, None
            if ended is not None:
                ended(clip.seconds, finished=True)
            return
        loop.call_later(FRAME_S, self._tick, clip)

    def stop(self) -> None:
        played_s = self.played_s
        ended, self._clip, self._ended = self._ended, None, None
        if ended is not None:
            ended(played_s, finished=False)

    def hang_up(self) -> None:
        if not self.hung_up:
            self.hung_up = True
            if self.closes_when_hung_up:
                asyncio.get_running_loop().call_later(0.005, self.leave, "local")

    def abort(self) -> None:
        self.aborted = True
        self.leave("local")

    # The far end.

    def leave(self, cause: str = "eof") -> None:
        """The person, or the PBX, ends the line."""
        if not self._gone:
            self._gone = True
            self.stop()
            if self.listener is not None:
                self.listener.closed(cause)

    @property
    def talking(self) -> bool:
        return self._clip is not None

    @property
    def clip(self) -> Clip | None:
        """What plays now."""
        return self._clip

    async def hears_out(self) -> None:
        """Wait until Porteiro has had its say, and a little longer."""
        await asyncio.sleep(FRAME_S)
        while self._clip is not None:  # noqa: ASYNC110  virtual time costs nothing
            await asyncio.sleep(FRAME_S)
        await asyncio.sleep(1.1)

    async def speaks(self, text: str) -> None:
        """Say something once Porteiro is silent, and fall silent."""
        await self.hears_out()
        await self.sounds([*self._utterances.frames(text), *[bytes(320)] * 60])

    async def sounds(self, frames: list[bytes]) -> None:
        """Bring frames of sound, each in its time."""
        for frame in frames:
            if self.listener is not None and not self._gone:
                self.listener.audio(frame)
            await asyncio.sleep(FRAME_S)

    def keys(self, keys: str) -> None:
        for key in keys:
            if self.listener is not None:
                self.listener.key(key)

    def hold(self) -> None:
        """Have the PBX put the person on hold."""
        if self.listener is not None:
            self.listener.held()

    def unhold(self) -> None:
        """Have the PBX fetch the person back."""
        if self.listener is not None:
            self.listener.resumed()


class FakeVoices:
    """Every phrase is there at once, half a second long; `texts` keeps what was asked for."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.broken = False

    def cached(self, text: str, voice: str, sample_rate: int) -> bytes | None:
        self.texts.append(text)
        return None if self.broken else bytes(sample_rate)

    async def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        if self.broken:
            raise SpeechError("no voice today")
        yield bytes(sample_rate)


class FakeTranscription:
    def __init__(self, utterances: Utterances, owner: "FakeTranscriber") -> None:
        self._pcm = bytearray()
        self._utterances = utterances
        self._owner = owner

    def feed(self, pcm: bytes) -> None:
        self._pcm += pcm

    async def finish(self) -> Transcript:
        if self._owner.fails:
            raise SpeechError("no ears today")
        if self._owner.hangs:
            await asyncio.Event().wait()
        return Transcript(self._utterances.text_of(bytes(self._pcm)), 0.9, sure=self._owner.sure)

    def cancel(self) -> None:
        self._owner.cancelled += 1


class FakeTranscriber:
    """Hears every utterance as it was said."""

    closed_grammar = False

    def __init__(self, utterances: Utterances) -> None:
        self._utterances = utterances
        self.sure = True
        self.fails = False
        self.hangs = False
        self.cancelled = 0

    def open(self, request: TurnRequest) -> FakeTranscription:
        return FakeTranscription(self._utterances, self)


class Rules:
    """Understanding by the real rules."""

    async def understand(
        self, call_id: str, said: str, asked: Question | None, guide: Guide
    ) -> Understood:
        return understand(said, asked, guide.residents(), guide.apartments())


class FakeDialer:
    """Keeps what it was asked to ring; `result` None rings until it is cancelled."""

    def __init__(self) -> None:
        self.requests: list[RingRequest] = []
        self.stopped = 0
        self.result: RingResult | None = RingResult.ACCEPTED
        self.fails = False

    async def ring(self, request: RingRequest) -> RingResult:
        self.requests.append(request)
        if self.fails:
            raise DialerError("the PBX is away")
        if self.result is not None:
            return self.result
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped += 1
        raise AssertionError("rings until it is cancelled")


class FakeGate:
    """Keeps its orders; fails the first `failures` times."""

    def __init__(self) -> None:
        self.orders: list[GateOrder] = []
        self.tries = 0
        self.failures = 0

    async def announce(self, order: GateOrder) -> None:
        self.tries += 1
        if self.tries <= self.failures:
            raise GateError("the relay answered 500")
        self.orders.append(order)


class FakeVisits:
    def __init__(self) -> None:
        self.visits: list[Visit] = []

    async def record(self, visit: Visit) -> None:
        self.visits.append(visit)
