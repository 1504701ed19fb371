"""The engines of this machine: what is said when they lack something, and how many suit it."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from porteiro.errors import SettingsError
from porteiro.local_engines import fitted, piper_pool, whisper_pool
from porteiro.settings import Settings
from porteiro.speech.worker_pool import WorkerPool
from tests.providers.tiny_piper import piper_voice
from tests.providers.tiny_whisper import whisper_that


def refusal(make: Callable[[Settings], WorkerPool], settings: Settings) -> str:
    with pytest.raises(SettingsError) as caught:
        make(settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_model_that_is_missing_is_named_with_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "faster-whisper-small"

    assert refusal(whisper_pool, Settings(data_dir=tmp_path)) == (
        f"PORTEIRO_WHISPER_MODEL='{folder}' is no folder with a Whisper model (it has no "
        "model.bin): fetch one with `porteiro setup --speech whisper`"
    )


@pytest.mark.parametrize(
    "missing", ["model.bin", "config.json", "tokenizer.json", "vocabulary.json"]
)
def test_a_folder_that_lacks_a_file_says_which(tmp_path: Path, missing: str) -> None:
    for file in whisper_that().iterdir():
        if file.name != missing:
            (tmp_path / file.name).touch()

    assert f"it has no {missing}" in refusal(whisper_pool, Settings(whisper_model=tmp_path))


def test_a_voice_that_is_missing_is_named_with_what_to_do(tmp_path: Path) -> None:
    voice = tmp_path / "models" / "pt_BR-faber-medium.onnx"

    assert refusal(piper_pool, Settings(data_dir=tmp_path)) == (
        f"PORTEIRO_PIPER_VOICE='{voice}' is no voice (there is no pt_BR-faber-medium.onnx): "
        "fetch one with `porteiro setup --speech piper`"
    )


def test_a_voice_without_its_configuration_says_so(tmp_path: Path) -> None:
    voice = tmp_path / "some.onnx"
    voice.touch()

    assert "there is no some.onnx.json" in refusal(piper_pool, Settings(piper_voice=voice))


def test_an_extra_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    settings = Settings(whisper_model=whisper_that(), piper_voice=piper_voice())

    assert refusal(whisper_pool, settings) == (
        "PORTEIRO_TRANSCRIBERS names whisper, which is not installed: "
        "pip install 'porteiro[whisper]'"
    )
    assert "pip install 'porteiro[piper]'" in refusal(piper_pool, settings)


@pytest.mark.parametrize(
    ("most", "cores", "expected"),
    [(64, 1, (1, 1)), (64, 2, (1, 2)), (64, 16, (4, 4)), (2, 16, (2, 4)), (1, 16, (1, 4))],
)
def test_workers_are_as_many_as_have_cores_and_may_be(
    most: int, cores: int, expected: tuple[int, int]
) -> None:
    assert fitted(most, 4, cores) == expected
