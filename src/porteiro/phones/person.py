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
from porteiro.phones.reactions import (
    RECORD,
    Asked,
    Leave,
    Press,
    Reaction,
    Script,
    Speak,
)
from porteiro.phones.telephone import Telephone
from porteiro.phones.voice import Voice, speak

_NEWS_LAG_S: Final = 0.1
"""How much later the news that Porteiro speaks may come than the sound itself."""


@dataclass(frozen=True, slots=True)
class Temper:
    """How quick a person is, in seconds.

    They answer `quickest_s` to `slowest_s` after Porteiro's last sound. Quicker would be in
    time for a person, who hears that a question is over; going by silence alone, it would
    take the pause between two sentences for the end. They listen for `listens_s` before
    they interrupt it, and take `between_keys_s` from one key to the next.
    """

    quickest_s: float = 0.55
    slowest_s: float = 0.85
    listens_s: float = 1.2
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

    def __init__(self, part: Part, phone: Telephone, chance: random.Random) -> None:
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
        """Answer each question: by voice when Porteiro is silent, by keys perhaps before."""
        with suppress(LineClosedError):
            while True:
                await self._asked.wait()
                question = self._question
                asked = Asked(question, " ".join(self._prompt), self._times[question])
                reaction = self._part.script.react(asked)
                if isinstance(reaction, Press | Speak) and reaction.interrupting:
                    await asyncio.sleep(self._part.temper.listens_s)
                elif not await self._turn_came():
                    continue
                if question != self._question or not self._asked.is_set():
                    continue
                self._asked.clear()
                self._prompt.clear()
                await self._do(reaction)

    async def _turn_came(self) -> bool:
        """Wait until Porteiro has stopped talking and a person would begin; False if it goes on."""
        phone, temper = self._phone, self._part.temper
        await phone.phrase_end(self._said_at)
        thinks_s = self._chance.uniform(temper.quickest_s, temper.slowest_s)
        await asyncio.sleep(phone.ear.last_voice + thinks_s - self._loop.time())
        return not phone.ear.talking and phone.ear.last_voice >= self._said_at

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
