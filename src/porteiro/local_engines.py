"""The engines that run on this machine, whisper and piper: their data, and their workers."""

import importlib.util
import os
from pathlib import Path
from typing import Final

from porteiro.errors import SettingsError
from porteiro.settings import Settings
from porteiro.speech.piper.synthesizer import piper_workers
from porteiro.speech.whisper.transcriber import whisper_workers
from porteiro.speech.worker_pool import WorkerPool

WHISPER_MODEL: Final = "faster-whisper-small"
PIPER_VOICE: Final = "pt_BR-faber-medium"

_MODULES: Final = {"whisper": "faster_whisper", "piper": "piper"}
_WHISPER_THREADS: Final = 4
"""Of one worker: a turn is waited for, and with more of them it is hardly faster."""
_PIPER_THREADS: Final = 2


def whisper_model(settings: Settings) -> Path:
    """Return the folder of Whisper's model."""
    return settings.whisper_model or settings.data_dir / "models" / WHISPER_MODEL


def piper_voice(settings: Settings) -> Path:
    """Return the file of Piper's voice."""
    return settings.piper_voice or settings.data_dir / "models" / f"{PIPER_VOICE}.onnx"


def whisper_lacks(folder: Path) -> list[str]:
    """Return the files that a folder lacks to be a model."""
    vocabulary = [] if any(folder.glob("vocabulary.*")) else ["vocabulary.json"]
    needed = ("model.bin", "config.json", "tokenizer.json")
    return [name for name in needed if not (folder / name).is_file()] + vocabulary


def piper_lacks(voice: Path) -> list[str]:
    """Return the files that a voice lacks."""
    needed = (voice.name, f"{voice.name}.json")
    return [name for name in needed if not voice.with_name(name).is_file()]


def whisper_pool(settings: Settings) -> WorkerPool:
    """Return workers that hear, to be started.

    Raises `SettingsError` where the extra or the model is missing.
    """
    _needs_extra("PORTEIRO_TRANSCRIBERS", "whisper")
    folder = whisper_model(settings)
    if lacking := whisper_lacks(folder):
        raise SettingsError(
            f"PORTEIRO_WHISPER_MODEL={str(folder)!r} is no folder with a Whisper model (it has no "
            f"{lacking[0]}): fetch one with `porteiro setup --speech whisper`"
        )
    count, threads = fitted(settings.max_transcriptions, _WHISPER_THREADS)
    return WorkerPool(whisper_workers(folder, count, threads))


def piper_pool(settings: Settings) -> WorkerPool:
    """Return workers that speak, to be started.

    Raises `SettingsError` where the extra or the voice is missing.
    """
    _needs_extra("PORTEIRO_SYNTHESIZERS", "piper")
    voice = piper_voice(settings)
    if lacking := piper_lacks(voice):
        raise SettingsError(
            f"PORTEIRO_PIPER_VOICE={str(voice)!r} is no voice (there is no {lacking[0]}): "
            "fetch one with `porteiro setup --speech piper`"
        )
    count, threads = fitted(settings.max_synthesis, _PIPER_THREADS)
    return WorkerPool(piper_workers(voice, count, threads))


def fitted(most: int, threads: int, cores: int | None = None) -> tuple[int, int]:
    """Return how many workers of how many threads suit the machine: a core for each thread."""
    cores = cores or len(os.sched_getaffinity(0))
    return max(1, min(most, cores // threads)), min(threads, cores)


def installed(name: str) -> bool:
    """Return whether the extra of an engine is installed."""
    return importlib.util.find_spec(_MODULES[name]) is not None


def _needs_extra(variable: str, name: str) -> None:
    if not installed(name):
        raise SettingsError(
            f"{variable} names {name}, which is not installed: pip install 'porteiro[{name}]'"
        )
