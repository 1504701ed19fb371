"""Transcription by a Vosk server (github.com/alphacep/vosk-server), over its WebSocket.

The client sends a configuration, then sound, then the end of it. The server answers every
packet with the words so far (`partial`) or, where it takes a sentence to be over, with the
sentence (`text`); the answer to the end is the last.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import aiohttp
import msgspec

from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.dialogue.terms import Question
from porteiro.errors import SpeechError
from porteiro.speech.pocketsphinx.grammar import MAX_PHRASES, grammar_for
from porteiro.speech.pocketsphinx.spoken_numbers import cardinal
from porteiro.speech.service_faults import pause_asked_for
from porteiro.speech.streamed_turn import NOTHING, StreamedTurn, TurnSound

_MODEL_RATE = 16000
"""Hz. A wide-band model refuses slower sound; a telephone's model takes faster sound."""
_EOF = '{"eof" : 1}'
"""The server compares it letter by letter, spaces too."""
_UNKNOWN = "[unk]"
_NAMES = frozenset({Question.APARTMENT, Question.RESIDENT, Question.SURNAME})
_NUMBERS = (
    *dict.fromkeys(word for number in range(1000) for word in cardinal(number).split()),
    *("mil", "meia", "catorze"),
)
_AROUND_NAMES = (
    *("sim", "não", "é", "é para", "para", "para o", "para a", "do", "da", "com", "falar com"),
    *("no", "na", "o", "a", "seu", "dona", "senhor", "senhora", "apartamento", "bloco", "torre"),
    *("por favor", "oi", "bom dia", "boa tarde", "boa noite", "só um momento"),
)
"""With a phrase list the server knows nothing else: what people say beside the name, too."""
_LONGEST_MESSAGE = 256 * 1024
_MOST_TOLD = 4 * 1024 * 1024
_UNTOLD_CONFIDENCE = 0.5
_ROUNDING = 0.001
"""How far out of 0 to 1 a confidence may come out."""


@dataclass(frozen=True, slots=True)
class VoskOptions:
    """Where the server is (`ws://` or `wss://`), and how it is used; times in seconds.

    With `hints`, the directory's names go to it where a name or an apartment was asked for;
    only models with a dynamic graph (the small ones) make use of them. A yes is `sure` where
    every word is rated `sure_from` or more; with None it is always confirmed.
    """

    url: str = field(repr=False)  # It may hold a password.
    hints: bool = True
    sure_from: float | None = None
    connect_s: float = 1.5
    limit_s: float = 4.0
    close_s: float = 0.5


class _Word(msgspec.Struct, frozen=True):
    word: str
    conf: float


class _Answer(msgspec.Struct, frozen=True):
    partial: str | None = None
    text: str | None = None
    result: tuple[_Word, ...] = ()


class VoskTranscriber:
    """Hears any words, and tells them while the person speaks."""

    closed_grammar = False

    def __init__(self, session: aiohttp.ClientSession, options: VoskOptions) -> None:
        """Use `session`, which its owner closes."""
        self._session = session
        self._options = options

    def open(self, request: TurnRequest) -> StreamedTurn:
        """Begin a turn: connect, and send its sound from the first frame on."""
        sound = TurnSound(request.sample_rate, max(request.sample_rate, _MODEL_RATE))
        conversation = partial(self._converse, request)
        return StreamedTurn("the Vosk server", sound, conversation, self._options.limit_s)

    async def _converse(
        self, request: TurnRequest, sound: TurnSound, tell: Callable[[Transcript], None]
    ) -> None:
        connection = await _connected(self._session, self._options)
        turn = _Turn(connection, request.partial)
        sending = asyncio.create_task(turn.send(self._configuration(request), sound))
        goodbye_s = 0.0
        try:
            tell(_transcript(await turn.words(), self._options.sure_from))
            goodbye_s = self._options.close_s
        finally:
            sending.cancel()
            with suppress(TimeoutError):  # A server that talks on never says goodbye.
                async with asyncio.timeout(goodbye_s):
                    await connection.close()

    def _configuration(self, request: TurnRequest) -> str:
        rate = max(request.sample_rate, _MODEL_RATE)
        asked: dict[str, object] = {"sample_rate": rate, "words": True, "max_alternatives": 0}
        if self._options.hints and (phrases := phrase_list(request)):
            asked["phrase_list"] = phrases
        return msgspec.json.encode({"config": asked}).decode()


def phrase_list(request: TurnRequest) -> list[str]:
    """Return what may be said to a question for a name or an apartment, as it is spoken.

    Empty for other questions, and for a directory of which only a part could be told: who
    is not in the list could not be heard at all.
    """
    if request.question not in _NAMES or not request.vocabulary:
        return []
    grammar = grammar_for(request.question, request.vocabulary)
    if len(grammar.phrases) >= MAX_PHRASES:
        return []
    spoken = (each.spoken for each in grammar.phrases)
    return list(dict.fromkeys([*spoken, *grammar.openings, *_AROUND_NAMES, *_NUMBERS, _UNKNOWN]))


