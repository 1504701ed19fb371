"""The phrase cache: what was said once is never synthesized again."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from porteiro.errors import SpeechError
from porteiro.speech.phrase_store import PhraseStore

_log = structlog.get_logger()

Progress = Callable[[int, int], None]
"""Told, while phrases are made ahead, how many are ready and how many there will be."""


class Synthesizer(Protocol):
    """What makes phrases that are not in the cache."""

    @property
    def fingerprint(self) -> str:
        """What tells the sound of its phrases from another synthesizer's, or other settings'."""
        ...

    def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        """Yield the phrase in chunks of 16-bit mono at `sample_rate` Hz.

        Raises `SpeechError` when it cannot be made.
        """
        ...


@dataclass(frozen=True, slots=True)
class PhraseCacheOptions:
    """Where phrases are kept and how many: `folder` on disk, sizes in bytes.

    `warm_at_once` phrases are made side by side while warming.
    """

    folder: Path
    memory_bytes: int = 64 * 1024 * 1024
    disk_bytes: int = 256 * 1024 * 1024
    warm_at_once: int = 4


@dataclass(frozen=True, slots=True)
class _Phrase:
    text: str
    voice: str
    sample_rate: int


class PhraseCache:
    """Spoken phrases: in memory, else from disk, else from the synthesizer.

    All phrases go to disk, those with a visitor's name in them too: files are named by a
    hash, hold nothing but sound, and the longest unused are deleted first.
    """

    def __init__(self, synthesizer: Synthesizer, options: PhraseCacheOptions) -> None:
        """Put a cache over `synthesizer`; the disk is not touched before it is used."""
        self._synthesizer = synthesizer
        self._options = options
        self._store = PhraseStore(options.folder, options.disk_bytes)
        self._memory: OrderedDict[_Phrase, bytes] = OrderedDict()
        self._memory_bytes = 0
        self._making: dict[_Phrase, _Turnstile] = {}
        self._disk_failed = False

    def cached(self, text: str, voice: str, sample_rate: int) -> bytes | None:
        """Return the whole phrase if it is in memory, as 16-bit mono at `sample_rate` Hz."""
        return self._recall(_Phrase(text, voice, sample_rate))

    async def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        """Yield the phrase as it comes into being; whole, where it is kept already.

        Asked for twice at once, it is made once; the second takes over should the first
        be cancelled. Raises `SpeechError` when no synthesizer can make it.
        """
        phrase = _Phrase(text, voice, sample_rate)
        if pcm := self._recall(phrase):
            yield pcm
            return
        async with self._alone(phrase):
            if pcm := self._recall(phrase) or await self._from_disk(phrase):
                yield pcm
                return
            chunks = []
            async for chunk in self._synthesizer.stream(text, voice, sample_rate):
                chunks.append(chunk)
                yield chunk
            await self._keep(phrase, b"".join(chunks))

    async def warm(
        self, texts: Iterable[str], voice: str, sample_rate: int, progress: Progress | None = None
    ) -> None:
        """Have every one of `texts` in memory, before anyone calls.

        Raises `SpeechError` when one cannot be made; the others made so far stay.
        """
        wanted = list(dict.fromkeys(texts))
        waiting = iter(wanted)
        ready = 0

        async def make() -> None:
            nonlocal ready
            for text in waiting:
                async for _ in self.stream(text, voice, sample_rate):
                    pass
                ready += 1
                if progress:
                    progress(ready, len(wanted))

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._options.warm_at_once):
                    group.create_task(make())
        except* SpeechError as failed:
            raise SpeechError(str(failed.exceptions[0])) from failed

    @asynccontextmanager
    async def _alone(self, phrase: _Phrase) -> AsyncIterator[None]:
        """Let one at a time make a phrase; leaves nothing behind when nobody wants it."""
        turnstile = self._making.setdefault(phrase, _Turnstile())
        turnstile.visitors += 1
        try:
            async with turnstile.lock:
                yield
        finally:
            turnstile.visitors -= 1
            if not turnstile.visitors:
                del self._making[phrase]

    def _recall(self, phrase: _Phrase) -> bytes | None:
        pcm = self._memory.get(phrase)
        if pcm is not None:
            self._memory.move_to_end(phrase)
        return pcm

    def _remember(self, phrase: _Phrase, pcm: bytes) -> None:
        self._memory[phrase] = pcm
        self._memory_bytes += len(pcm)
        while self._memory_bytes > self._options.memory_bytes:
            _, forgotten = self._memory.popitem(last=False)
            self._memory_bytes -= len(forgotten)

    async def _from_disk(self, phrase: _Phrase) -> bytes | None:
        try:
            pcm = await asyncio.to_thread(self._store.read, self._name(phrase))
        except OSError as error:
            self._complain(error)
            return None
        if pcm is not None:
            self._remember(phrase, pcm)
        return pcm

    async def _keep(self, phrase: _Phrase, pcm: bytes) -> None:
        if not pcm:
            return
        self._remember(phrase, pcm)
        try:
            await asyncio.to_thread(self._store.write, self._name(phrase), pcm)
        except OSError as error:
            self._complain(error)

    def _complain(self, error: OSError) -> None:
        """Say once that the disk is of no use; memory goes on alone."""
        if not self._disk_failed:
            self._disk_failed = True
            _log.warning(
                "phrases cannot be kept on disk; they are kept in memory only",
                folder=str(self._options.folder),
                reason=error.strerror,
            )

    def _name(self, phrase: _Phrase) -> str:
        facts = (self._synthesizer.fingerprint, phrase.voice, str(phrase.sample_rate), phrase.text)
        return hashlib.sha256("\0".join(facts).encode()).hexdigest()


class _Turnstile:
    """Lets those who want one phrase through one by one, and counts them."""

    __slots__ = ("lock", "visitors")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.visitors = 0
