"""The real services that the environment leads to, made as `porteiro serve` makes them."""

import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

from porteiro.settings import Settings, load
from porteiro.speech_parts import SpeechParts

_OPENAI = str(Settings.model_fields["openai_url"].default)


@dataclass(frozen=True)
class Part:
    """One thing that a service does, and the variables that lead to it."""

    name: str
    does: str
    variables: str
    is_set: Callable[[Settings], bool]


def _openai(settings: Settings) -> bool:
    return settings.openai_key is not None or settings.openai_url != _OPENAI


def _azure(settings: Settings) -> bool:
    return settings.azure_key is not None and settings.azure_region is not None


_BY_OPENAI = "PORTEIRO_OPENAI_KEY, or PORTEIRO_OPENAI_URL for a server of one's own"
_BY_AZURE = "AZURE_SPEECH_KEY and AZURE_SPEECH_REGION"
PARTS = (
    Part("openai", "hearing", _BY_OPENAI, _openai),
    Part("azure", "hearing", _BY_AZURE, _azure),
    Part("deepgram", "hearing", "PORTEIRO_DEEPGRAM_KEY", lambda s: s.deepgram_key is not None),
    Part("vosk", "hearing", "PORTEIRO_VOSK_URL", lambda s: s.vosk_url is not None),
    Part("wyoming", "hearing", "PORTEIRO_WYOMING_STT_URL", lambda s: s.wyoming_stt_url is not None),
    Part("openai", "speaking", _BY_OPENAI, _openai),
    Part("azure", "speaking", _BY_AZURE, _azure),
    Part(
        "wyoming", "speaking", "PORTEIRO_WYOMING_TTS_URL", lambda s: s.wyoming_tts_url is not None
    ),
    Part("openai", "understanding", _BY_OPENAI, _openai),
    Part("service", "understanding", "AI_API_URL", lambda s: s.ai_api_url is not None),
)


@cache
def settings() -> Settings:
    """Return what the environment says, and nothing else. Raises `SettingsError`."""
    return load(None)


def to_be_tried(does: str) -> list[str]:
    """Return the services of which this is to be tried."""
    return [part.name for part in PARTS if part.does == does and part.is_set(settings())]


@asynccontextmanager
async def parts() -> AsyncIterator[SpeechParts]:
    """Make parts of speech that keep no phrase after the block."""
    with TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            yield SpeechParts(settings().model_copy(update={"data_dir": Path(folder)}), stack)


def suite(contract: ModuleType, fixture: str) -> dict[str, object]:
    """Return the tests of a contract that take `fixture`, by name."""
    return {
        name: test
        for name, test in vars(contract).items()
        if name.startswith("test_") and fixture in inspect.signature(test).parameters
    }
