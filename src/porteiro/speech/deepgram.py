"""Recognition by Deepgram's WebSocket, with partial results while the person speaks."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import aiohttp
import msgspec

from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.errors import SettingsError, SpeechError
from porteiro.speech.service_faults import Service
from porteiro.speech.streamed_turn import NOTHING, StreamedTurn, TurnSound

DEEPGRAM: Final = Service("Deepgram", "PORTEIRO_DEEPGRAM_KEY", "PORTEIRO_DEEPGRAM_URL")

_Socket = aiohttp.ClientWebSocketResponse

_LONGEST_MESSAGE: Final = 262_144
_LONGEST_ANSWER: Final = 4 * 1024 * 1024
_GOODBYE_S: Final = 1.0
"""For the service's own goodbye, which nobody waits for; one that failed is left at once."""
_HINT_LETTERS: Final = 900
"""Deepgram takes 500 tokens of hints, and falls silent over it; a token is two letters or more."""
_MOST_HINTS: Final = 100
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]{1,200}")
_FAULT: Final = re.compile(r"[A-Z]{2,8}-[0-9]{4}")


@dataclass(frozen=True, slots=True)
class DeepgramOptions:
    """The key, and what is asked of Deepgram.

    `hints` sends the expected names along, which only its nova-3 models take. A turn's
    words may take `limit_s` seconds from its end, and so may the connection. A yes counts
    unconfirmed from the confidence `sure_from` on; over 1 it never does. Unless
    `may_train`, Deepgram is told not to learn from the sound.
    """

    key: str = field(repr=False)
    url: str = "wss://api.deepgram.com/v1/listen"
    model: str = "nova-3"
    language: str = "pt-BR"
    hints: bool = True
    limit_s: float = 5.0
    sure_from: float = 0.85
    may_train: bool = False

    def __post_init__(self) -> None:
        """Raise `SettingsError` where the key cannot be one."""
        if not _PRINTABLE.fullmatch(self.key):
            raise SettingsError(
                "PORTEIRO_DEEPGRAM_KEY is no key: copy it from Deepgram's console, without spaces"
            )


class _Alternative(msgspec.Struct, frozen=True):
    transcript: str
    confidence: float


class _Channel(msgspec.Struct, frozen=True):
    alternatives: tuple[_Alternative, ...]


class _Results(msgspec.Struct, frozen=True, tag="Results"):
    channel: _Channel
    is_final: bool = False
    from_finalize: bool = False


class _Metadata(msgspec.Struct, frozen=True, tag="Metadata"):
    """The last message of a stream that was closed properly."""


class _Error(msgspec.Struct, frozen=True, tag="Error"):
    code: str = ""


class _Unheeded(msgspec.Struct, frozen=True):
    type: str


_MESSAGES: Final = msgspec.json.Decoder(_Results | _Metadata | _Error)
_ANYTHING: Final = msgspec.json.Decoder(_Unheeded)
_HEEDED: Final = frozenset({"Results", "Metadata", "Error"})


class DeepgramTranscriber:
    """Hears anything that is said, and tells what it has so far; a `Transcriber`."""

    def __init__(self, session: aiohttp.ClientSession, options: DeepgramOptions) -> None:
        """Use `session`, which its owner closes."""
        self._session = session
        self._options = options

    @property
    def closed_grammar(self) -> bool:
        """False: it hears whole sentences."""
        return False

    def open(self, request: TurnRequest) -> StreamedTurn:
        """Begin a turn, and with it a connection."""
        sound = TurnSound(request.sample_rate, request.sample_rate)
        hear = partial(self._hear, request)
        return StreamedTurn(DEEPGRAM.name, sound, hear, self._options.limit_s)

    async def _hear(
        self, request: TurnRequest, sound: TurnSound, tell: Callable[[Transcript], None]
    ) -> None:
        options = self._options
        try:
            async with asyncio.timeout(options.limit_s):
                socket = await self._connected(request)
        except TimeoutError:
            raise DEEPGRAM.too_slow(options.limit_s) from None
        except aiohttp.WSServerHandshakeError as error:
            raise DEEPGRAM.refused(error.status, error.headers or {}) from None
        except aiohttp.ClientError as error:
            raise DEEPGRAM.unreachable(error) from None
        sending = asyncio.create_task(_send(sound, socket))
        goodbye_s = 0.0
        try:
            tell(await _words(socket, _Words(request.partial), options.sure_from))
            goodbye_s = _GOODBYE_S
        finally:
            sending.cancel()
            with suppress(TimeoutError):
                async with asyncio.timeout(goodbye_s):
                    await socket.close()

    def _connected(self, request: TurnRequest) -> Coroutine[None, None, _Socket]:
        return self._session.ws_connect(
            self._options.url,
            params=_asked(request, self._options),
            headers={"Authorization": f"Token {self._options.key}"},
            max_msg_size=_LONGEST_MESSAGE,
        )


