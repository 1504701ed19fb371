"""A telephone as its person has it in the hand, whatever wire is behind it."""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from porteiro.errors import LineClosedError
from porteiro.phones.ear import Ear
from porteiro.phones.recording import Recording

KEYS: Final = frozenset("0123456789*#ABCD")


@dataclass(frozen=True, slots=True)
class PhoneOptions:
    """How a phone behaves.

    `sample_rate` is in Hz; `packet_ms` 10 to 60; with `suppress_silence` nothing at all
    is sent while the person is silent.
    """

    sample_rate: int = 8_000
    packet_ms: int = 20
    suppress_silence: bool = False


class Ending(StrEnum):
    """How a call ended, as the phone saw it."""

    PORTEIRO_HUNG_UP = "porteiro hung up"
    """Properly: with the wire's own way of hanging up."""
    WE_HUNG_UP = "we hung up"
    CLOSED = "closed without a hang-up"
    BROKEN = "broke the protocol"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened on this phone at `at` (event loop's seconds)."""

    at: float
    kind: str
    text: str = ""


@dataclass(slots=True)
class _Utterance:
    """What is still `left` of something being said, and who waits for its end."""

    left: memoryview
    said: asyncio.Future[None]


class Telephone(ABC):
    """One phone call, from the person's side.

    Packets leave on an absolute clock; what comes is always recorded and listened to.
    A kind of wire says how sound and keys leave and how the call is closed, and calls
    `_begin`, `_hear`, `_end` and `_over`.
    """

    def __init__(self, call_id: str, options: PhoneOptions) -> None:
        """Make a phone for `call_id`, not yet connected."""
        self.call_id = call_id
        self.options = options
        self.ear = Ear()
        self.marks: list[Mark] = []
        self.marked: Callable[[Mark], None] = lambda _: None
        self._listeners: list[Callable[[bytes], None]] = []
        self._loop = asyncio.get_running_loop()
        self.recording = Recording(options.sample_rate, self._loop.time())
        self._timer: asyncio.TimerHandle | None = None
        self._voice: deque[_Utterance] = deque()
        self._packet_bytes = 2 * options.sample_rate * options.packet_ms // 1000
        self._phrase_ended = asyncio.Event()
        self._ended: asyncio.Future[Ending] = self._loop.create_future()
        self._ending: Ending | None = None

    # ------------------------------------------------------------------ the person's side

    async def say(self, pcm: bytes) -> None:
        """Say 16-bit mono sound at the phone's rate, and wait until its last packet left.

        Cancelling it stops the voice.

        Raises:
            LineClosedError: If the call ended before.
        """
        await self.put(pcm)

    def put(self, pcm: bytes) -> asyncio.Future[None]:
        """Say 16-bit mono sound after all that was put before; return a future of its end.

        Raises:
            LineClosedError: If the call ended before.
        """
        if self._ended.done():
            raise LineClosedError("the call is over: nobody can hear this phone")
        utterance = _Utterance(memoryview(pcm), self._loop.create_future())
        self._voice.append(utterance)
        return utterance.said

    def press(self, key: str) -> None:
        """Press one telephone key: 0-9, `*`, `#`, A-D."""
        if key not in KEYS:
            raise ValueError(f"{key!r} is no telephone key")
        self.mark("key", key)
        self._send_key(key)

    def hang_up(self) -> None:
        """Hang up; `ended` follows. Idempotent."""
        self._end(Ending.WE_HUNG_UP)

    async def ended(self) -> Ending:
        """Wait for the end of the call, and return how it came."""
        return await asyncio.shield(self._ended)

    @property
    def ending(self) -> Ending | None:
        """How the call ended; None while it goes on."""
        return self._ended.result() if self._ended.done() else None

    def heard_by(self, listener: Callable[[bytes], None]) -> None:
        """Hand all that is heard, 16-bit mono, to `listener` as well."""
        self._listeners.append(listener)

    async def phrase_end(self, since: float) -> None:
        """Wait until Porteiro has said something after `since` (loop's seconds) and is silent.

        Raises:
            LineClosedError: If the call ends first.
        """
        while self.ear.talking or self.ear.last_voice < since:
            await self._phrase_ended.wait()
            if self._ended.done():
                raise LineClosedError("the call is over: Porteiro says nothing any more")

    def mark(self, kind: str, text: str = "") -> None:
        """Note that something happened now, and tell `marked`."""
        mark = Mark(self._loop.time(), kind, text)
        self.marks.append(mark)
        self.marked(mark)

    # ----------------------------------------------------------------------- the wire's side

    @abstractmethod
    def _send_sound(self, pcm: bytes) -> None:
        """Send one packet, 16-bit mono at the phone's rate."""

    @abstractmethod
    def _send_key(self, key: str) -> None:
        """Send one key."""

    @abstractmethod
    def _close(self) -> None:
        """Close the wire for the reason in `_ending`; `_over` is called once it is closed."""

    def _begin(self) -> None:
        """Be connected: the clock starts."""
        self.mark("connected")
        self._tick(self._loop.time())

    def _end(self, ending: Ending) -> None:
        """Close the line; the first reason given is the one that stands."""
        if self._ending is None:
            self._ending = ending
        self._close()

    def _over(self, error: Exception | None = None) -> None:
        """Stop the clock and tell everybody who waits: the wire is closed."""
        if self._timer is not None:
            self._timer.cancel()
        ending = self._ending or Ending.CLOSED
        self.mark("ended", f"{ending}: {error}" if error else ending)
        for utterance in self._voice:
            if not utterance.said.done():
                utterance.said.set_exception(LineClosedError("the call ended as this phone spoke"))
        self._ended.set_result(ending)
        self._phrase_ended.set()

    def _hear(self, pcm: bytes, sample_rate: int) -> None:
        """Record and listen to sound that came; at another rate it is only listened to."""
        now = self._loop.time()
        silent = not self.ear.talking
        self.ear.hear(pcm, now)
        for listener in self._listeners:
            listener(pcm)
        if silent and self.ear.talking:
            self.mark("phrase_begin")
        if sample_rate == self.options.sample_rate:
            self.recording.heard.add(pcm, now)

    def _tick(self, due: float) -> None:
        """Send the packet due at `due`, and set the timer for the next."""
        if self.ear.phrase_ended(self._loop.time()):
            self.mark("phrase_end")
            self._phrase_ended.set()
            self._phrase_ended.clear()
        packet = self._next_packet()
        if packet or not self.options.suppress_silence:
            pcm = packet.ljust(self._packet_bytes, b"\0")
            self.recording.said.add(pcm, due)
            self._send_sound(pcm)
        due += self.options.packet_ms / 1000
        self._timer = self._loop.call_at(due, self._tick, due)

    def _next_packet(self) -> bytes:
        """Take the next packet of voice: shorter at a phrase's end, empty when silent."""
        while self._voice:
            utterance = self._voice[0]
            if utterance.said.done() or not utterance.left:
                self._voice.popleft()
                if not utterance.said.done():
                    utterance.said.set_result(None)
                continue
            packet = utterance.left[: self._packet_bytes]
            utterance.left = utterance.left[self._packet_bytes :]
            return bytes(packet)
        return b""