class _Turn:
    """What goes to and fro over one connection."""

    def __init__(
        self, connection: "aiohttp.ClientWebSocketResponse[bool]", heard: Callable[[str], None]
    ) -> None:
        self._connection = connection
        self._decoder = msgspec.json.Decoder(_Answer)
        self._heard = heard
        self._so_far = ""
        self._unanswered = 0
        self._ended = False

    async def send(self, configuration: str, sound: TurnSound) -> None:
        """Send the turn; a lost connection is for `words` to report."""
        with suppress(aiohttp.ClientError, OSError):
            await self._connection.send_str(configuration)
            async for packet in sound.packets():
                self._unanswered += 1
                await self._connection.send_bytes(packet)
            self._unanswered += 1
            self._ended = True
            await self._connection.send_str(_EOF)

    async def words(self) -> list[_Answer]:
        """Return the turn's sentences, telling the words so far meanwhile."""
        sentences: list[_Answer] = []
        told = 0
        while True:
            message = await self._connection.receive()
            if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                if self._ended and sentences and message.type is not aiohttp.WSMsgType.ERROR:
                    return sentences  # Not every server answers each packet; all close at the end.
                raise SpeechError(
                    "the Vosk server broke off in the middle of a turn: see its log, and that its "
                    "model takes sound of 16000 Hz"
                )
            told += len(message.data)
            if told > _MOST_TOLD:
                raise SpeechError("the Vosk server answers without end: check PORTEIRO_VOSK_URL")
            answer = self._decoded(message.data)
            self._unanswered -= 1
            if answer.text is not None:
                sentences.append(answer)
            self._tell([*(each.text or "" for each in sentences), answer.partial or ""])
            if self._ended and self._unanswered <= 0 and answer.text is not None:
                return sentences

    def _tell(self, parts: list[str]) -> None:
        so_far = _known(" ".join(parts))
        if so_far and so_far != self._so_far:
            self._so_far = so_far
            self._heard(so_far)

    def _decoded(self, text: str | bytes) -> _Answer:
        try:
            return self._decoder.decode(text)
        except (ValueError, RecursionError):  # Its words would hold what was said.
            raise _no_vosk() from None


def _no_vosk() -> SpeechError:
    return SpeechError("what answers is no Vosk server: check PORTEIRO_VOSK_URL", retryable=False)


def _transcript(sentences: list[_Answer], sure_from: float | None) -> Transcript:
    text = _known(" ".join(each.text or "" for each in sentences))
    if not text:
        return NOTHING
    rated = [_rated(word) for each in sentences for word in each.result if word.word != _UNKNOWN]
    if not rated:
        return Transcript(text, _UNTOLD_CONFIDENCE, sure=False)
    every_word = " ".join(word for word, _ in rated) == text
    confidences = [confidence for _, confidence in rated]
    sure = sure_from is not None and every_word and min(confidences) >= sure_from
    return Transcript(text, sum(confidences) / len(confidences), sure=sure)


def _rated(word: _Word) -> tuple[str, float]:
    """Return a word and its confidence. Raises `SpeechError` where that can be none."""
    if not -_ROUNDING <= word.conf <= 1 + _ROUNDING:
        raise _no_vosk()
    return word.word, min(1.0, max(0.0, word.conf))


def _known(text: str) -> str:
    return " ".join(word for word in text.split() if word != _UNKNOWN)


async def _connected(
    session: aiohttp.ClientSession, options: VoskOptions
) -> "aiohttp.ClientWebSocketResponse[bool]":
    """Return a connection. Raises `SpeechError` when there is none to be had."""
    try:
        async with asyncio.timeout(options.connect_s):
            return await session.ws_connect(options.url, max_msg_size=_LONGEST_MESSAGE)
    except TimeoutError as error:
        raise SpeechError(
            f"the Vosk server did not answer within {options.connect_s:g} s: check "
            f"PORTEIRO_VOSK_URL"
        ) from error
    except aiohttp.WSServerHandshakeError as error:
        raise _refused(error) from None  # It holds the address, perhaps with a password.
    except (aiohttp.ClientSSLError, aiohttp.ClientConnectorCertificateError):
        raise SpeechError(
            "the Vosk server's TLS certificate is not trusted: use ws:// in "
            "PORTEIRO_VOSK_URL inside your "
            "own network, or install its authority's certificate",
            retryable=False,
        ) from None
    except (aiohttp.InvalidURL, ValueError):
        raise SpeechError(
            "PORTEIRO_VOSK_URL is no address of a Vosk server: write it as ws://host:2700",
            retryable=False,
        ) from None
    except (aiohttp.ClientError, OSError) as error:
        why = type(error).__name__
        raise SpeechError(
            f"the Vosk server cannot be reached ({why}): see that it runs, and check "
            f"PORTEIRO_VOSK_URL"
        ) from None


def _refused(error: aiohttp.WSServerHandshakeError) -> SpeechError:
    may_pass = error.status == 429 or error.status >= 500
    wait = error.headers.get("Retry-After", "") if error.headers else ""
    return SpeechError(
        f"the Vosk server refused the connection with HTTP status {error.status}: check "
        f"PORTEIRO_VOSK_URL",
        retryable=may_pass,
        retry_after_s=pause_asked_for(wait) if may_pass else None,
    )
