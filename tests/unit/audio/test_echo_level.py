from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest

from porteiro.audio.echo_level import EchoLevel, EchoLevelOptions
from porteiro.audio.energy import from_dbfs, level, ratio
from porteiro.dialogue.phrases import FIXED
from tests.echoes import ASKED, cut, over_the_line, returning, say
from tests.telephone_speech import RATE, Samples, active_level, frames, to_pcm

NOISE = from_dbfs(-50)
BLOCK_S = 0.02
NEVER_BEFORE_S = 0.4
"""In a call's first phrase nobody is let interrupt before this."""


def blocks(played: Samples, heard: Samples) -> Iterator[tuple[float, float]]:
    """Yield the level of what is heard, with noise and over the line, and of what is played."""
    padded = np.concatenate([played, np.zeros(max(0, len(heard) - len(played)))])
    came = over_the_line(heard, NOISE)
    for ours, theirs in zip(frames(to_pcm(padded)), frames(came), strict=False):
        yield level(theirs), level(ours)


def exceeded_s(echo: EchoLevel, played: Samples, heard: Samples) -> list[float]:
    """Let an echo be followed; return when two blocks in a row stood out from it and the noise."""
    found, run = [], 0
    for number, (loudness, ours) in enumerate(blocks(played, heard)):
        echo.hear(loudness, ours)
        run = run + 1 if loudness > max(echo.threshold, NOISE * ratio(9)) else 0
        if run == 2:
            found.append(number * BLOCK_S)
    return found


@pytest.mark.parametrize("delay_s", [0.02, 0.11, 0.3, 0.6])
@pytest.mark.parametrize("gain_db", [0, -6, -12, -20, -30, -40])
def test_an_echo_stays_under_the_threshold(delay_s: float, gain_db: float) -> None:
    echo = EchoLevel()
    played = say(FIXED["authorize_question"])
    for ringing_s in (0.0, 0.2):
        found = exceeded_s(echo, played, returning(played, delay_s, gain_db, ringing_s))
        assert not [at for at in found if at > NEVER_BEFORE_S]
        echo.begin()


@pytest.mark.parametrize(
    ("key", "delay_s", "gain_db"), list(product(ASKED, [0.06, 0.3], [-12, -20, -30]))
)
def test_a_person_stands_out_from_an_echo(key: str, delay_s: float, gain_db: float) -> None:
    echo = EchoLevel()
    played = say(FIXED[key])
    exceeded_s(echo, played, returning(played, delay_s, gain_db))
    echo.begin()
    person = cut(say("oi, tenho uma entrega", "pt-br+f2", 60))
    person *= from_dbfs(-18) / active_level(person)
    heard = returning(played, delay_s, gain_db)
    began = RATE
    heard[began : began + len(person)] += person[: len(heard) - began]
    found = [at for at in exceeded_s(echo, played, heard) if at >= 1.0]
    assert found
    assert found[0] <= 1.3


def test_nothing_played_is_no_echo() -> None:
    echo = EchoLevel()
    for _ in range(100):
        echo.hear(5000, 0)
        assert echo.threshold == 0


def test_the_threshold_is_zero_once_no_echo_can_come_any_more() -> None:
    echo = EchoLevel()
    for _ in range(50):
        echo.hear(0, 5000)
    thresholds = []
    for _ in range(40):
        echo.hear(0, 0)
        thresholds.append(echo.threshold)
    latest = round(EchoLevelOptions().latest_s / BLOCK_S)
    assert thresholds[0] > 0
    assert thresholds[latest + 1 :] == [0.0] * (len(thresholds) - latest - 1)


def test_a_new_phrase_forgets_what_was_played_but_not_the_echo() -> None:
    echo = EchoLevel()
    fresh = EchoLevel()
    for _ in range(100):
        echo.hear(50, 5000)
    echo.begin()
    assert echo.threshold == 0
    echo.hear(50, 5000)
    fresh.hear(50, 5000)
    assert 0 < echo.threshold < fresh.threshold / 5


def test_noise_is_not_taken_for_an_echo() -> None:
    deaf, told = EchoLevel(), EchoLevel()
    for played in [0] * 40 + [5000] * 100:
        deaf.hear(1000, played)
        told.hear(1000, played, noise=1000)
    assert deaf.threshold > 2000
    assert told.threshold < 1200


def test_a_noise_floor_that_rose_under_the_echo_is_not_believed() -> None:
    echo = EchoLevel()
    for _ in range(40):
        echo.hear(50, 0, noise=50)
    for _ in range(100):
        echo.hear(1000, 5000, noise=900)
    echo.hear(1700, 5000, noise=900)
    assert echo.threshold > 2000


@pytest.mark.parametrize("unheard", [1, 5, 600])
def test_a_threshold_that_nobody_had_to_know_is_known_when_it_has_to_be(unheard: int) -> None:
    asked, unasked = EchoLevel(), EchoLevel()
    for echo in (asked, unasked):
        for _ in range(100):
            echo.hear(400, 5000, noise=200)
    for _ in range(unheard):
        asked.hear(210, 5000, noise=100)
        unasked.hear(210, 5000, noise=200)
    for echo in (asked, unasked):
        for played in (5000, 0, 0):
            echo.hear(400, played, noise=200)
    assert asked.threshold / 2 < unasked.threshold < asked.threshold * 2
    assert unasked.threshold > 200


def test_a_person_who_speaks_teaches_no_louder_echo() -> None:
    taught, marked = EchoLevel(), EchoLevel()
    for echo in (taught, marked):
        for _ in range(100):
            echo.hear(50, 5000)
    for _ in range(100):
        taught.hear(4000, 5000)
        marked.hear(4000, 5000, speaking=True)
    assert marked.threshold < 500
    assert taught.threshold > 3000


def test_an_echo_that_was_found_out_raises_the_threshold_for_a_while() -> None:
    echo = EchoLevel()
    for _ in range(100):
        echo.hear(50, 5000)
    echo.hear(400, 5000, speaking=True)
    before = echo.threshold
    assert before < 350
    echo.learn_echo()
    echo.hear(400, 5000, speaking=True)
    assert echo.threshold > 380
    for _ in range(3000):
        echo.hear(50, 5000)
    assert echo.threshold == pytest.approx(before, rel=0.2)


def test_errors_that_repeat_never_close_the_line_for_people() -> None:
    echo = EchoLevel()
    for _ in range(100):
        echo.hear(50, 1000)
    for _ in range(20):
        echo.hear(20000, 1000, speaking=True)
        echo.learn_echo()
    echo.hear(50, 1000)
    assert echo.threshold < 3000


@pytest.mark.parametrize("loudness", [0.0, 32768.0])
@pytest.mark.parametrize("played", [0.0, 1e-9, 32768.0])
def test_the_threshold_is_a_level_whatever_comes(loudness: float, played: float) -> None:
    echo = EchoLevel()
    for _ in range(200):
        echo.hear(loudness, played)
        assert 0 <= echo.threshold < 10 * 32768
