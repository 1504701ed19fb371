"""A Wyoming server for both directions of speech: well, badly, not at all.

It stands on the `wyoming` package's own server classes, and does what wyoming-faster-whisper
and wyoming-piper do with them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import numpy as np
from wyoming.asr import Transcribe, Transcript, TranscriptChunk, TranscriptStart, TranscriptStop
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event
from wyoming.server import AsyncEventHandler, AsyncTcpServer
from wyoming.tts import Synthesize

from tests.providers.known_speech import words_in
from tests.telephone_speech import to_pcm

PIPER_RATE = 22050
NOBODY = "nobody"

NONSENSE = {
    "html": b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html>painel</html>",
    "blank": b"\n",
    "half": b'{"type": "transcript", "data": {"text": "autoriz\n',
    "list": b"[]\n",
    "no type": b'{"data": {}}\n',
    "data is a list": b'{"type": "transcript", "data": []}\n',
    "data is no json": b'{"type": "transcript", "data_length": 4}\n{"te',
    "data is NaN": b'{"type": "audio-start", "data_length": 3}\nNaN',
    "a line without end": b"a" * 200_000,
    "deep": b'{"type": "transcript", "data": ' + b"[" * 60_000 + b"\n",
    "length is text": b'{"type": "transcript", "data_length": "4"}\n',
}
"""Answers that are none, whatever was asked."""
NO_TEXT = {"text is NaN": b'{"type": "transcript", "data": {"text": NaN}}\n'}
TOO_MUCH = {
    "huge data": b'{"type": "transcript", "data_length": 10000000}\n',
    "huge payload": b'{"type": "audio-chunk", "payload_length": 10000000000}\n',
    "infinite": b'{"type": "audio-chunk", "payload_length": Infinity}\n',
}
CUT = {
    "closed": b"",
    "cut in a header": b'{"type": "trans',
    "cut in a payload": b'{"type": "audio-chunk", "payload_length": 1000}\n1234',
}


@dataclass
class Wyoming:
    """What the server was sent, and how it behaves: "well", or badly."""

    behaves: str = "well"
    url: str = ""
    says: Callable[[bytes, int], str] = words_in
    speaks: Callable[[str, int], bytes] = lambda text, rate: tone(len(text.split()) / 10)
    asked: list[Transcribe | Synthesize] = field(default_factory=list)
    formats: list[tuple[int, int, int]] = field(default_factory=list)
    heard: bytes = b""
    open: int = 0
    sound: tuple[tuple[int, int, int], ...] = ((PIPER_RATE, 2, 1),)
    """The formats that its sound is said to have: at its start, and of each chunk from then on."""


class Talk(AsyncEventHandler):
    """One connection."""

    def __init__(
        self, server: Wyoming, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        super().__init__(reader, writer)
        self._server = server
        self._pcm = b""
        self._rate = 0
        server.open += 1

    async def disconnect(self) -> None:
        self._server.open -= 1

    async def run(self) -> None:
        with suppress(ConnectionError):  # The client may go away.
            await super().run()

    async def handle_event(self, event: Event) -> bool:
        if Transcribe.is_type(event.type):
            self._server.asked.append(Transcribe.from_event(event))
        elif AudioStart.is_type(event.type):
            start = AudioStart.from_event(event)
            self._rate = start.rate
            self._server.formats.append((start.rate, start.width, start.channels))
        elif AudioChunk.is_type(event.type):
            self._pcm += AudioChunk.from_event(event).audio
            self._server.heard = self._pcm
        elif AudioStop.is_type(event.type):
            return await self._misbehaved() or await self._transcribe()
        elif Synthesize.is_type(event.type):
            asked = Synthesize.from_event(event)
            self._server.asked.append(asked)
            return await self._misbehaved() or await self._speak(asked)
        if self._server.behaves == "streams while the person speaks" and self._pcm:
            await self.write_event(TranscriptChunk(" palavra").event())
        return True

    async def _misbehaved(self) -> bool:
        behaves = self._server.behaves
        if behaves == "hangs":
            await self.reader.read()
            return True
        if behaves == "error":
            await self.write_event(Error("autorizo não coube", "asr-overflow").event())
            return True
        if behaves == "endless":
            while True:
                await self.write_event(Event("info", {"text": "a" * 10_000}))
        answer = {**NONSENSE, **NO_TEXT, **TOO_MUCH, **CUT}.get(behaves)
        if answer is None:
            return False
        self.writer.write(answer)
        await self.writer.drain()
        if behaves in CUT or behaves in NONSENSE:
            self.writer.write_eof()
        return True

    async def _transcribe(self) -> bool:
        text = self._server.says(self._pcm, self._rate)
        if self._server.behaves.startswith("streams"):
            await self.write_event(TranscriptStart(language="pt").event())
            for word in text.split():
                await self.write_event(TranscriptChunk(f" {word}").event())
            if self._server.behaves == "streams and sums up":
                await self.write_event(Transcript(text).event())
            await self.write_event(TranscriptStop().event())
        else:
            await self.write_event(Transcript(text, language="pt").event())
        return False

    async def _speak(self, asked: Synthesize) -> bool:
        """Speak a tone of 100 ms a word, in chunks of its own size."""
        if asked.voice is not None and asked.voice.name == NOBODY:
            await self.write_event(Error(f"no voice for {asked.text}", "ValueError").event())
            return False
        start, *chunks = self._server.sound
        await self.write_event(AudioStart(*start).event())
        pcm = self._server.speaks(asked.text, start[0])
        if self._server.behaves == "no sound":
            pcm = b""
        size = {"one chunk": len(pcm), "odd chunks": 1001}.get(self._server.behaves, 2048)
        for at in range(0, len(pcm), size or 1):
            form = (chunks or [start])[0]
            await self.write_event(AudioChunk(*form, pcm[at : at + size]).event())
            if self._server.behaves == "cut in the middle":
                return False
            if self._server.behaves == "slow" and at:
                await self.reader.read()
        await self.write_event(AudioStop().event())
        return False


def tone(seconds: float, rate: int = PIPER_RATE) -> bytes:
    """Return 440 Hz, 16-bit mono."""
    at = np.arange(round(seconds * rate)) / rate
    return to_pcm(10_000 * np.sin(2 * np.pi * 440 * at))


@asynccontextmanager
async def wyoming_that(behaves: str = "well") -> AsyncIterator[Wyoming]:
    """Run a server; it is gone afterwards, whatever it was doing."""
    state = Wyoming(behaves)
    server = AsyncTcpServer("127.0.0.1", 0)
    await server.start(lambda reader, writer: Talk(state, reader, writer))
    assert isinstance(server._server, asyncio.Server)
    state.url = f"tcp://127.0.0.1:{server._server.sockets[0].getsockname()[1]}"
    try:
        yield state
    finally:
        talks = list(server._handlers)
        await server.stop()
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
