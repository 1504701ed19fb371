"""Waits that are bridged: nobody who has spoken hears nothing for two seconds."""

import asyncio

import pytest

from porteiro.calls.leg import LegOptions
from porteiro.dialogue.effects import Listen, Say, Words
from porteiro.dialogue.events import Heard, Interrupted, Spoken
from porteiro.dialogue.terms import Question, Role
from tests.exact_line import ExactLine
from tests.leg_scene import (
    FRAME_S,
    MOMENT,
    QUESTION_SOUND,
    TEXTS,
    Scene,
    computing_takes_no_time,
    recording,
)
from tests.telephone_speech import RATE

__all__ = ["computing_takes_no_time"]

pytestmark = pytest.mark.virtual_time


async def test_a_key_into_an_answer_loses_no_timing() -> None:
    scene = Scene()
    scene.ear.text = "quinhentos e um"
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    await scene.sounds(recording("21"))
    await scene.quiet(0.7)
    scene.ask()
    await scene.quiet(0.5)
    scene.line.keys("*")
    assert [turn.first_frame_ms >= 0 for turn in scene.timed] == [True]


async def test_a_long_wait_is_filled_before_two_seconds_are_over() -> None:
    scene = Scene()
    scene.ear.text, scene.ear.after_s = "quinhentos e um", 4.5
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    await scene.sounds(recording("21"))
    ended = scene.loop.time()
    await scene.quiet(7.0)
    first, second = scene.filled
    assert first - ended < 2.0
    assert second - first - len(MOMENT) / 2 / RATE < 2.0
    assert bytes(scene.line.played) == 2 * MOMENT
    assert Spoken not in scene.told()


async def test_an_answer_that_is_slow_to_be_spoken_is_bridged_too() -> None:
    scene = Scene(line=ExactLine())
    scene.ear.text = "quinhentos e um"
    scene.voice.late = {"Pergunta?": 3.0}
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    await scene.sounds(recording("21"))
    ended = scene.loop.time()
    await scene.quiet(0.6)
    assert Heard in scene.told()
    scene.ask()
    await scene.quiet(16.0)
    assert len(scene.filled) == 1
    assert scene.filled[0] - ended < 2.0
    assert scene.line.played.startswith(MOMENT + QUESTION_SOUND)


async def test_a_quick_answer_is_not_filled() -> None:
    scene = Scene()
    scene.ear.text = "quinhentos e um"
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    await scene.sounds(recording("21"))
    await scene.quiet(0.6)
    scene.ask("Prefixo.")
    await scene.quiet(15.0)
    assert scene.filled == []


async def test_nobody_is_bridged_while_they_speak() -> None:
    scene = Scene()
    scene.ear.text = "quinhentos e um"
    scene.voice.late = {"Pergunta?": 0.3}
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    await scene.sounds(recording("21"))
    await scene.quiet(0.6)
    scene.ask()
    await scene.quiet(0.75)
    await scene.sounds(recording("33"))
    assert scene.filled == []
    await scene.quiet(2.0)
    assert scene.told()[-2:] == [Interrupted, Heard]


async def test_what_takes_very_long_to_be_spoken_is_bridged_again() -> None:
    scene = Scene(line=ExactLine())
    scene.ear.text = "quinhentos e um"
    scene.voice.late = {"Pergunta?": 9.0}
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    await scene.sounds(recording("21"))
    await scene.quiet(0.6)
    scene.ask()
    await scene.quiet(24.0)
    assert len(scene.filled) == 4
    assert scene.line.played.startswith(4 * MOMENT + QUESTION_SOUND)
    assert 8000 < scene.timed[0].first_frame_ms < 9500


async def test_a_phrase_asked_for_during_a_filler_is_made_meanwhile_and_bridged_as_well() -> None:
    scene = Scene(line=ExactLine())
    scene.ear.text, scene.ear.after_s = "quinhentos e um", 1.4
    scene.voice.late = {"Pergunta?": 6.0}
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    await scene.sounds(recording("21"))
    await scene.quiet(2.0)
    assert scene.line.talking
    assert Heard in scene.told()
    scene.ask()
    await scene.quiet(18.0)
    assert len(scene.filled) == 3
    assert scene.line.played.startswith(3 * MOMENT + QUESTION_SOUND)
    assert 6000 <= scene.timed[0].first_frame_ms < 6200


async def test_a_filler_is_heard_out_by_who_interrupted() -> None:
    scene = Scene()
    scene.ear.text, scene.ear.after_s = "quinhentos e um", 1.6
    scene.ask()
    await scene.quiet(1.5)
    await scene.sounds(recording("21"))
    while Heard not in scene.told():
        await scene.quiet(FRAME_S)
    assert len(scene.filled) == 1
    scene.leg.say(Say(Role.VISITOR, "next", (Words("Prefixo."),)))
    await scene.quiet(8.0)
    assert bytes(scene.line.played) == MOMENT + TEXTS["Prefixo."]
    assert scene.told()[-1] is Spoken


async def test_a_key_that_means_nothing_leaves_the_wait_bridged() -> None:
    scene = Scene()
    scene.ear.text, scene.ear.after_s = "quinhentos e um", 4.5
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    await scene.sounds(recording("21"))
    await scene.quiet(0.8)
    scene.line.keys("D")
    await scene.quiet(3.0)
    assert len(scene.filled) == 1


async def test_a_line_that_never_tells_of_the_end_of_a_late_phrase_is_not_waited_for() -> None:
    scene = Scene(options=LegOptions(playout_slack_s=2.0))
    scene.voice.late = {"Pergunta?": 1.0}
    scene.line.play = lambda clip, ended: None  # type: ignore[method-assign]
    scene.leg.say(Say(Role.VISITOR, "question", (Words("Pergunta?"),)))
    await asyncio.sleep(1.0 + len(QUESTION_SOUND) / 2 / RATE + 1.9)
    assert scene.told() == []
    await asyncio.sleep(0.2)
    assert scene.told() == [Spoken]
