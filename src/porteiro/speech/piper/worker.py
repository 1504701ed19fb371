"""The worker program: speaks one phrase after the other with a voice in a file.

`python -m porteiro.speech.piper.worker VOICE.onnx THREADS`
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from porteiro.audio.resampling import Resampler
from porteiro.errors import SpeechError
from porteiro.speech.piper.messages import Phrase, decode_phrase
from porteiro.speech.worker_program import Answer, run

if TYPE_CHECKING:
    from piper import PiperVoice


def prepare(voice_file: Path, threads: int) -> Answer:
    """Load the voice, and return what speaks with it. Raises `SpeechError`."""
    voice = _loaded(voice_file, threads)

    def speak(body: bytes) -> Iterator[bytes]:
        return _spoken(voice, decode_phrase(body))

    return speak


def _loaded(voice_file: Path, threads: int) -> "PiperVoice":
    try:
        from onnxruntime import InferenceSession, SessionOptions  # noqa: PLC0415  an extra
        from onnxruntime.capi import onnxruntime_pybind11_state as refused  # noqa: PLC0415
        from piper import PiperVoice  # noqa: PLC0415  an extra, and this says so
        from piper.config import PiperConfig  # noqa: PLC0415
    except ImportError as error:
        raise SpeechError(
            f"piper-tts cannot be loaded ({error}): pip install 'porteiro[piper]'"
        ) from error
    no_model = (
        *(refused.Fail, refused.InvalidArgument, refused.InvalidGraph, refused.InvalidProtobuf),
        *(refused.NoSuchFile, refused.NotImplemented, refused.RuntimeException),
    )
    no_configuration = (OSError, ValueError, KeyError, TypeError, AttributeError)
    options = SessionOptions()
    options.intra_op_num_threads = threads
    try:
        config = json.loads(voice_file.with_name(f"{voice_file.name}.json").read_bytes())
        session = InferenceSession(str(voice_file), options, providers=["CPUExecutionProvider"])
        return PiperVoice(session=session, config=PiperConfig.from_dict(config))
    except (*no_model, *no_configuration) as error:
        raise SpeechError(
            f"PORTEIRO_PIPER_VOICE={str(voice_file)!r} is no voice that can be loaded "
            f"({type(error).__name__}): fetch it again with `porteiro setup --speech piper`"
        ) from error


def _spoken(voice: "PiperVoice", phrase: Phrase) -> Iterator[bytes]:
    """Yield the sound of a phrase, sentence by sentence."""
    made_at = voice.config.sample_rate
    resampler = Resampler(made_at, phrase.sample_rate) if made_at != phrase.sample_rate else None
    silent = True
    for sentence in voice.synthesize(phrase.text):
        pcm = sentence.audio_int16_bytes
        silent = silent and not pcm
        yield resampler.convert(pcm) if resampler else pcm
    if silent:
        raise SpeechError("piper finds nothing to say in this")
    if resampler:
        yield resampler.convert(bytes(2 * int(resampler.delay_s * made_at)))


if __name__ == "__main__":
    run(lambda: prepare(Path(sys.argv[1]), int(sys.argv[2])))
