"""Speech as the settings want it: providers in order of preference, what is in the box last."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, TypeVar

import aiohttp
from pydantic import SecretStr

from porteiro.calls.ports import Transcriber, Understanding
from porteiro.clock import LoopClock
from porteiro.local_engines import piper_pool, piper_voice, whisper_pool
from porteiro.settings import Settings
from porteiro.speech.azure.options import AzureOptions
from porteiro.speech.azure.synthesizer import AzureSynthesizer
from porteiro.speech.azure.transcriber import AzureTranscriber
from porteiro.speech.deepgram import DeepgramOptions, DeepgramTranscriber
from porteiro.speech.espeak import EspeakOptions, EspeakSynthesizer
from porteiro.speech.external_understanding import ExternalUnderstanding
from porteiro.speech.phrase_cache import PhraseCache, PhraseCacheOptions, Synthesizer
from porteiro.speech.piper.synthesizer import PiperSynthesizer
from porteiro.speech.pocketsphinx.transcriber import WORKERS, EmbeddedTranscriber
from porteiro.speech.preference import Choice, Preference, PreferenceOptions
from porteiro.speech.preference_transcriber import PreferredTranscriber
from porteiro.speech.preference_understanding import PreferredUnderstanding
from porteiro.speech.preference_voices import KeptVoices, PreferredVoices
from porteiro.speech.rules_understanding import RulesUnderstanding
from porteiro.speech.understanding_service import ServiceOptions, UnderstandingService
from porteiro.speech.vosk import VoskOptions, VoskTranscriber
from porteiro.speech.whisper.transcriber import WhisperOptions, WhisperTranscriber
from porteiro.speech.worker_pool import WorkerPool
from porteiro.speech.wyoming import (
    WyomingSynthesizer,
    WyomingSynthesizerOptions,
    WyomingTranscriber,
    WyomingTranscriberOptions,
)

if TYPE_CHECKING:
    from porteiro.speech.openai.parts import OpenAIParts

_Preferred = PreferredTranscriber | PreferredVoices | PreferredUnderstanding
P = TypeVar("P")

_LAST_S = 5.0
"""How long the last provider may take: there is nobody after it."""


class _Engine(Protocol):
    """What works in processes of ours, so many jobs at a time."""

    @property
    def busy(self) -> int:
        """Jobs being done."""
        ...

    @property
    def queued(self) -> int:
        """Jobs that wait."""
        ...


class SpeechParts:
    """Makes the providers that the settings name; they live as long as `stack`.

    Where only what is in the box is named, nothing stands between it and the calls.
    """

    def __init__(self, settings: Settings, stack: AsyncExitStack) -> None:
        """Make them by `settings`."""
        self._settings = settings
        self._stack = stack
        self._clock = LoopClock()
        self._session: aiohttp.ClientSession | None = None
        self._server: OpenAIParts | None = None
        self._lists: dict[str, _Preferred] = {}
        self._engines: dict[str, _Engine] = {}

    def states(self) -> list[tuple[str, str, str]]:
        """Return how each provider of a list is now: what it does, its name, its condition."""
        return [
            (part, state.name, state.condition.value)
            for part, preferred in self._lists.items()
            for state in preferred.states
        ]

    def queues(self) -> list[tuple[str, int, int]]:
        """Return each engine that has processes of ours: its name, jobs done and waiting."""
        return [(name, engine.busy, engine.queued) for name, engine in self._engines.items()]

    async def transcriber(self) -> Transcriber:
        """Return who hears."""
        workers = WorkerPool(replace(WORKERS, count=self._settings.max_transcriptions))
        embedded = EmbeddedTranscriber(await self._pool("embedded", workers))
        named = _before_the_last(self._settings.transcribers)
        if not named:
            return embedded
        choices = [await self._choice(name, self._hears) for name in named]
        last: Choice[Transcriber] = Choice("embedded", embedded, _LAST_S)
        preferred = PreferredTranscriber(
            Preference("hearing", [*choices, last], self._clock, self._options())
        )
        self._kept("hearing", preferred)
        return preferred

    async def voices(self) -> KeptVoices:
        """Return who speaks, each with a cache of its own."""
        espeak = EspeakSynthesizer(EspeakOptions(concurrency=self._settings.max_synthesis))
        self._engines["espeak"] = espeak
        embedded = self._cache(espeak)
        named = _before_the_last(self._settings.synthesizers)
        if not named:
            return embedded
        choices = [await self._choice(name, self._speaks) for name in named]
        last: Choice[KeptVoices] = Choice("embedded", embedded, _LAST_S)
        preferred = PreferredVoices(
            Preference("speaking", [*choices, last], self._clock, self._options())
        )
        self._kept("speaking", preferred)
        return preferred

    async def understanding(self) -> Understanding:
        """Return who understands visitors."""
        names = _before_the_last(self._settings.understandings)
        named = [name for name in names if name != "service" or self._settings.ai_api_url]
        if not named:
            return RulesUnderstanding()
        if named == ["service"]:  # it has the rules beside it, and an outage of its own
            return await self._understands("service")
        choices = [await self._choice(name, self._understands) for name in named]
        last: Choice[Understanding] = Choice("embedded", RulesUnderstanding(), _LAST_S)
        preferred = PreferredUnderstanding(
            Preference("understanding", [*choices, last], self._clock, self._options())
        )
        self._kept("understanding", preferred)
        return preferred

    def _options(self) -> PreferenceOptions:
        """Return options under which a first provider that may take long is asked at all."""
        usual = PreferenceOptions()
        return replace(usual, total_s=max(usual.total_s, self._settings.provider_s))

    def _kept(self, part: str, preferred: _Preferred) -> None:
        self._lists[part] = preferred
        self._stack.push_async_callback(preferred.aclose)

    async def _pool(self, name: str, pool: WorkerPool) -> WorkerPool:
        self._engines[name] = pool
        return await self._stack.enter_async_context(pool)

    async def _choice(self, name: str, make: Callable[[str], Awaitable[P]]) -> Choice[P]:
        return Choice(name, await make(name), self._settings.provider_s)

    async def _hears(self, name: str) -> Transcriber:
        settings, hints = self._settings, self._settings.speech_hints
        match name:
            case "openai":
                return (await self._openai()).hears(
                    settings.openai_transcription_model,
                    hints=hints,
                    evidence=settings.openai_evidence,
                    streamed=settings.openai_streamed,
                )
            case "azure":
                return AzureTranscriber(await self._http(), self._azure())
            case "deepgram":
                key = _shown(settings.deepgram_key)
                wanted = DeepgramOptions(
                    key, settings.deepgram_url, settings.deepgram_model, hints=hints
                )
                return DeepgramTranscriber(await self._http(), wanted)
            case "vosk":
                return VoskTranscriber(
                    await self._http(), VoskOptions(settings.vosk_url or "", hints=hints)
                )
            case "whisper":
                pool = await self._pool("whisper", whisper_pool(settings))
                return WhisperTranscriber(pool, WhisperOptions(hints=hints))
            case _:
                url, model = settings.wyoming_stt_url or "", settings.wyoming_stt_model
                return WyomingTranscriber(WyomingTranscriberOptions(url, model, hints=hints))

    async def _speaks(self, name: str) -> KeptVoices:
        settings = self._settings
        made: Synthesizer
        match name:
            case "openai":
                made = (await self._openai()).speaks(
                    settings.openai_speech_model,
                    settings.openai_voice,
                    instructions=settings.openai_instructions,
                    sample_rate=settings.openai_speech_rate,
                )
            case "azure":
                made = AzureSynthesizer(await self._http(), self._azure())
            case "piper":
                pool = await self._pool("piper", piper_pool(settings))
                made = PiperSynthesizer(pool, piper_voice(settings))
            case _:
                url, voice = settings.wyoming_tts_url or "", settings.wyoming_voice
                made = WyomingSynthesizer(WyomingSynthesizerOptions(url, voice))
        return self._cache(made)

    async def _understands(self, name: str) -> Understanding:
        settings = self._settings
        if name == "openai":
            return (await self._openai()).understands(
                settings.openai_chat_model,
                temperature=settings.openai_temperature,
                effort=settings.openai_effort,
            )
        options = ServiceOptions(settings.ai_api_url or "", settings.ai_api_limit_s)
        service = UnderstandingService(await self._http(), options, self._clock)
        return ExternalUnderstanding(service)

    def _cache(self, synthesizer: Synthesizer) -> PhraseCache:
        return PhraseCache(
            synthesizer, PhraseCacheOptions(folder=self._settings.data_dir / "phrases")
        )

    def _azure(self) -> AzureOptions:
        settings = self._settings
        region, key = settings.azure_region or "", _shown(settings.azure_key)
        return AzureOptions(
            region,
            key,
            voice=settings.azure_voice,
            recognition_url=settings.azure_recognition_url or "",
            synthesis_url=settings.azure_synthesis_url or "",
        )

    async def _openai(self) -> "OpenAIParts":
        if self._server is None:
            # The official client takes 1.5 s to import: nobody waits for it who does not use it.
            from porteiro.speech.openai.parts import openai_parts  # noqa: PLC0415

            settings = self._settings
            opened = openai_parts(settings.openai_url, _shown(settings.openai_key))
            self._server = await self._stack.enter_async_context(opened)
        return self._server

    async def _http(self) -> aiohttp.ClientSession:
        """Return the session of all providers: every call may be asking at once."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0)
            session = aiohttp.ClientSession(connector=connector)
            self._session = await self._stack.enter_async_context(session)
        return self._session


def _before_the_last(names: tuple[str, ...]) -> list[str]:
    return [name for name in names if name != "embedded"]


def _shown(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""
