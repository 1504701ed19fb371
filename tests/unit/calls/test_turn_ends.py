"""Where a turn ends: sooner or later by its words, never because frames wait unread."""

import asyncio

import pytest

from porteiro.dialogue.effects import Listen
from porteiro.dialogue.events import Heard
from porteiro.dialogue.terms import Question, Role
from tests.leg_scene import Scene, computing_takes_no_time, recording
from tests.telephone_speech import RATE, frames
from tests.virtual_time import stall

__all__ = ["computing_takes_no_time"]

pytestmark = pytest.mark.virtual_time


async def test_an_answer_ends_the_turn_sooner_than_silence_would() -> None:
    scene = Scene(silence_s=0.7)
    scene.silences = {"quinhentos e um": 0.25}
    scene.ear.text, scene.ear.partials = "quinhentos e um", {0.5: "quinhentos e um"}
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    said = recording("21")
    await scene.sounds(said)
    ended = scene.loop.time()
    await scene.quiet(1.0)
    waited = scene.at[scene.told().index(Heard)] - ended
    assert 0.1 < waited <= 0.3


async def test_an_unfinished_sentence_is_waited_for() -> None:
    scene = Scene(silence_s=0.7)
    scene.silences = {"é para o apartamento": 1.5}
    scene.ear.text = "é para o apartamento quinhentos e um"
    scene.ear.partials = {0.6: "é para o apartamento"}
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    await scene.sounds(recording("27"))
    await scene.quiet(1.2)
    assert Heard not in scene.told()
    await scene.sounds(recording("21"))
    await scene.quiet(2.0)
    assert scene.told().count(Heard) == 1


async def test_an_answer_known_while_frames_stay_away_ends_the_turn() -> None:
    scene = Scene(silence_s=0.7)
    scene.silences = {"quinhentos e um": 0.25}
    scene.ear.text = "quinhentos e um"
    said = recording("21")
    late_s = len(said) / 2 / RATE + 0.35
    scene.ear.partials = {late_s: "quinhentos e um"}
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    await scene.sounds(said)
    ended = scene.loop.time()
    await asyncio.sleep(0.6)
    assert scene.at[scene.told().index(Heard)] - ended <= 0.45


async def test_frames_that_wait_unread_end_no_turn() -> None:
    scene = Scene(silence_s=0.5)
    scene.ear.text = "quinhentos e um"
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    await scene.quiet(0.5)
    said = recording("33")
    half = len(said) // 640 * 320
    await scene.sounds(said[:half])
    stall(0.8)
    unread = frames(said[half : half + 40 * 320])
    for frame in unread:
        scene.loop.call_later(0.005, scene.leg.audio, frame)
    await asyncio.sleep(0.01)
    await scene.sounds(said[half + 40 * 320 :])
    assert Heard not in scene.told()
    await scene.quiet(1.5)
    assert scene.told().count(Heard) == 1


async def test_late_words_of_a_turn_that_is_over_end_no_other() -> None:
    scene = Scene(silence_s=0.7)
    scene.silences = {"sim": 0.1}
    scene.ear.text = "sim"
    scene.leg.listen(Listen(Role.VISITOR, 1, Question.APARTMENT))
    scene.ear.partials = {1.3: "sim"}
    await scene.quiet(0.5)
    await scene.sounds(recording("21")[: RATE // 8])  # a noise
    scene.ear.partials = {}
    await scene.quiet(0.75)
    assert scene.ear.opened == 1
    await scene.sounds(recording("21"))
    assert scene.ear.opened == 2
    await scene.quiet(0.4)
    assert scene.told().count(Heard) <= 1
    assert scene.told()[-1] is not Heard
