"""Speech by a Wyoming server (github.com/OHF-Voice/wyoming), as Home Assistant users run them.

Each turn and each phrase has a connection of its own, which is how those servers are used.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

from wyoming.asr import Transcribe, TranscriptChunk, TranscriptStop
from wyoming.asr import Transcript as WyomingTranscript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, async_read_event, async_write_event
from wyoming.tts import Synthesize, SynthesizeVoice

from porteiro.audio.resampling import Resampler
from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.errors import SpeechError
from porteiro.speech.credible import is_language
from porteiro.speech.streamed_turn import NOTHING, StreamedTurn, TurnSound

_STT_RATE = 16000
"""Hz; what every server takes. Slower sound is resampled here, with a better filter."""
_LONGEST_TEXT = 64 * 1024
_LONGEST_SOUND = 8 * 1024 * 1024
_SLICE = 8192
"""Bytes resampled at once: a server may send a whole phrase in one event."""
_RATES = range(8000, 48001)
_UNTOLD_CONFIDENCE = 0.5
"""The protocol tells none."""
_LANGUAGE = re.compile(r"[a-z]{2}(-[a-z]{2})?")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")


@dataclass(frozen=True, slots=True)
class WyomingTranscriberOptions:
    """Where a speech-to-text server is (`tcp://host:port` or `unix:///path`); times in seconds.

    `model` is the server's own choice where empty. With `hints`, the names of the directory
    go to it. `sure` is whether a yes counts without being confirmed: the protocol tells no
    confidence.
    """

    url: str
    model: str = ""
    language: str = "pt"
    hints: bool = True
    sure: bool = False
    connect_s: float = 1.5
    limit_s: float = 4.0


@dataclass(frozen=True, slots=True)
class WyomingSynthesizerOptions:
    """Where a text-to-speech server is (`tcp://host:port` or `unix:///path`); times in seconds.

    `voice` is what is asked for where a house has only a language for its voice ("pt-br"),
    the server's own choice where empty; `speaker` is one of a voice that has several.
    `limit_s` is waited for each piece of sound, `total_s` for all of them.
    """

    url: str
    voice: str = ""
    speaker: str = ""
    connect_s: float = 1.5
    limit_s: float = 4.0
    total_s: float = 30.0


class WyomingTranscriber:
    """Hears any words. Some servers tell them while the person speaks, most afterwards."""

    closed_grammar = False

    def __init__(self, options: WyomingTranscriberOptions) -> None:
        """Connect to nothing until a turn is opened."""
        self._options = options
        self._peer = _Peer(
            "PORTEIRO_WYOMING_STT_URL", options.url, options.connect_s, _LONGEST_TEXT
        )

    def open(self, request: TurnRequest) -> StreamedTurn:
        """Begin a turn: connect, and send its sound from the first frame on."""
        sound = TurnSound(request.sample_rate, _STT_RATE)
        conversation = partial(self._converse, request)
        return StreamedTurn(self._peer.name, sound, conversation, self._options.limit_s)

    async def _converse(
        self, request: TurnRequest, sound: TurnSound, tell: Callable[[Transcript], None]
    ) -> None:
        connection = await self._peer.connected()
        sending = asyncio.create_task(self._send(connection, request, sound))
        try:
            words = await _words(connection, request.partial, self._options.language)
            text = " ".join(words.split())
            sure = self._options.sure
            tell(Transcript(text, _UNTOLD_CONFIDENCE, sure=sure) if text else NOTHING)
        finally:
            sending.cancel()
            connection.abort()
            await asyncio.wait([sending])

    async def _send(
        self, connection: "_Connection", request: TurnRequest, sound: TurnSound
    ) -> None:
        options = self._options
        names = list(request.vocabulary) if options.hints and request.vocabulary else None
        asked = Transcribe(options.model or None, options.language, transcript_names=names)
        with suppress(OSError):  # A lost connection is for its reader to report.
            await connection.write(asked.event())
            await connection.write(AudioStart(_STT_RATE, 2, 1).event())
            async for packet in sound.packets():
                await connection.write(AudioChunk(_STT_RATE, 2, 1, packet).event())
            await connection.write(AudioStop().event())


async def _words(connection: "_Connection", heard: Callable[[str], None], language: str) -> str:
    """Return a turn's words, telling the words so far meanwhile; none in another language."""
    so_far = ""
    while True:
        event = await connection.read()
        if WyomingTranscript.is_type(event.type):
            told = event.data.get("language") or language
            return connection.text_of(event) if is_language(str(told), language) else ""
        if TranscriptStop.is_type(event.type):
            return so_far
        if TranscriptChunk.is_type(event.type):
            so_far += connection.text_of(event)
            if so_far.strip():
                heard(" ".join(so_far.split()))


