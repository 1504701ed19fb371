"""A transcription as the server answers it, and how far it is believed."""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from math import exp
from typing import Final

import msgspec

from porteiro.dialogue.words import tokens
from porteiro.errors import SpeechError
from porteiro.speech.credible import LONGEST, credible, is_language

_ROUNDING: Final = 0.001
"""How far over 0 a log probability may come out."""
_LIKELY_SILENCE: Final = 0.6
"""Whisper's own threshold: from here on it calls a segment silence."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the server says was said; `confidence` (0 to 1) where it says how sure it is."""

    text: str
    confidence: float | None = None
    silence: float = 0.0
    language: str = ""


class _Segment(msgspec.Struct, frozen=True):
    avg_logprob: float | None = None
    no_speech_prob: float | None = None


class _Logprob(msgspec.Struct, frozen=True):
    logprob: float | None = None


class _Answer(msgspec.Struct, frozen=True):
    text: str
    language: str | None = None
    segments: list[_Segment] | None = None
    logprobs: list[_Logprob] | None = None


class _Event(msgspec.Struct, frozen=True):
    type: str = ""
    delta: str = ""
    text: str = ""
    logprobs: list[_Logprob] | None = None


_ANSWER: Final = msgspec.json.Decoder(_Answer)
_EVENT: Final = msgspec.json.Decoder(_Event)


def all_of(body: bytes) -> Heard:
    """Return what an answer in one piece says. Raises `SpeechError` when it is none."""
    try:
        answer = _ANSWER.decode(body)
    except (ValueError, RecursionError):
        raise _no_transcription() from None
    segments = answer.segments or ()
    logprobs = [*_known(s.avg_logprob for s in segments)] or [
        *_known(token.logprob for token in answer.logprobs or ())
    ]
    silences = [*_known(segment.no_speech_prob for segment in segments)]
    silence = min(silences) if silences else 0.0
    return Heard(answer.text, _mean(logprobs), silence, answer.language or "")


async def stream_of(lines: AsyncIterator[str], partial: Callable[[str], None]) -> Heard:
    """Return what a stream of events says once it is done; tell `partial` meanwhile.

    Raises `SpeechError` when it breaks off, or is no such stream.
    """
    words = ""
    async for line in lines:
        data = line.removeprefix("data:").strip()
        if data == line.strip() or data == "[DONE]":
            continue
        try:
            event = _EVENT.decode(data)
        except (ValueError, RecursionError):
            raise _no_transcription() from None
        match event.type:
            case "transcript.text.delta":
                words += event.delta
                if len(words) > LONGEST:
                    raise SpeechError("the transcription is longer than anybody could have spoken")
                partial(words.strip())
            case "transcript.text.done":
                logprobs = [*_known(token.logprob for token in event.logprobs or ())]
                return Heard(event.text, _mean(logprobs))
            case "error":
                raise SpeechError("the transcription failed in the middle: try another model")
            case _:
                pass
    raise SpeechError("the transcription broke off before its end")


def believed(server: str, heard: Heard, language: str, hints: tuple[str, ...]) -> str:
    """Return the text, or nothing where a model wrote it of silence or in another language."""
    if heard.language and not is_language(heard.language, language):
        return ""
    text = credible(server, heard.text)
    if heard.silence >= _LIKELY_SILENCE or _repeats(" ".join(tokens(text)), hints):
        return ""
    return text


def _repeats(folded: str, hints: tuple[str, ...]) -> bool:
    """Whether the text is two or more of the hints, read out in their order."""
    told = [" ".join(tokens(hint)) for hint in hints]
    return f" {folded} " in f" {' '.join(told)} " and not any(folded in hint for hint in told)


def _known(values: Iterable[float | None]) -> Iterable[float]:
    return (value for value in values if value is not None)


def _mean(logprobs: list[float]) -> float | None:
    """Return the mean probability behind some log probabilities, 0 to 1.

    Raises `SpeechError` where one of them can be none.
    """
    if not logprobs:
        return None
    if max(logprobs) > _ROUNDING:
        raise _no_transcription()
    return min(1.0, exp(sum(logprobs) / len(logprobs)))


def _no_transcription() -> SpeechError:
    return SpeechError(
        "the answer is no transcription: check PORTEIRO_OPENAI_URL and "
        "PORTEIRO_OPENAI_TRANSCRIPTION_MODEL"
    )
