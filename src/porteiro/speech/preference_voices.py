"""Voices in order of preference, each with a cache of its own.

Were there one cache over all of them, what the last one said while the first was away
would be said in its voice for ever.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Protocol

from porteiro.calls.ports import Voices
from porteiro.errors import SpeechError
from porteiro.speech.phrase_cache import Progress
from porteiro.speech.preference import PassedOnError, Preference, Try, Way
from porteiro.speech.preference_breaker import ProviderState

_PAUSE_S = 0.2
"""Silence between a phrase that broke off and the same phrase in the next voice."""


class KeptVoices(Voices, Protocol):
    """Voices that can make phrases ahead, as a `PhraseCache` does."""

    async def warm(
        self, texts: Iterable[str], voice: str, sample_rate: int, progress: Progress | None = None
    ) -> None:
        """Have every one of `texts` ready. Raises `SpeechError`."""
        ...


class PreferredVoices:
    """Speaks with the first voice that can; implements `porteiro.calls.ports.Voices`."""

    def __init__(self, preference: Preference[KeptVoices]) -> None:
        """Speak with the voices of `preference`."""
        self._preference = preference

    @property
    def states(self) -> tuple[ProviderState, ...]:
        """How each provider is, best first."""
        return self._preference.states

    def cached(self, text: str, voice: str, sample_rate: int) -> bytes | None:
        """Return the whole phrase where the voice that would make it now, or a better, has it.

        Of a voice that failed last it is not known whether it would: then the next may have it.
        """
        for member in self._preference:
            pcm = member.choice.provider.cached(text, voice, sample_rate)
            trusted = member.breaker.available and not member.breaker.state.in_a_row
            if pcm is not None or trusted:
                return pcm
        return None

    async def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        """Yield the phrase in chunks of whole samples, from the first voice that makes it.

        Should that one break off, or be silent for longer than its limit, the next says
        the phrase from its beginning after a short pause. Raises `SpeechError`, with the
        reason of each, when none can say it.
        """
        way = self._preference.way()
        begun = False
        while tried := way.next():
            made = _Made(tried.choice.provider.stream(text, voice, sample_rate))
            try:
                pause = begun
                while chunk := await self._chunk(way, tried, made, silent=not text.strip()):
                    if pause:
                        yield bytes(2 * int(_PAUSE_S * sample_rate))
                    begun, pause = True, False
                    yield chunk
            except PassedOnError:
                continue
            else:
                return
            finally:
                self._preference.abandon(made.task)
                # A person who interrupts a voice that speaks has no quarrel with it.
                tried.answered() if made.sounded else tried.dropped()
        raise way.exhausted()

    async def warm(
        self, texts: Iterable[str], voice: str, sample_rate: int, progress: Progress | None = None
    ) -> None:
        """Have every one of `texts` ready in the first voice that can make them, however long.

        Raises `SpeechError`, with the reason of each, when none can.
        """
        wanted = list(texts)
        way = self._preference.way()
        while tried := way.next():
            try:
                await tried.choice.provider.warm(wanted, voice, sample_rate, progress)
            except SpeechError as error:
                tried.failed(error)
            else:
                tried.answered()
                return
            finally:
                tried.dropped()
        raise way.exhausted()

    async def aclose(self) -> None:
        """Wait for what was abandoned; the voices are their owner's to close."""
        await self._preference.aclose()

    async def _chunk(
        self, way: Way[KeptVoices], tried: Try[KeptVoices], made: "_Made", *, silent: bool
    ) -> bytes | None:
        """Return the next sound, None after the last; `silent` words need not have any."""
        chunk = await way.within_limit(tried, made.next())
        if chunk is None and not (made.sounded or silent):
            raise tried.failed(SpeechError("it made no sound of the phrase: check its voice"))
        return chunk


class _Made:
    """A phrase as one provider makes it, in one task from its beginning to its end.

    A stream may hold what belongs to the task that began it, such as a time limit; and one
    that is slow to stop must hold nobody up.
    """

    def __init__(self, stream: AsyncIterator[bytes]) -> None:
        self.sounded = False
        self._odd = b""
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.task = asyncio.create_task(self._make(stream))

    async def next(self) -> bytes | None:
        """Return the next whole samples, None after the last. Raises what the provider does."""
        while (chunk := await self._chunks.get()) is not None:
            sound = self._odd + chunk
            whole = len(sound) // 2 * 2
            self._odd = sound[whole:]
            if whole:
                self.sounded = True
                return sound[:whole]
        await self.task
        return None

    async def _make(self, stream: AsyncIterator[bytes]) -> None:
        try:
            async for chunk in stream:
                self._chunks.put_nowait(chunk)
        finally:
            self._chunks.put_nowait(None)
