"""A telephone behind a PBX: the calling end of an AudioSocket line, over a real socket."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, cast

from porteiro.audio import g711
from porteiro.errors import LineClosedError, ProtocolError
from porteiro.phones.ear import Ear
from porteiro.phones.recording import Recording
from porteiro.wire.audiosocket import (
    Audio,
    AudioSocketParser,
    HangUp,
    Message,
    audio_message,
    call_id_message,
    dtmf_message,
)

KEYS: Final = frozenset("0123456789*#ABCD")
_CONNECT_LIMIT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class PhoneOptions:
    """How a phone behaves.

    `sample_rate` is in Hz; `packet_ms` 10 to 60; with `suppress_silence` nothing at all
    is sent while the person is silent; G.711 (which travels under kind 0x10) is for 8 kHz.
    """

    sample_rate: int = 8_000
    packet_ms: int = 20
    suppress_silence: bool = False
    encoding: g711.Encoding = g711.Encoding.LINEAR


class Ending(StrEnum):
    """How a call ended, as the phone saw it."""

    PORTEIRO_HUNG_UP = "porteiro hung up"
    """Properly: a hang-up message, and then the end of the stream."""
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


class AudioSocketPhone(asyncio.Protocol):
    """One phone call, from the PBX's side.

    Packets leave on an absolute clock; what comes is always read, recorded and
    listened to. It hangs up as Asterisk does: by closing, never by a message.
    """

    def __init__(self, call_id: str, options: PhoneOptions) -> None:
        """Make a phone for `call_id`; `dial` connects it."""
        self.call_id = call_id
        self.options = options
        self.ear = Ear()
        self.marks: list[Mark] = []
        self.marked: Callable[[Mark], None] = lambda _: None
        self._listeners: list[Callable[[bytes], None]] = []
        self._loop = asyncio.get_running_loop()
        self.recording = Recording(options.sample_rate, self._loop.time())
        self._parser = AudioSocketParser(from_pbx=False)
        self._transport: asyncio.Transport | None = None
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
        self._write(dtmf_message(key))

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

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say which call this is, and start the clock."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass of it
        self.mark("connected")
        self._write(call_id_message(self.call_id))
        self._tick(self._loop.time())

    def data_received(self, data: bytes) -> None:
        """Take what Porteiro sends."""
        try:
            for message in self._parser.receive(data):
                self._take(message)
        except ProtocolError as broken:
            self.mark("broken", str(broken))
            self._end(Ending.BROKEN)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock and tell everybody who waits."""
        if self._timer is not None:
            self._timer.cancel()
        ending = self._ending or Ending.CLOSED
        self.mark("ended", f"{ending}: {exc}" if exc else ending)
        for utterance in self._voice:
            if not utterance.said.done():
                utterance.said.set_exception(LineClosedError("the call ended as this phone spoke"))
        self._ended.set_result(ending)
        self._phrase_ended.set()

    def _take(self, message: Message) -> None:
        """Take one message, as strictly as Asterisk, which drops the call on most kinds."""
        if isinstance(message, Audio):
            self._hear(message)
        elif isinstance(message, HangUp):
            self.mark("hang_up_received")
            self._end(Ending.PORTEIRO_HUNG_UP)
        else:
            raise ProtocolError(f"a PBX takes no {type(message).__name__} from a server")

    def _hear(self, sound: Audio) -> None:
        """Record and listen to sound that came; at another rate it is only listened to."""
        now = self._loop.time()
        pcm = g711.decode(self.options.encoding, sound.payload)
        silent = not self.ear.talking
        self.ear.hear(pcm, now)
        for listener in self._listeners:
            listener(pcm)
        if silent and self.ear.talking:
            self.mark("phrase_begin")
        if sound.rate == self.options.sample_rate:
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
            payload = g711.encode(self.options.encoding, pcm)
            self._write(audio_message(self.options.sample_rate, payload))
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

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _end(self, ending: Ending) -> None:
        """Close the line; the first reason given is the one that stands."""
        if self._ending is None:
            self._ending = ending
        if self._transport is not None:
            self._transport.close()


@asynccontextmanager
async def dial(
    host: str, port: int, call_id: str, options: PhoneOptions | None = None
) -> AsyncIterator[AudioSocketPhone]:
    """Connect a phone to Porteiro as a PBX would, for as long as the block lasts.

    `call_id` is a UUID in dashed form. Leaving the block hangs up.

    Raises:
        OSError: If nobody listens at `host`:`port`, or does not answer within 5 s.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(_CONNECT_LIMIT_S):
        _, phone = await loop.create_connection(
            lambda: AudioSocketPhone(call_id, options or PhoneOptions()), host, port
        )
    try:
        yield phone
    finally:
        phone.hang_up()
