import audioop
from math import log10

import pytest

from porteiro.audio.energy import NoiseFloor, block_bytes, from_dbfs, level
from tests.telephone_speech import RATE, frames, noise, to_pcm, utterances

LOWEST, HIGHEST, GUESS = from_dbfs(-60), from_dbfs(-30), from_dbfs(-50)


def a_floor() -> NoiseFloor:
    return NoiseFloor(GUESS, LOWEST, HIGHEST)


def noise_levels(kind: str, dbfs: float, seconds: float) -> list[float]:
    pcm = to_pcm(noise(kind, seconds) * from_dbfs(dbfs))
    return [level(block) for block in frames(pcm)]


def dbfs(of: float) -> float:
    return 20 * log10(of / 32768)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000])
def test_a_block_is_whole_samples_of_20_ms(rate: int) -> None:
    assert block_bytes(rate) % 2 == 0
    assert block_bytes(rate) / 2 / rate == pytest.approx(0.02, abs=1 / rate)


@pytest.mark.parametrize("offset", [-3000, -9, 9, 500])
def test_a_constant_offset_adds_nothing_to_the_level(offset: int) -> None:
    block = to_pcm(noise("white", 0.02) * from_dbfs(-45))
    moved = audioop.bias(block, 2, offset)
    assert level(moved) == pytest.approx(level(block), rel=0.05, abs=2)


def test_silence_with_an_offset_is_silence() -> None:
    assert level(b"\x00\x04" * 160) == 0


@pytest.mark.parametrize("kind", ["white", "pink", "brown", "babble"])
@pytest.mark.parametrize("loudness", [-55.0, -45.0, -35.0])
def test_the_floor_is_the_level_of_noise_while_nobody_is_heard(kind: str, loudness: float) -> None:
    floor = a_floor()
    for loud in noise_levels(kind, loudness, 5):
        floor.add(loud, calm=True)
    assert dbfs(floor.level) == pytest.approx(loudness, abs=2.5)


def test_the_floor_is_known_after_a_third_of_a_second() -> None:
    floor = a_floor()
    moved = [floor.add(loud, calm=True) for loud in noise_levels("white", -40, 0.3)]
    assert moved == [False] * 14 + [True]
    assert floor.known
    assert dbfs(floor.level) == pytest.approx(-40, abs=2)


def test_an_echo_of_speech_does_not_inflate_the_floor() -> None:
    longest = max(utterances(), key=lambda each: len(each.pcm) if each.snr_db is None else 0)
    line = noise("white", len(longest.pcm) / 2 / RATE) * from_dbfs(-50)
    echo = longest.samples * 0.3
    floor = a_floor()
    for block in frames(to_pcm(line + echo)):
        floor.add(level(block), calm=False)
    assert dbfs(floor.level) == pytest.approx(-50, abs=6)


def test_the_floor_rises_within_two_seconds_under_noise_that_came_to_stay() -> None:
    floor = a_floor()
    for loud in noise_levels("white", -50, 2):
        floor.add(loud, calm=True)
    for loud in noise_levels("pink", -33, 2.4):
        floor.add(loud, calm=False)
    assert dbfs(floor.level) == pytest.approx(-33, abs=3)


def test_the_floor_falls_as_soon_as_noise_is_gone() -> None:
    floor = a_floor()
    for loud in noise_levels("white", -35, 2):
        floor.add(loud, calm=True)
    for loud in noise_levels("white", -55, 1.2):
        floor.add(loud, calm=False)
    assert dbfs(floor.level) == pytest.approx(-55, abs=2)


@pytest.mark.parametrize(("loud", "bound"), [(0.0, LOWEST), (20000.0, HIGHEST)])
def test_the_floor_stays_within_its_bounds(loud: float, bound: float) -> None:
    floor = a_floor()
    for _ in range(300):
        floor.add(loud, calm=False)
    assert floor.level == pytest.approx(bound)


def test_settling_without_sound_changes_nothing() -> None:
    floor = a_floor()
    floor.settle()
    assert floor.level == GUESS
    assert not floor.known
