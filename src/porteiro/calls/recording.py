"""Recording what a person says after the tone, for the other person to hear."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from porteiro.audio.endpointing import EndpointingOptions
from porteiro.audio.trimming import trim
from porteiro.calls.listening import TakenTurn, TurnTaker
from porteiro.calls.talking import Spawn
from porteiro.clock import Clock

SILENCE_S = 1.2
"""Somebody who says name and reason pauses longer than somebody who answers."""


class Take:
    """The sound of one recording, as it came."""

    def __init__(self) -> None:
        """Begin empty."""
        self.pcm = bytearray()

    def feed(self, pcm: bytes) -> None:
        """Add sound."""
        self.pcm += pcm

    def cancel(self) -> None:
        """Nothing runs on its behalf."""


class Recorder:
    """Records one turn of speech, until its silence or a limit; `kept` gets the sound.

    It is trimmed, and empty where nobody spoke.
    """

    def __init__(
        self, sample_rate: int, endpointing: EndpointingOptions, clock: Clock, spawn: Spawn
    ) -> None:
        """Record 16-bit mono sound at `sample_rate` Hz."""
        options = replace(endpointing, silence_s=max(SILENCE_S, endpointing.silence_s))
        self._sample_rate = sample_rate
        self._turns = TurnTaker[Take](sample_rate, options, clock, spawn)
        self._take: Take | None = None
        self._limit: asyncio.TimerHandle | None = None
        self._kept: Callable[[bytes], None] | None = None

    @property
    def recording(self) -> bool:
        """Whether a recording is under way."""
        return self._kept is not None

    def record(self, limit_s: float, said: bytes, kept: Callable[[bytes], None]) -> None:
        """Record from now on for at most `limit_s` seconds, then call `kept` once."""
        self.stop()
        self._kept = kept
        self._turns.take(self, said)
        self._limit = asyncio.get_running_loop().call_later(limit_s, self.finish)

    def audio(self, pcm: bytes) -> None:
        """Take sound of the line."""
        self._turns.audio(pcm)

    def stop(self) -> None:
        """Drop the recording under way, if any."""
        self._kept = self._take = None
        self._turns.stop()
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def finish(self) -> None:
        """End the recording now, with what was said so far."""
        kept, take = self._kept, self._take
        self.stop()
        if kept is not None:
            kept(trim(bytes(take.pcm), self._sample_rate) if take is not None else b"")

    # What the turn taker tells its observer.

    def open(self, expect: Callable[[float], None]) -> Take:  # noqa: ARG002  the observer's form
        """Keep what is said from now on."""
        self._take = Take()
        return self._take

    def started(self) -> None:
        """Somebody speaks: the limit stands as it is."""

    def dropped(self) -> None:
        """It was a noise: go on waiting."""
        self._take = None

    async def done(
        self,
        sink: Take,  # noqa: ARG002  the observer's form
        taken: TakenTurn,  # noqa: ARG002  the observer's form
    ) -> Callable[[], None]:
        """The person has said what they had to say."""
        return self.finish
