"""The worker program: hears one turn after the other with a model in a folder.

`python -m porteiro.speech.whisper.worker FOLDER THREADS`
"""

import os
import sys
from collections.abc import Iterator
from math import exp
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import soxr

from porteiro.errors import SpeechError
from porteiro.speech.whisper.messages import Turn, Words, decode_turn, encode
from porteiro.speech.worker_program import Answer, run

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from numpy.typing import NDArray

_RATE: Final = 16000
_MOST_TOKENS: Final = 128
"""Nobody says more in a turn; a model that loops would go on to 448."""
_LOOP: Final = 2.4
"""Whisper's own threshold: text that compresses better repeats itself."""


def prepare(folder: Path, threads: int) -> Answer:
    """Load the model, and return what hears with it. Raises `SpeechError`."""
    model = _loaded(folder, threads)

    def hear(body: bytes) -> Iterator[bytes]:
        yield encode(_heard(model, decode_turn(body)))

    return hear


def _loaded(folder: Path, threads: int) -> "WhisperModel":
    os.environ["HF_HUB_OFFLINE"] = "1"  # a file that is missing is not to be had from anywhere
    try:
        from faster_whisper import WhisperModel  # noqa: PLC0415  an extra, and this says so

        model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=threads)
    except ImportError as error:
        raise SpeechError(
            f"faster-whisper cannot be loaded ({error}): pip install 'porteiro[whisper]'"
        ) from error
    except (RuntimeError, ValueError, OSError) as error:
        raise SpeechError(
            f"PORTEIRO_WHISPER_MODEL={str(folder)!r} holds no model that can be loaded "
            f"({str(error).splitlines()[0][:120]}): fetch it again with "
            "`porteiro setup --speech whisper`"
        ) from error
    if not model.model.is_multilingual:
        raise SpeechError(
            f"PORTEIRO_WHISPER_MODEL={str(folder)!r} knows English alone: "
            "take a model whose name does not end with .en"
        )
    return model


def _heard(model: "WhisperModel", turn: Turn) -> Words:
    segments, _ = model.transcribe(
        _sound(turn),
        language=turn.language,
        hotwords=turn.hints or None,
        temperature=0.0,  # no second try with other words: it would take as long again
        without_timestamps=True,
        condition_on_previous_text=False,
        no_speech_threshold=None,  # what is silence is judged where all engines are judged
        log_prob_threshold=None,
        compression_ratio_threshold=None,
        max_new_tokens=_MOST_TOKENS,
    )
    spoken = [segment for segment in segments if segment.compression_ratio <= _LOOP]
    if not spoken:
        return Words("", 0.0, 1.0)
    return Words(
        " ".join(segment.text.strip() for segment in spoken),
        min(1.0, exp(sum(segment.avg_logprob for segment in spoken) / len(spoken))),
        min(segment.no_speech_prob for segment in spoken),
    )


def _sound(turn: Turn) -> "NDArray[np.float32]":
    samples = np.frombuffer(turn.pcm, "<i2").astype(np.float32) / 32768
    resampled: NDArray[np.float32] = soxr.resample(samples, turn.sample_rate, _RATE)
    return resampled


if __name__ == "__main__":
    run(lambda: prepare(Path(sys.argv[1]), int(sys.argv[2])))
