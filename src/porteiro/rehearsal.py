"""What calls will say, synthesized before it is said."""

import asyncio
from collections.abc import Iterable, Iterator

import structlog

from porteiro.condominiums.condominium import Condominium
from porteiro.dialogue.phrases import Phrases
from porteiro.errors import SpeechError
from porteiro.speech.phrase_cache import Progress
from porteiro.speech.preference_voices import KeptVoices

_log = structlog.get_logger()

_RATE = 8000

Said = tuple[str, str]
"""A text, and the voice that says it."""


class Rehearsal:
    """Has the phrases of condominiums synthesized ahead, each text once."""

    def __init__(self, voices: KeptVoices) -> None:
        """Have `voices` make the phrases."""
        self._voices = voices
        self._ready: set[Said] = set()
        self._complaint = ""
        self._coming: asyncio.Queue[list[Condominium]] = asyncio.Queue()

    async def now(
        self, condominiums: Iterable[Condominium], progress: Progress | None = None
    ) -> None:
        """Make what these condominiums say; `progress` hears of each voice by itself.

        Raises `SpeechError` when it cannot be made.
        """
        texts: dict[str, dict[str, None]] = {}
        for condominium in condominiums:
            for text in _phrases(condominium):
                if (text, condominium.voice) not in self._ready:
                    texts.setdefault(condominium.voice, {})[text] = None
        for voice, wanted in texts.items():
            await self._voices.warm(wanted, voice, _RATE, progress)
            self._ready.update((text, voice) for text in wanted)

    def soon(self, condominiums: Iterable[Condominium]) -> None:
        """Have what these condominiums say made in the background."""
        self._coming.put_nowait(list(condominiums))

    async def run(self) -> None:
        """Make what is to be made soon; until cancelled."""
        while True:
            await self.try_now(await self._coming.get())

    async def try_now(self, condominiums: Iterable[Condominium]) -> None:
        """Make what they say, or log why that cannot be."""
        try:
            await self.now(condominiums)
        except SpeechError as error:
            if str(error) != self._complaint:
                _log.error(
                    "phrases cannot be synthesized: until this is mended, callers are hung up "
                    "on without a word",
                    reason=str(error),
                )
            self._complaint = str(error)
        else:
            self._complaint = ""


def _phrases(condominium: Condominium) -> Iterator[str]:
    """Yield what is said where everything is asked at once, and where one thing at a time."""
    for one_thing in (True, False):
        phrases = Phrases(condominium.name, condominium.greeting, one_thing_at_a_time=one_thing)
        yield from phrases.fixed()
