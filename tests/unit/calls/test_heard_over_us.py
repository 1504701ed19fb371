"""Nobody stops Porteiro for good: not its echo, a noise, or what was not meant for it."""

import numpy as np
import pytest

from porteiro.calls.leg import LegOptions
from porteiro.dialogue.effects import Say, Words
from porteiro.dialogue.events import Interrupted, SpeechStarted, Spoken
from porteiro.dialogue.terms import Role
from tests.leg_scene import QUESTION_SOUND, Scene, computing_takes_no_time, recording
from tests.noises import KINDS, make
from tests.telephone_speech import RATE, to_pcm

__all__ = ["computing_takes_no_time"]

pytestmark = pytest.mark.virtual_time


@pytest.mark.parametrize("words", ["aham", "tá", "sei", "boa noite", ""])
async def test_what_was_not_meant_for_us_lets_the_phrase_go_on(words: str) -> None:
    scene = Scene()
    scene.ear.text = words
    scene.ask()
    await scene.quiet(2.0)
    await scene.sounds(recording("06"))
    await scene.quiet(12.0)
    assert set(scene.told()) <= {SpeechStarted, Spoken}
    assert scene.told()[-1] is Spoken
    assert len(scene.line.played) > len(QUESTION_SOUND) // 2


async def test_after_it_went_on_the_whole_phrase_was_heard() -> None:
    scene = Scene()
    scene.ear.text = "aham"
    scene.ask()
    await scene.quiet(2.0)
    await scene.sounds(recording("06"))
    paused_at = 2.1
    await scene.quiet(12.0)
    rest = len(scene.line.played) / 2 / RATE
    whole = len(QUESTION_SOUND) / 2 / RATE
    assert whole - paused_at <= rest <= whole - paused_at + 1.3


@pytest.mark.parametrize("kind", sorted(KINDS))
async def test_a_noise_makes_nobody_lose_the_question(kind: str) -> None:
    scene = Scene()
    scene.ear.text = "é"
    scene.ask()
    await scene.quiet(1.5)
    await scene.sounds(to_pcm(make(kind, 3) * 3000))
    await scene.quiet(12.0)
    assert set(scene.told()) <= {SpeechStarted, Spoken}
    assert scene.told()[-1] is Spoken


@pytest.mark.parametrize("gain", [0.1, 0.3, 0.7])
@pytest.mark.parametrize("delay_s", [0.04, 0.2, 0.5])
async def test_our_echo_does_not_stop_us(gain: float, delay_s: float) -> None:
    scene = Scene()
    scene.ear.text = "apartamento quinhentos e um"
    scene.ask()
    await scene.sounds(bytes(len(QUESTION_SOUND) + 4 * RATE), echo_gain=gain, echo_s=delay_s)
    await scene.quiet(4.0)
    assert Interrupted not in scene.told()
    assert Spoken in scene.told()


async def test_who_may_not_interrupt_is_not_heard_over_us() -> None:
    scene = Scene(options=LegOptions(interruptible=frozenset({Role.RESIDENT})))
    scene.ear.text = "uma entrega"
    scene.ask()
    await scene.quiet(1.5)
    await scene.sounds(recording("33"))
    assert scene.ear.opened == 0
    assert scene.line.talking


async def test_what_asks_nothing_is_not_interrupted() -> None:
    scene = Scene()
    scene.leg.say(Say(Role.VISITOR, "farewell", (Words("Pergunta?"),)))
    await scene.quiet(1.5)
    await scene.sounds(recording("33"))
    assert scene.ear.opened == 0
    assert scene.line.talking


async def test_after_two_pauses_for_nobody_the_phrase_is_not_interrupted_again() -> None:
    scene = Scene()
    scene.ear.text = "aham"
    scene.ask("Pergunta?", "Pergunta?", "Pergunta?")
    for opened in (1, 2, 2):
        await scene.quiet(2.0)
        await scene.sounds(recording("06"))
        await scene.quiet(1.0)
        assert scene.line.talking
        assert scene.ear.opened == opened


async def test_one_long_noise_makes_us_pause_only_once() -> None:
    scene = Scene()
    scene.ear.text = "é"
    scene.ask("Pergunta?", "Pergunta?")
    await scene.quiet(1.5)
    horn = make("car horn", 3)
    await scene.sounds(to_pcm(np.resize(horn[RATE // 10 : 4 * RATE // 10], 3 * RATE) * 3000))
    assert scene.ear.opened == 1


async def test_a_short_noise_in_which_words_are_heard_is_nobody() -> None:
    scene = Scene(silence_s=0.1)
    scene.ear.text = "quinhentos e um"
    scene.ask()
    await scene.quiet(1.5)
    await scene.sounds(to_pcm(make("car horn", 3)[RATE // 10 : 3 * RATE // 10] * 3000))
    await scene.quiet(12.0)
    assert scene.ear.opened == 1
    assert scene.told() == [Spoken]
