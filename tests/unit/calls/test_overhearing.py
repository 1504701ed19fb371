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


def whole_phrase_over(gain: float) -> tuple[Overhearing, bytes]:
    leg = Overhearing(RATE)
    leg.begin(20.0)
    blocks = len(SAID) // BLOCK
    talked(leg, blocks, gain)
    return leg, bytes(SAID)


@pytest.mark.parametrize("gain", [0.03, 0.1, 0.5, 1.0])
def test_what_comes_back_as_it_always_did_may_be_an_echo(gain: float) -> None:
    leg, played = whole_phrase_over(gain)
    assert leg.may_be_echo(to_pcm(to_samples(played) * gain), played)


def test_a_person_is_too_loud_for_the_echo_of_a_line_that_returns_none() -> None:
    leg, played = whole_phrase_over(0.0)
    assert not leg.may_be_echo(recording("06"), played)


def test_nothing_is_too_loud_for_an_echo_before_much_was_said() -> None:
    leg = Overhearing(RATE)
    leg.begin(20.0)
    talked(leg, 15, 0.0)
    assert leg.may_be_echo(recording("06"), bytes(SAID))
