"""Transcription by a server that speaks OpenAI's API: a turn is sent whole, as it ends."""

import asyncio
import io
import wave
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.speech.gathered_turn import NOTHING, GatheredTurn, is_speech
from porteiro.speech.openai.client import Server, plain_words
from porteiro.speech.openai.heard import Heard, all_of, believed, stream_of

MAX_TURN_S: Final = 30.0
"""Nobody at a gate talks longer; what is said after that is not sent."""

_SETTING: Final = "PORTEIRO_OPENAI_TRANSCRIPTION_MODEL"
_LONGEST_PROMPT: Final = 600  # characters; models read the last 224 tokens
_MOST_KEYWORDS: Final = 100
_UNKNOWN_CONFIDENCE: Final = 0.5

Evidence = Literal["auto", "segments", "logprobs", "none"]


@dataclass(frozen=True, slots=True)
class TranscriptionOptions:
    """Which model hears, and what it is told.

    `hints` sends the words that are expected, residents' names among them. `evidence` is how
    the model says how sure it is: Whisper's segments, tokens' log probabilities, or not at
    all; "auto" goes by the model's name. `streamed` asks for the words as they are found,
    which not every server can. A yes counts unconfirmed from a confidence of `sure_from` on.
    """

    model: str = "gpt-transcribe"
    language: str = "pt"
    hints: bool = True
    evidence: Evidence = "auto"
    streamed: bool = False
    limit_s: float = 5.0
    sure_from: float = 0.85


class OpenAITranscriber:
    """Hears anything that is said, in one language."""

    def __init__(self, server: Server, options: TranscriptionOptions | None = None) -> None:
        """Send turns to `server`, whose owner closes it."""
        self._server = server
        self._options = options or TranscriptionOptions()

    @property
    def closed_grammar(self) -> bool:
        """False: whole sentences are heard."""
        return False

    def open(self, request: TurnRequest) -> GatheredTurn:
        """Begin a turn."""
        return GatheredTurn(request.sample_rate, MAX_TURN_S, partial(self._hear, request))

    async def _hear(self, request: TurnRequest, pcm: bytes) -> Transcript:
        """Return what was said, empty where that cannot be believed.

        Raises `SpeechError` when the server fails. Cancelling it drops the request.
        """
        if not is_speech(pcm, request.sample_rate):  # what is shorter the API refuses, too
            return NOTHING
        options = self._options
        hints = request.vocabulary if options.hints else ()
        heard = await self._ask(request, _wav(pcm, request.sample_rate), hints)
        text = believed(self._server.name, heard, options.language, hints)
        if not text:
            return NOTHING
        if heard.confidence is None:
            return Transcript(text, _UNKNOWN_CONFIDENCE, sure=False)
        return Transcript(text, heard.confidence, sure=heard.confidence >= options.sure_from)

    async def _ask(self, request: TurnRequest, wav: bytes, hints: tuple[str, ...]) -> Heard:
        options = self._options
        asking = self._server.client.audio.transcriptions.with_streaming_response.create(
            file=("turn.wav", wav, "audio/wav"),
            model=options.model,
            extra_body=_told(options, hints),
            timeout=options.limit_s,
        )
        with plain_words(self._server, _SETTING, options.limit_s):
            async with asyncio.timeout(options.limit_s), asking as answer:
                if answer.headers.get("content-type", "").startswith("text/event-stream"):
                    return await stream_of(answer.iter_lines(), request.partial)
                return all_of(await answer.read())


def _told(options: TranscriptionOptions, hints: tuple[str, ...]) -> dict[str, object]:
    """Return what the request says besides the sound, in the way of the model's family."""
    told: dict[str, object] = {"language": options.language}
    if options.streamed:
        told["stream"] = True
    match _evidence(options):
        case "segments":
            told["response_format"] = "verbose_json"
        case "logprobs":
            told |= {"response_format": "json", "include": ["logprobs"]}
        case _:
            told["response_format"] = "json"
    if hints and options.model.startswith("gpt-transcribe"):
        told["keywords"] = list(hints[:_MOST_KEYWORDS])
    elif hints:
        told["prompt"] = ", ".join(hints)[:_LONGEST_PROMPT]
    return told


def _evidence(options: TranscriptionOptions) -> Evidence:
    if options.evidence != "auto":
        return options.evidence
    if options.model.startswith("gpt-"):
        with_logprobs = options.model.startswith("gpt-4o") and "diarize" not in options.model
        return "logprobs" if with_logprobs else "none"
    return "segments"


def _wav(pcm: bytes, sample_rate: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(sample_rate)
        sound.writeframes(pcm)
    return file.getvalue()