class WyomingSynthesizer:
    """Speaks with a server's voice, from the first piece of sound that it sends."""

    def __init__(self, options: WyomingSynthesizerOptions) -> None:
        """Connect to nothing until a phrase is asked for."""
        self._options = options
        self._peer = _Peer(
            "PORTEIRO_WYOMING_TTS_URL", options.url, options.connect_s, _LONGEST_SOUND
        )

    @property
    def fingerprint(self) -> str:
        """What tells the sound of these phrases from another synthesizer's."""
        options = self._options
        return f"wyoming {options.url} {options.voice} {options.speaker}"

    async def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        """Yield `text` as 16-bit mono at `sample_rate` Hz, as it comes.

        Raises `SpeechError` when the server fails, takes too long or breaks off.
        """
        connection = await self._peer.connected()
        try:
            await self._ask(connection, text, voice)
            sound = _Sound(connection, sample_rate)
            async for event in self._events(connection):
                for pcm in sound.take(event):
                    yield pcm
                    await asyncio.sleep(0)  # A long piece must not hold up every call.
            if rest := sound.rest():
                yield rest
        finally:
            connection.abort()

    async def _ask(self, connection: "_Connection", text: str, voice: str) -> None:
        name = self._options.voice if _LANGUAGE.fullmatch(voice) else voice
        chosen = SynthesizeVoice(name, speaker=self._options.speaker or None) if name else None
        try:
            async with asyncio.timeout(self._options.limit_s):
                await connection.write(Synthesize(text, chosen).event())
        except OSError as error:  # TimeoutError is one
            raise connection.lost() from error

    async def _events(self, connection: "_Connection") -> AsyncIterator[Event]:
        """Yield what comes until the end of the sound."""
        now = asyncio.get_running_loop().time
        ends_at = now() + self._options.total_s
        while True:
            event = await connection.read(min(self._options.limit_s, ends_at - now()))
            if AudioStop.is_type(event.type):
                return
            yield event


