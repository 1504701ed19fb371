"""Recognition by Azure's REST API for short audio, sent while the person speaks.

It gives no partial results and takes no hints. It stops listening at a pause; what is said
after it goes up in another request, and the words are joined.
"""

import struct
from collections.abc import AsyncIterator, Callable
from typing import Final

import aiohttp
import msgspec
import numpy as np

from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.errors import SpeechError
from porteiro.speech.azure.options import AZURE, KEY_HEADER, AzureOptions
from porteiro.speech.streamed_turn import NOTHING, StreamedTurn, TurnSound

_RATE: Final = 16_000
"""The one rate, in Hz, of the sound it takes."""
_LONGEST_TURN_S: Final = 60.0
_LONGEST_ANSWER: Final = 131_072
_MOST_PIECES: Final = 8
"""A turn falls into no more pieces than this, whatever the service does."""
_LOUD: Final = 300
"""Samples below this (-41 dBFS) are a pause, which need not be heard by itself."""
_LEAD_BYTES: Final = 2 * _RATE // 5
_NOTHING_SAID: Final = frozenset(
    {"NoMatch", "InitialSilenceTimeout", "BabbleTimeout", "EndOfDictation"}
)


class _Guess(msgspec.Struct, frozen=True, rename="pascal"):
    lexical: str
    confidence: float


class _Answer(msgspec.Struct, frozen=True):
    status: str = msgspec.field(name="RecognitionStatus")
    guesses: tuple[_Guess, ...] = msgspec.field(name="NBest", default=())


class AzureTranscriber:
    """Hears anything that is said in one language; a `Transcriber`."""

    def __init__(self, session: aiohttp.ClientSession, options: AzureOptions) -> None:
        """Use `session`, which its owner closes."""
        self._session = session
        self._options = options
        self._decoder = msgspec.json.Decoder(_Answer, strict=False)  # 0.9 comes as "0.9", too

    @property
    def closed_grammar(self) -> bool:
        """False: it hears whole sentences."""
        return False

    def open(self, request: TurnRequest) -> StreamedTurn:
        """Begin a turn."""
        sound = TurnSound(request.sample_rate, _RATE)
        return StreamedTurn(AZURE.name, sound, self._hear, self._options.limit_s)

    async def _hear(self, sound: TurnSound, tell: Callable[[Transcript], None]) -> None:
        heard = [await self._hear_piece(b"", sound)]
        while len(heard) < _MOST_PIECES and (begun := await _more_words(sound)):
            heard.append(await self._hear_piece(begun, sound))
        tell(_joined(heard, self._options.sure_from))

    async def _hear_piece(self, begun: bytes, sound: TurnSound) -> Transcript:
        """Send the sound up to its end, or to where the service has heard enough."""
        options = self._options
        limit = aiohttp.ClientTimeout(
            total=_LONGEST_TURN_S + options.limit_s, sock_connect=options.limit_s
        )
        try:
            # A redirect is not followed: what people say goes where it was meant to go.
            async with self._session.post(
                options.recognition,
                params={"language": options.language, "format": "detailed", "profanity": "raw"},
                data=_wave(begun, sound),
                expect100=True,
                headers={
                    KEY_HEADER: options.key,
                    "Content-Type": f"audio/wav; codecs=audio/pcm; samplerate={_RATE}",
                    "Accept": "application/json",
                    "Accept-Encoding": "identity",
                },
                timeout=limit,
                allow_redirects=False,
            ) as answer:
                if answer.status != 200:
                    raise AZURE.refused(answer.status, answer.headers)
                return self._words(await _read(answer))
        except TimeoutError:
            raise AZURE.too_slow(options.limit_s) from None
        except aiohttp.ClientError as error:
            raise AZURE.unreachable(error) from None

    def _words(self, text: bytes) -> Transcript:
        try:
            answer = self._decoder.decode(text)
        except (ValueError, RecursionError):
            raise AZURE.malformed("did not answer with a recognition result") from None
        if answer.status in _NOTHING_SAID:
            return NOTHING
        if answer.status != "Success":
            raise SpeechError("Azure Speech gave this turn up; look at its status page if it lasts")
        if not answer.guesses:
            return NOTHING
        best = answer.guesses[0]
        if not 0 <= best.confidence <= 1:
            raise AZURE.malformed("gave a confidence that is not between 0 and 1")
        return Transcript(best.lexical.strip(), best.confidence, sure=False)


def _joined(heard: list[Transcript], sure_from: float) -> Transcript:
    """Return the words of all pieces; they are as sure as the least sure."""
    spoken = [piece for piece in heard if piece.text]
    if not spoken:
        return NOTHING
    confidence = min(piece.confidence for piece in spoken)
    text = " ".join(piece.text for piece in spoken)
    return Transcript(text, confidence, sure=confidence >= sure_from)


async def _wave(begun: bytes, sound: TurnSound) -> AsyncIterator[bytes]:
    """Yield a WAV file of `begun` and what follows, its length unknown when it begins."""
    sizes = 0xFFFF_FFFF
    yield struct.pack(
        *("<4sI4s4sIHHIIHH4sI", b"RIFF", sizes, b"WAVE", b"fmt ", 16),
        *(1, 1, _RATE, 2 * _RATE, 2, 16, b"data", sizes),
    )
    if begun:
        yield begun
    async for packet in sound.packets():
        if packet:
            yield packet


async def _more_words(sound: TurnSound) -> bytes:
    """Wait for the person to say more; empty where the turn ended in silence."""
    pause = b""
    async for packet in sound.packets():
        pause = pause[-_LEAD_BYTES:] + packet
        if np.abs(np.frombuffer(packet, "<i2").astype(np.int32)).max(initial=0) >= _LOUD:
            return pause
    return b""


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    text = bytearray()
    async for chunk in answer.content.iter_any():
        text += chunk
        if len(text) > _LONGEST_ANSWER:
            raise AZURE.malformed(f"answered more than {_LONGEST_ANSWER} bytes")
    return bytes(text)
