"""A turn on its way to a service that hears it while the person still speaks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from typing import ClassVar

from porteiro.audio.resampling import Resampler
from porteiro.calls.ports import Transcript
from porteiro.errors import SpeechError
from porteiro.speech.credible import credible

NOTHING = Transcript("", 0.0, sure=False)

_PACKET_S = 0.1
"""Sound that goes out at once: smaller packets cost a service more than they hasten its words."""
_LARGEST_PACKET_S = 1.0
_LONGEST_S = 60.0
"""What exceeds this is no answer to any question, and is not sent."""


class TurnSound:
    """The sound of one turn: taken without waiting, read in order at the rate of the service."""

    def __init__(self, from_rate: int, to_rate: int) -> None:
        """Take 16-bit mono at `from_rate` Hz, and give it at `to_rate`."""
        self._resampler = Resampler(from_rate, to_rate) if from_rate != to_rate else None
        self._packet = 2 * int(_PACKET_S * from_rate)
        self._largest = 2 * int(_LARGEST_PACKET_S * from_rate)
        self._room = 2 * int(_LONGEST_S * from_rate)
        self._waiting = bytearray()
        self._changed = asyncio.Event()
        self._over = False
        self.empty = True

    def feed(self, pcm: bytes) -> None:
        """Take the next sound; never blocks."""
        taken = pcm[: self._room]
        self._room -= len(taken)
        self._waiting += taken
        self.empty = self.empty and not taken
        if len(self._waiting) >= self._packet:
            self._changed.set()

    def end(self) -> None:
        """Say that no more comes."""
        self._over = True
        self._changed.set()

    async def packets(self) -> AsyncIterator[bytes]:
        """Yield the sound until it ends, in whole samples; some 100 ms at once."""
        while True:
            while len(self._waiting) < self._packet and not self._over:
                self._changed.clear()
                await self._changed.wait()
            packet = bytes(self._waiting[: min(self._largest, len(self._waiting) // 2 * 2)])
            if not packet:
                return
            del self._waiting[: len(packet)]
            yield self._resampler.convert(packet) if self._resampler else packet


Conversation = Callable[[TurnSound, Callable[[Transcript], None]], Coroutine[None, None, None]]
"""Speaks a service's protocol over one turn's sound: tells the transcript, then takes its leave.

Raises `SpeechError` when the service fails.
"""


class StreamedTurn:
    """One turn with a streaming service. Implements `porteiro.calls.ports.Transcription`.

    The conversation with the service begins at once, and goes on beside the call.
    """

    _alive: ClassVar[set[asyncio.Task[None]]] = set()
    """The event loop itself would let go of a task that only its own turn refers to."""

    def __init__(
        self, service: str, sound: TurnSound, conversation: Conversation, limit_s: float
    ) -> None:
        """Begin; `service` is its name in messages, `limit_s` its time after the turn's end."""
        self._service = service
        self._sound = sound
        self._limit_s = limit_s
        self._failure: SpeechError | None = None
        self._heard: asyncio.Future[Transcript] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(conversation(sound, self._tell))
        self._alive.add(self._task)
        self._task.add_done_callback(self._ended)

    def feed(self, pcm: bytes) -> None:
        """Take the next sound of the turn.

        Raises `SpeechError` once the service has failed: another need not wait for the end.
        """
        if self._failure is not None:
            raise self._failure
        self._sound.feed(pcm)

    async def finish(self) -> Transcript:
        """Say that the turn is over, and wait for its words.

        Raises `SpeechError` when the service failed, takes too long or heard more than can be
        said; cancelling drops the turn.
        """
        if self._sound.empty:
            self.cancel()
            return NOTHING
        self._sound.end()
        try:
            async with asyncio.timeout(self._limit_s):
                return self._believed(await self._heard)
        except TimeoutError as error:
            self.cancel()
            raise SpeechError(
                f"{self._service} gave no words within {self._limit_s:g} s of the turn's end: "
                "see that it runs and is not overloaded"
            ) from error
        except asyncio.CancelledError:
            self.cancel()
            raise

    def cancel(self) -> None:
        """Drop the turn. Idempotent."""
        self._task.cancel()
        self._tell(NOTHING)

    def _believed(self, transcript: Transcript) -> Transcript:
        words = credible(self._service, transcript.text)
        return replace(transcript, text=words) if words else NOTHING

    def _tell(self, transcript: Transcript) -> None:
        if not self._heard.done():
            self._heard.set_result(transcript)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._alive.discard(task)
        failure = None if task.cancelled() else task.exception()
        if not self._heard.done():
            failure = failure or SpeechError(f"{self._service} ended the turn without its words")
            self._heard.set_exception(failure)
            self._heard.exception()  # A turn that is dropped does not ask for it.
            self._failure = failure if isinstance(failure, SpeechError) else None
