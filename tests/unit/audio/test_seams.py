import numpy as np
import pytest

from porteiro.audio.seams import LONGEST_BACK_S, seam_before
from porteiro.dialogue.phrases import FIXED
from tests.echoes import ASKED, say
from tests.telephone_speech import RATE, Samples, noise, to_pcm

WORD, PAUSE = round(0.4 * RATE), round(0.15 * RATE)


def words(count: int, noise_level: float = 0.0, rate: int = RATE) -> bytes:
    """Return words of 0.4 s, each with a pause of 0.15 s after it."""
    one = np.concatenate([noise("white", 0.4) * 3000, np.zeros(PAUSE)])
    sound = np.tile(one, count)
    sound += noise("white", len(sound) / RATE, 2) * noise_level
    return to_pcm(np.repeat(sound, rate // RATE))


@pytest.mark.parametrize("rate", [RATE, 2 * RATE])
@pytest.mark.parametrize("noise_level", [0, 30, 200])
@pytest.mark.parametrize("into_s", [0.04, 0.2, 0.39])
def test_a_word_that_was_broken_off_is_said_again(
    noise_level: float, into_s: float, rate: int
) -> None:
    begin = 3 * (WORD + PAUSE) * 2 * rate // RATE
    seam = seam_before(words(5, noise_level, rate), begin + 2 * round(into_s * rate), rate)
    assert -0.04 <= (seam - begin) / (2 * rate) <= 0.001


def test_what_stopped_in_a_pause_goes_on_there() -> None:
    begin = 2 * (3 * (WORD + PAUSE) - 160)
    assert 0 <= begin - seam_before(words(5), begin, RATE) <= 2 * round(0.04 * RATE)


def test_the_first_word_is_said_from_its_beginning() -> None:
    assert seam_before(words(3), 2 * (WORD - 100), RATE) == 0


def test_a_long_sound_without_a_pause_goes_back_no_further_than_it_may() -> None:
    pcm = to_pcm(noise("white", 4.0) * 3000)
    seam = seam_before(pcm, 2 * 3 * RATE, RATE)
    assert 3 - LONGEST_BACK_S <= seam / (2 * RATE) <= 3


def test_the_closed_lips_within_a_word_are_no_pause() -> None:
    half = noise("white", 0.2) * 3000
    lips = np.concatenate([half, np.zeros(round(0.05 * RATE)), half])
    sound = np.concatenate([half, np.zeros(PAUSE), lips])
    begin = 2 * (len(half) + PAUSE)
    assert begin - 640 <= seam_before(to_pcm(sound), 2 * len(sound) - 600, RATE) <= begin


@pytest.mark.parametrize("key", ASKED)
def test_every_place_of_a_phrase_has_a_seam_at_or_before_it(key: str) -> None:
    pcm = to_pcm(say(FIXED[key]))
    for position in range(0, len(pcm) + 1000, 331):
        seam = seam_before(pcm, position, RATE)
        assert seam % 2 == 0
        assert position - 2 * (LONGEST_BACK_S + 0.02) * RATE - 1000 <= seam <= position
        assert seam <= len(pcm)


@pytest.mark.parametrize("key", ASKED)
def test_a_phrase_is_taken_up_where_it_is_quiet(key: str) -> None:
    spoken = say(FIXED[key])
    stopped = len(spoken) * 3 // 4
    seam = seam_before(to_pcm(spoken), 2 * stopped, RATE) // 2
    before = spoken[stopped - round(LONGEST_BACK_S * RATE) : stopped]
    assert loudness(spoken[seam - 480 : seam + 80]) < 0.5 * loudness(before)


def loudness(sound: Samples) -> float:
    return float(np.sqrt(np.mean(sound**2))) if len(sound) else 0.0


@pytest.mark.parametrize("position", [-2, 0, 1, 10, 10**6])
def test_the_byte_is_in_the_sound_whatever_was_asked(position: int) -> None:
    for pcm in (b"", b"\1", bytes(100), bytes(8001), bytearray(8000)):
        assert 0 <= seam_before(pcm, position, RATE) <= max(0, min(position, len(pcm)))


def test_a_little_of_the_pause_stays_before_the_sound() -> None:
    tone = to_pcm(np.sin(np.arange(RATE) * 0.5) * 8000)
    pcm = tone + bytes(2 * RATE // 5) + tone[:RATE]
    onset = len(tone) + 2 * RATE // 5
    assert onset - 2 * RATE // 20 <= seam_before(pcm, len(pcm), RATE) <= onset - 2 * RATE // 50
