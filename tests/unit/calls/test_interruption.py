"""A leg that is interrupted: by a person it stops within 60 ms, by nobody else for good."""

import asyncio

import pytest

from porteiro.calls.overhearing import Overhearing
from porteiro.dialogue.effects import Listen, Say, Words
from porteiro.dialogue.events import Heard, Interrupted, KeyPressed, Spoken
from porteiro.dialogue.terms import Question, Role
from tests.leg_scene import QUESTION_SOUND, Scene, computing_takes_no_time, recording
from tests.telephone_speech import RATE, to_pcm, to_samples

__all__ = ["computing_takes_no_time"]

pytestmark = pytest.mark.virtual_time


@pytest.mark.parametrize("name", ["01", "06", "19", "21", "28", "33"])
@pytest.mark.parametrize("level", [1.0, 0.35])
async def test_a_person_is_listened_to_at_once(name: str, level: float) -> None:
    scene = Scene()
    scene.ear.text = "quinhentos e um"
    scene.ask()
    await scene.quiet(1.5)
    said = to_pcm(to_samples(recording(name)) * level)
    silent_after = await scene.sounds(said)
    assert silent_after <= 0.061
    await scene.quiet(1.0)
    assert scene.told()[-2:] == [Interrupted, Heard]
    interrupted = next(event for event in scene.events if isinstance(event, Interrupted))
    assert 1.0 < interrupted.played_s <= 1.62
    assert interrupted.length_s == pytest.approx(len(QUESTION_SOUND) / 2 / RATE, abs=0.01)
    assert scene.heard().text == "quinhentos e um"
    assert scene.heard().over
    assert not scene.line.talking


async def test_a_phone_that_sends_nothing_in_silence_is_listened_to() -> None:
    scene = Scene()
    scene.ear.text = "quinhentos e um"
    scene.ask("Alto?")
    await asyncio.sleep(1.5)
    assert await scene.sounds(recording("21")) <= 0.061
    await asyncio.sleep(1.0)
    assert scene.told()[-2:] == [Interrupted, Heard]


async def test_the_transcriber_hears_the_first_syllable() -> None:
    scene = Scene()
    scene.ask()
    await scene.quiet(1.5)
    said = recording("28")
    await scene.sounds(said)
    assert len(scene.ear.sound) >= len(said)


async def test_an_answer_before_the_question_is_marked() -> None:
    scene = Scene(Role.RESIDENT, Question.AUTHORIZE)
    scene.ear.text = "não autorizo"
    scene.ask("Prefixo.", "Pergunta?", answerable_after=1)
    await scene.quiet(1.5)
    await scene.sounds(recording("09"))
    await scene.quiet(1.0)
    assert scene.heard().early


async def test_a_yes_before_the_question_does_not_even_interrupt() -> None:
    scene = Scene(Role.RESIDENT, Question.AUTHORIZE)
    scene.ear.text = "sim"
    scene.ask("Prefixo.", "Pergunta?", answerable_after=1)
    await scene.quiet(1.5)
    await scene.sounds(recording("01"))
    await scene.quiet(0.6)
    assert Heard not in scene.told()
    assert scene.line.talking


async def test_a_yes_after_the_question_is_not_early() -> None:
    scene = Scene(Role.RESIDENT, Question.AUTHORIZE)
    scene.ear.text = "sim, pode entrar"
    scene.ask("Prefixo.", "Pergunta?", answerable_after=1)
    await scene.quiet(len(recording("34")) / 2 / RATE + 1.0)
    await scene.sounds(recording("04"))
    await scene.quiet(1.0)
    assert not scene.heard().early
    assert scene.heard().over


async def test_a_key_ends_an_interruption() -> None:
    scene = Scene()
    scene.ear.text = "quinhentos e um"
    scene.ask()
    await scene.quiet(1.5)
    await scene.sounds(recording("19"))
    scene.line.keys("5")
    scene.leg.stop_talking()
    scene.leg.stop_listening()
    await scene.quiet(3.0)
    assert Heard not in scene.told()
    assert KeyPressed in scene.told()
    assert not scene.line.talking


@pytest.mark.parametrize("order", ["say", "listen", "stop_listening"])
async def test_what_is_ordered_while_somebody_interrupts_leaves_nobody_in_silence(
    order: str,
) -> None:
    scene = Scene()
    scene.ask()
    await scene.quiet(1.5)
    await scene.sounds(recording("33")[: RATE // 2])
    assert not scene.line.talking
    if order == "say":
        scene.leg.say(Say(Role.VISITOR, "more", (Words("Prefixo."),)))
    elif order == "listen":
        scene.leg.listen(Listen(Role.VISITOR, 2, Question.APARTMENT))
    else:
        scene.leg.stop_listening()
    await scene.quiet(20.0)
    assert scene.told()[-1] is Spoken


async def test_after_an_interruption_nobody_is_listened_to_unasked() -> None:
    scene = Scene()
    scene.ear.text = "quinhentos e um"
    scene.ask()
    await scene.quiet(1.5)
    await scene.sounds(recording("21"))
    await scene.quiet(1.0)
    assert scene.told()[-1] is Heard
    scene.leg.say(Say(Role.VISITOR, "farewell", (Words("Prefixo."),)))
    await scene.quiet(5.0)
    assert scene.told()[-1] is Spoken
    await scene.sounds(recording("33"))
    assert scene.ear.opened == 1


async def test_an_answer_before_an_announcement_that_waits_is_early_and_ends_them_both() -> None:
    scene = Scene(Role.RESIDENT, Question.AUTHORIZE)
    scene.ear.text = "não autorizo"
    scene.leg.say(Say(Role.RESIDENT, "take_your_time", (Words("Pergunta?"),)))
    scene.ask("Prefixo.", "Pergunta?", answerable_after=1)
    await scene.quiet(1.5)
    await scene.sounds(recording("09"))
    await scene.quiet(3.0)
    assert scene.heard().early
    assert scene.told()[-1] is Heard
    assert not scene.leg.talking


async def test_who_was_found_to_be_a_person_is_not_judged_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged = []

    async def is_person(*sound: object) -> bool:
        judged.append(sound)
        return True

    monkeypatch.setattr(Overhearing, "is_person", is_person)
    scene = Scene()
    scene.ear.text = "quinhentos e um"
    scene.ask()
    await scene.quiet(1.5)
    await scene.sounds(recording("21") + recording("28"))
    await scene.quiet(2.0)
    assert len(judged) == 1
    assert Interrupted in scene.told()
