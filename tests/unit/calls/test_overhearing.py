"""What is heard while Porteiro talks: nobody yet at its beginning, and an echo that was learned."""

from math import inf

import numpy as np
import pytest

from porteiro.calls.overhearing import Overhearing
from tests.leg_scene import computing_takes_no_time, recording
from tests.telephone_speech import RATE, to_pcm, to_samples

__all__ = ["computing_takes_no_time"]

pytestmark = pytest.mark.virtual_time

BLOCK = 320
SAID = bytearray(recording("31"))
NOISE = to_pcm(np.random.default_rng(7).standard_normal(4 * RATE) * 20)


def talked(leg: Overhearing, blocks: int, gain: float, first: int = 0) -> list[float]:
    """Let so many blocks be played and come back `gain` times as loud; return the thresholds."""
    found = []
    for at in range(first * BLOCK, (first + blocks) * BLOCK, BLOCK):
        echo = to_samples(bytes(SAID[at : at + BLOCK])) * gain + to_samples(NOISE[:BLOCK])
        found.append(leg.hear(to_pcm(echo), 20.0, SAID, at + BLOCK))
    return found


def test_nobody_is_heard_in_the_first_four_tenths_of_a_second_of_talk() -> None:
    leg = Overhearing(RATE)
    leg.begin(20.0)
    thresholds = talked(leg, 30, 0.2)
    assert [threshold == inf for threshold in thresholds] == [True] * 19 + [False] * 11


def test_the_same_leg_is_heard_from_the_beginning_of_the_next_phrase() -> None:
    leg = Overhearing(RATE)
    leg.begin(20.0)
    talked(leg, 30, 0.2)
    leg.begin(20.0)
    assert inf not in talked(leg, 10, 0.2)


async def test_an_echo_that_was_taken_for_a_person_makes_us_more_careful() -> None:
    legs = [Overhearing(RATE), Overhearing(RATE)]
    for leg in legs:
        leg.begin(20.0)
        talked(leg, 40, 0.2)
    careful, other = legs
    played = bytes(SAID[: 40 * BLOCK])
    assert not await careful.is_person(played, played, played)
    assert talked(careful, 8, 0.2, 40)[-1] > 1.1 * talked(other, 8, 0.2, 40)[-1]


async def test_a_person_changes_nothing() -> None:
    legs = [Overhearing(RATE), Overhearing(RATE)]
    for leg in legs:
        leg.begin(20.0)
        talked(leg, 40, 0.2)
    listening, other = legs
    speech = recording("06")
    assert await listening.is_person(speech, speech, bytes(SAID))
    assert talked(listening, 5, 0.2, 40) == talked(other, 5, 0.2, 40)


def whole_phrase(leg: Overhearing, gain: float) -> None:
    leg.begin(20.0)
    talked(leg, len(SAID) // BLOCK, gain)


@pytest.mark.parametrize("gain", [0.03, 0.1, 1.0])
def test_a_line_whose_echo_is_heard_has_one(gain: float) -> None:
    leg = Overhearing(RATE)
    whole_phrase(leg, gain)
    assert not leg.nothing_returns


def test_a_line_that_was_silent_while_we_talked_has_no_echo_until_one_is_heard() -> None:
    leg = Overhearing(RATE)
    whole_phrase(leg, 0.0)
    assert leg.nothing_returns
    leg.begin(20.0)
    assert leg.nothing_returns
    talked(leg, 30, 0.1)
    assert not leg.nothing_returns


def test_words_too_short_for_a_late_echo_tell_of_none() -> None:
    leg = Overhearing(RATE)
    for _ in range(10):
        leg.begin(20.0)
        talked(leg, 45, 0.0)
    assert not leg.nothing_returns


def test_nothing_is_known_of_a_line_whose_noise_is_not() -> None:
    leg = Overhearing(RATE)
    leg.begin(0.0)
    for at in range(BLOCK, len(SAID), BLOCK):
        leg.hear(bytes(BLOCK), 0.0, SAID, at)
    assert not leg.nothing_returns