def _asked(request: TurnRequest, options: DeepgramOptions) -> list[tuple[str, str]]:
    asked = [
        ("model", options.model),
        ("language", options.language),
        ("encoding", "linear16"),
        ("sample_rate", str(request.sample_rate)),
        ("channels", "1"),
        ("interim_results", "true"),
        ("endpointing", "300"),
    ]
    if not options.may_train:
        asked.append(("mip_opt_out", "true"))
    if options.hints and options.model.startswith("nova-3"):
        asked.extend(("keyterm", hint) for hint in _hints(request.vocabulary))
    return asked


def _hints(vocabulary: tuple[str, ...]) -> list[str]:
    """Return the names worth telling, as many as Deepgram takes; numbers it knows."""
    hints: list[str] = []
    room = _HINT_LETTERS
    for name in vocabulary:
        room -= len(name) + 1
        if room < 0 or len(hints) == _MOST_HINTS:
            break
        if not any(letter.isdigit() for letter in name):
            hints.append(name)
    return hints


async def _send(sound: TurnSound, socket: _Socket) -> None:
    """Send a turn as it comes, then ask for its last words."""
    # Where the connection breaks, reading from it tells so, and why.
    with suppress(aiohttp.ClientError):
        async for packet in sound.packets():
            await socket.send_bytes(packet)
        await socket.send_str('{"type": "Finalize"}')
        await socket.send_str('{"type": "CloseStream"}')


async def _words(socket: _Socket, words: "_Words", sure_from: float) -> Transcript:
    """Read until the last words of the turn have come."""
    read = 0
    while True:
        message = await socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            if socket.close_code == aiohttp.WSCloseCode.OK and words.settled:
                return words.transcript(sure_from)
            raise _broken_off(message, socket.close_code)
        read += len(message.data)
        if read > _LONGEST_ANSWER:
            raise DEEPGRAM.malformed(f"answered more than {_LONGEST_ANSWER} letters")
        if words.take(_decoded(message.data)):
            return words.transcript(sure_from)


def _decoded(text: str) -> _Results | _Metadata | _Error | None:
    """Return a message that matters; None for the others, of which there may be new ones."""
    try:
        known = _ANYTHING.decode(text).type in _HEEDED
        message: _Results | _Metadata | _Error | None = _MESSAGES.decode(text) if known else None
    except (ValueError, RecursionError):
        raise DEEPGRAM.malformed("sent a message that is none of its own") from None
    return message


def _broken_off(message: aiohttp.WSMessage, code: int | None) -> SpeechError:
    """Return what the end of the stream before the end of its words means."""
    if message.type is aiohttp.WSMsgType.BINARY:
        return DEEPGRAM.malformed("sent bytes in the place of words")
    if code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
        return DEEPGRAM.malformed(f"sent a message of more than {_LONGEST_MESSAGE} bytes")
    fault = _FAULT.search(str(message.extra or ""))
    return SpeechError(
        f"Deepgram broke off before the last words (code {code}"
        f"{', ' + fault[0] if fault else ''}): look the code up in its documentation if it lasts",
        retryable=code != aiohttp.WSCloseCode.POLICY_VIOLATION,
    )


class _Words:
    """What was said in a turn so far: what is settled, and what may still change."""

    def __init__(self, partial: Callable[[str], None]) -> None:
        self._partial = partial
        self._final: list[_Alternative] = []
        self._interim = ""
        self._told = ""

    @property
    def settled(self) -> bool:
        return not self._interim

    def take(self, message: _Results | _Metadata | _Error | None) -> bool:
        """Take what the service says; return whether those were its last words."""
        match message:
            case _Results():
                self._hear(message)
                return message.from_finalize
            case _Metadata():
                if not self.settled:
                    raise SpeechError("Deepgram ended the turn without settling its last words")
                return True
            case _Error():
                raise SpeechError("Deepgram gave this turn up; look at its status page if it lasts")
        return False

    def transcript(self, sure_from: float) -> Transcript:
        """Return the settled words; they are as sure as the least sure."""
        if not self._final:
            return NOTHING
        confidence = min(part.confidence for part in self._final)
        return Transcript(self._text, confidence, sure=confidence >= sure_from)

    @property
    def _text(self) -> str:
        return " ".join(part.transcript for part in self._final)

    def _hear(self, results: _Results) -> None:
        best = next(iter(results.channel.alternatives), _Alternative("", 0.0))
        if not 0 <= best.confidence <= 1:
            raise DEEPGRAM.malformed("gave a confidence that is not between 0 and 1")
        if results.is_final and best.transcript:
            self._final.append(best)
        self._interim = "" if results.is_final else best.transcript
        so_far = f"{self._text} {self._interim}".strip()
        if so_far != self._told:
            self._told = so_far
            self._partial(so_far)