class _Sound:
    """Makes the sound of a phrase that comes in events into the sound of a line."""

    def __init__(self, connection: "_Connection", sample_rate: int) -> None:
        self._connection = connection
        self._sample_rate = sample_rate
        self._rate: int | None = None
        self._resampler: Resampler | None = None
        self._waiting = bytearray()
        self._empty = True

    def take(self, event: Event) -> Iterator[bytes]:
        """Yield the sound of `event` at the line's rate, piece by piece."""
        if not (AudioStart.is_type(event.type) or AudioChunk.is_type(event.type)):
            return
        self._check(event)
        self._waiting += event.payload or b""
        while len(self._waiting) >= 2:
            piece = bytes(self._waiting[: min(_SLICE, len(self._waiting) // 2 * 2)])
            del self._waiting[: len(piece)]
            self._empty = False
            if pcm := self._resampler.convert(piece) if self._resampler else piece:
                yield pcm

    def rest(self) -> bytes:
        """Return what the resampling held back. Raises `SpeechError` where nothing came."""
        if self._empty:
            raise self._connection.failed("sent no sound: see its log, and check its voice")
        if self._resampler is None or self._rate is None:
            return b""
        return self._resampler.convert(bytes(2 * int(self._resampler.delay_s * self._rate)))

    def _check(self, event: Event) -> None:
        """Raise `SpeechError` unless the sound is what was promised, and can be played."""
        rate = event.data.get("rate")
        mono = (event.data.get("width"), event.data.get("channels")) == (2, 1)
        if not mono or type(rate) is not int or rate not in _RATES:
            raise self._connection.wrong("sent sound that is not 16-bit mono at 8000 to 48000 Hz")
        if self._rate is None:
            self._rate = rate
            if rate != self._sample_rate:
                self._resampler = Resampler(rate, self._sample_rate)
        elif rate != self._rate:
            raise self._connection.wrong("sent sound at another rate than it promised")


@dataclass(frozen=True, slots=True)
class _Peer:
    """A server: the setting it comes from, its address, and how much it may send."""

    setting: str
    url: str = field(repr=False)
    connect_s: float
    most: int

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"the Wyoming server of {self.setting}"

    async def connected(self) -> "_Connection":
        """Return a connection to it. Raises `SpeechError` when there is none to be had."""
        reader = _BoundedReader(self.most)
        try:
            async with asyncio.timeout(self.connect_s):
                return _Connection(self.name, reader, await self._writer(reader))
        except ValueError as error:
            raise SpeechError(
                f"{self.setting} is no address: write it as tcp://host:port or unix:///path",
                retryable=False,
            ) from error
        except TimeoutError as error:
            raise SpeechError(
                f"{self.name} did not answer within {self.connect_s:g} s: check the address"
            ) from error
        except OSError as error:
            raise SpeechError(
                f"{self.name} cannot be reached ({type(error).__name__}): see that it runs, and "
                "check the address"
            ) from error

    async def _writer(self, reader: "_BoundedReader") -> asyncio.StreamWriter:
        loop = asyncio.get_running_loop()
        protocol = asyncio.StreamReaderProtocol(reader)
        parts = urlsplit(self.url)
        transport: asyncio.WriteTransport
        if parts.scheme == "unix" and parts.path:
            transport, _ = await loop.create_unix_connection(lambda: protocol, parts.path)
        elif parts.scheme == "tcp" and parts.hostname and parts.port:
            address = (parts.hostname, parts.port)
            transport, _ = await loop.create_connection(lambda: protocol, *address)
        else:
            raise ValueError(self.setting)
        return asyncio.StreamWriter(transport, protocol, reader, loop)


class _BoundedReader(asyncio.StreamReader):
    """Reads no more than a peer may send: the package itself takes what it announces."""

    def __init__(self, most: int) -> None:
        super().__init__(limit=_LONGEST_TEXT)
        self._left = most

    async def readline(self) -> bytes:
        line = await super().readline()
        self._spend(len(line))
        return line

    async def readexactly(self, n: int) -> bytes:
        self._spend(n)
        return await super().readexactly(n)

    def _spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise _TooMuchError


class _TooMuchError(Exception):
    """A peer sends, or announces, more than it may."""


class _Connection:
    """One connection, on which every failure is a `SpeechError`."""

    def __init__(self, name: str, reader: _BoundedReader, writer: asyncio.StreamWriter) -> None:
        self._name = name
        self._reader = reader
        self._writer = writer

    async def write(self, event: Event) -> None:
        """Send `event`. Raises `OSError` when the connection is lost."""
        await async_write_event(event, self._writer)

    async def read(self, limit_s: float | None = None) -> Event:
        """Return the next event, waiting `limit_s` at most."""
        try:
            async with asyncio.timeout(limit_s):
                event = await async_read_event(self._reader)
        except TimeoutError as error:
            raise self.failed("took too long: see that it is not overloaded") from error
        except (OSError, asyncio.IncompleteReadError) as error:
            raise self.lost() from error
        except _TooMuchError as error:
            raise self.wrong("sends without end") from error
        except (AttributeError, KeyError, TypeError, RecursionError) as error:
            raise self.wrong("does not speak the Wyoming protocol") from error
        if event is None:
            if self._reader.at_eof():
                raise self.lost()
            raise self.wrong("does not speak the Wyoming protocol")
        if not isinstance(event.data, dict):
            raise self.wrong("does not speak the Wyoming protocol")
        if Error.is_type(event.type):
            raise self._reported(event)
        return event

    def text_of(self, event: Event) -> str:
        """Return the text of a transcript or a part of it."""
        text = event.data.get("text")
        if not isinstance(text, str):
            raise self.wrong("does not speak the Wyoming protocol")
        return text

    def abort(self) -> None:
        """Close at once: after the last event there is nothing to wait for."""
        self._writer.transport.abort()

    def lost(self) -> SpeechError:
        """Return the error of a connection that ended too early."""
        return self.failed("broke off in the middle: see its log")

    def failed(self, what: str) -> SpeechError:
        """Return the error of a peer that may do better another time."""
        return SpeechError(f"{self._name} {what}")

    def wrong(self, what: str) -> SpeechError:
        """Return the error of a peer that is not what it should be."""
        return SpeechError(f"{self._name} {what}: check the address", retryable=False)

    def _reported(self, event: Event) -> SpeechError:
        """Return what the server reports, without its words: they may hold what was said."""
        code = event.data.get("code")
        told = f" ({code})" if isinstance(code, str) and _CODE.fullmatch(code) else ""
        return self.failed(f"reports an error{told}: see its log")
