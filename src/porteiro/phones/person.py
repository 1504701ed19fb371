"""A simulated human on a phone: listens, thinks for a moment, and reacts."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from porteiro.calls.board import Change
from porteiro.dialogue.terms import Role
from porteiro.errors import LineClosedError
from porteiro.phones.audiosocket import AudioSocketPhone
from porteiro.phones.reactions import (
    RECORD,
    Asked,
    Leave,
    Press,
    Reaction,
    Script,
    Speak,
)
from porteiro.phones.voice import Voice, speak

_NEWS_LAG_S: Final = 0.1
"""How much later the news that Porteiro speaks may come than the sound itself."""


@dataclass(frozen=True, slots=True)
class Temper:
    """How quick a person is: seconds before they react, and between two keys."""

    quickest_s: float = 0.3
    slowest_s: float = 0.7
    between_keys_s: float = 0.18


@dataclass(frozen=True, slots=True)
class Part:
    """Who a person is in the conversation, what they do in it, and how they sound."""

    role: Role
    script: Script
    voice: Voice
    temper: Temper = field(default_factory=Temper)


class Person:
    """A human with a phone in the hand and a script in the head.

    What was asked is learned from the call's changes; when to answer, from the sound
    alone: only when Porteiro has stopped talking.
    """

    def __init__(self, part: Part, phone: AudioSocketPhone, chance: random.Random) -> None:
        """Give a person their part and their phone; `chance` draws their reaction times."""
        self._part = part
        self._phone = phone
        self._chance = chance
        self._loop = asyncio.get_running_loop()
        self._times: Counter[str] = Counter()
        self._prompt: list[str] = []
        self._said_at = float("-inf")
        self._question = ""
        self._asked = asyncio.Event()

    async def live(self, changes: AsyncIterable[Change]) -> None:
        """Stay on the phone until the call ends; `changes` are those of every call."""
        async with asyncio.TaskGroup() as life:
            attention = life.create_task(self._listen(changes))
            answers = life.create_task(self._answer())
            await self._phone.ended()
            attention.cancel()
            answers.cancel()

    async def _listen(self, changes: AsyncIterable[Change]) -> None:
        """Keep in mind what Porteiro said last, and what it wants to know."""
        async for change in changes:
            ours = (
                change.call_id == self._phone.call_id and change.data.get("role") == self._part.role
            )
            if not ours:
                continue
            if change.kind == "say":
                self._said_at = self._loop.time() - _NEWS_LAG_S
                self._prompt.append(str(change.data.get("text", "")))
                if str(change.data.get("key", "")).startswith(RECORD):
                    self._ask(RECORD)
            elif change.kind == "listen":
                self._ask(str(change.data.get("question", "")))

    def _ask(self, question: str) -> None:
        """Be asked something; it replaces what has not been answered yet."""
        self._question = question
        self._times[question] += 1
        self._asked.set()

    async def _answer(self) -> None:
        """Answer each question once Porteiro has put it and is silent."""
        with suppress(LineClosedError):
            while True:
                await self._asked.wait()
                await self._phone.phrase_end(self._said_at)
                await asyncio.sleep(
                    self._chance.uniform(self._part.temper.quickest_s, self._part.temper.slowest_s)
                )
                if self._phone.ear.talking or self._phone.ear.last_voice < self._said_at:
                    continue
                self._asked.clear()
                question = self._question
                asked = Asked(question, " ".join(self._prompt), self._times[question])
                self._prompt.clear()
                await self._do(self._part.script.react(asked))

    async def _do(self, reaction: Reaction) -> None:
        """Carry a reaction out."""
        if isinstance(reaction, Speak):
            sound = await speak(reaction.text, self._part.voice, self._phone.options.sample_rate)
            self._phone.mark("says", reaction.text)
            await self._phone.say(sound)
            self._phone.mark("said", reaction.text)
        elif isinstance(reaction, Press):
            for key in reaction.keys:
                self._phone.press(key)
                await asyncio.sleep(self._part.temper.between_keys_s)
        elif isinstance(reaction, Leave):
            self._phone.hang_up()
