"""Understanding ahead: what a person has said so far, understood before they are done.

Words that have stood unchanged for a moment are likely to be all; if they are, their
meaning is there when the turn ends, and if they change it is thrown away.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from porteiro.calls.talking import Spawn
from porteiro.dialogue.terms import Understood
from porteiro.dialogue.words import fold

STABLE_S: Final = 0.12
"""Words that have not changed for so long are taken for stable."""

Understand = Callable[[str], Awaitable[Understood | None]]
"""Finds what words hold; None where that fails, which is told elsewhere."""


class Foresight:
    """The meaning of one turn's words, asked for ahead where they stand still."""

    def __init__(self, understand: Understand, spawn: Spawn) -> None:
        """Ask `understand`; the tasks it takes belong to whoever `spawn` is of."""
        self._understand = understand
        self._spawn = spawn
        self._words = ""
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._found: asyncio.Future[Understood | None] | None = None

    def heard(self, words: str) -> None:
        """Take all the words so far."""
        if fold(words) == fold(self._words):
            return
        self.drop()
        self._words = words
        if words.strip():
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(STABLE_S, self._ask)

    async def meaning(self, words: str) -> Understood | None:
        """Return what the turn's final words hold."""
        found = self._found
        if found is None or fold(words) != fold(self._words):
            self.drop()
            return await self._understand(words)
        return await asyncio.shield(found)

    def drop(self) -> None:
        """Throw away what was asked for. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._found = None
        self._words = ""

    def _ask(self) -> None:
        self._timer = None
        self._found = asyncio.get_running_loop().create_future()
        self._task = self._spawn(self._answer(self._found, self._words))

    async def _answer(self, found: "asyncio.Future[Understood | None]", words: str) -> None:
        try:
            meaning = await self._understand(words)
        except asyncio.CancelledError:
            found.cancel()
            raise
        if not found.done():
            found.set_result(meaning)
