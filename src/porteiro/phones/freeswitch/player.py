"""What FreeSWITCH plays to a phone: packets on a 20 ms clock, from files or from a buffer."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

_PACKET_S: Final = 0.02
_BEGIN_S: Final = 0.4
"""A fork begins to play when it has buffered so much."""

_MOST_S: Final = 2.0
"""What a fork drops is all beyond so much."""


@dataclass(slots=True)
class Playing:
    """Something being played: its packets, and who is told whether it came to its end."""

    packets: Iterator[bytes]
    done: Callable[[bool], None]
    begins: float


class Player:
    """Plays to one channel: files, the last begun first, and beneath them the module's buffer."""

    def __init__(self, sample_rate: int, hear: Callable[[bytes], None]) -> None:
        """Hand packets of 16-bit mono at `sample_rate` to `hear`."""
        self._packet = round(2 * sample_rate * _PACKET_S)
        self.sample_rate = sample_rate
        self._hear = hear
        self._files: list[Playing] = []
        self._buffer = bytearray()
        self._buffering = True
        self._begin_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self.dropped = 0
        """Bytes that were dropped since the buffer was full."""

    @property
    def playing(self) -> bool:
        """Return whether a file is being played."""
        return bool(self._files)

    def play(
        self, packets: Iterator[bytes], done: Callable[[bool], None], after_s: float = 0.0
    ) -> None:
        """Play packets, what was playing waits; `done` is told whether they came to their end."""
        self._files.append(Playing(packets, done, self._loop.time() + after_s))
        self._wake()

    def packets_of(self, pcm: bytes) -> Iterator[bytes]:
        """Cut sound into packets, the last one filled up with silence."""
        for start in range(0, len(pcm), self._packet):
            yield pcm[start : start + self._packet].ljust(self._packet, b"\0")

    def break_off(self) -> None:
        """Stop the file that is playing."""
        if self._files:
            self._files.pop().done(False)  # noqa: FBT003  the callback's only argument

    def put(self, pcm: bytes, *, at_once: bool) -> None:
        """Buffer sound: played `at_once`, or as a fork does, from 400 ms of it on."""
        room = round(2 * self.sample_rate * _MOST_S) - len(self._buffer)
        self.dropped += max(0, len(pcm) - room)
        self._buffer += pcm[:room]
        self._begin_bytes = 0 if at_once else round(2 * self.sample_rate * _BEGIN_S)
        self._wake()

    def clear(self) -> None:
        """Throw away what is buffered."""
        self._buffer.clear()

    def close(self) -> None:
        """Play nothing more; whoever waits is told that it was broken off."""
        while self._files:
            self.break_off()
        self.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake(self) -> None:
        if self._timer is None:
            due = self._loop.time()
            self._timer = self._loop.call_at(due, self._tick, due)

    def _tick(self, due: float) -> None:
        packet = self._next()
        if packet is None:
            self._timer = None
            return
        if packet:
            self._hear(packet)
        due += _PACKET_S
        self._timer = self._loop.call_at(due, self._tick, due)

    def _next(self) -> bytes | None:
        """Return the next packet, empty while the buffer fills, None when there is nothing."""
        while self._files:
            playing = self._files[-1]
            if self._loop.time() < playing.begins:
                return b""
            packet = next(playing.packets, None)
            if packet is not None:
                return packet
            self._files.remove(playing)
            playing.done(True)  # noqa: FBT003
        if not self._buffer:
            self._buffering = True
            return None
        self._buffering = self._buffering and len(self._buffer) < self._begin_bytes
        if self._buffering:
            return b""
        packet = bytes(self._buffer[: self._packet])
        del self._buffer[: self._packet]
        return packet.ljust(self._packet, b"\0")
