"""Phrases in a row: what is given up is neither made nor said any more."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from porteiro.calls.talking import Talker, TalkOptions, TalkParts
from porteiro.clock import LoopClock
from porteiro.dialogue.effects import Say, Words
from porteiro.dialogue.terms import Role
from porteiro.errors import SpeechError
from tests.fakes import FakeLine, Utterances
from tests.leg_scene import TEXTS

pytestmark = pytest.mark.virtual_time


class Voice:
    """Says what is in memory, and for the rest takes for ever."""

    def __init__(self) -> None:
        self.making: list[str] = []
        self.stopped: list[str] = []

    def cached(self, text: str, voice: str, sample_rate: int) -> bytes | None:
        return TEXTS.get(text)

    async def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        self.making.append(text)
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped.append(text)
        yield b""


@dataclass
class Told:
    """What a talker tells its observer."""

    silent: int = 0
    given_up: list[str] = field(default_factory=list)

    def fell_silent(self) -> None:
        self.silent += 1

    def first_frame_left(self, at: float) -> None:
        pass

    def interrupted(self, key: str, played_s: float, length_s: float | None) -> None:
        self.given_up.append(key)

    def speech_failed(self, error: SpeechError) -> None:
        pytest.fail(str(error))


class Scene:
    """One talker."""

    def __init__(self) -> None:
        self.voice, self.told, self.line = Voice(), Told(), FakeLine(Utterances())
        spawn = asyncio.get_running_loop().create_task
        parts = TalkParts(self.voice, {}, LoopClock(), spawn)
        self.talker = Talker(self.line, parts, TalkOptions("pt-br", 5.0), self.told)

    def say(self, text: str) -> None:
        self.talker.say(Say(Role.VISITOR, text, (Words(text),)))


@pytest.mark.parametrize("end", ["stop", "give_up", "hold"])
async def test_what_is_not_said_any_more_is_not_made_any_more(end: str) -> None:
    scene = Scene()
    scene.say("Nunca pronta.")
    await asyncio.sleep(1)
    assert scene.voice.making == ["Nunca pronta."]
    if end == "give_up":
        scene.talker.pause()
    getattr(scene.talker, end)()
    await asyncio.sleep(0.1)
    assert scene.voice.stopped == ["Nunca pronta."]


async def test_what_waited_behind_a_phrase_that_was_given_up_is_never_said() -> None:
    scene = Scene()
    scene.say("Prefixo.")
    scene.say("Pergunta?")
    await asyncio.sleep(0.5)
    scene.talker.pause()
    scene.talker.give_up()
    assert not scene.talker.talking
    scene.say("Um momento.")
    await asyncio.sleep(20)
    assert scene.told.given_up == ["Prefixo."]
    assert scene.told.silent == 1
    assert bytes(scene.line.played).endswith(TEXTS["Um momento."])
    assert len(scene.line.played) < len(TEXTS["Prefixo."]) + len(TEXTS["Um momento."])
