import numpy as np
import pytest

from porteiro.audio.energy import from_dbfs
from porteiro.audio.trimming import trim
from tests.telephone_speech import RATE, Utterance, noise, to_pcm, to_samples, utterances

CLEAN = [each for each in utterances() if each.said and each.snr_db is None]
SILENT = [each for each in utterances() if not each.said and each.noise != "babble"]


def padded(said: Utterance, loudness_dbfs: float, silence_s: float) -> bytes:
    silence = np.zeros(round(silence_s * RATE))
    sound = np.concatenate([silence, said.samples, silence])
    return to_pcm(sound + noise("pink", len(sound) / RATE) * from_dbfs(loudness_dbfs))


@pytest.mark.parametrize("said", CLEAN, ids=lambda said: said.name)
def test_only_the_silence_around_speech_is_cut(said: Utterance) -> None:
    begin, end = said.speech_s()
    kept_s = len(trim(padded(said, -50, 2), RATE)) / 2 / RATE
    assert end - begin <= kept_s <= end - begin + 0.4


def test_what_is_kept_is_the_sound_itself() -> None:
    whole = padded(CLEAN[0], -50, 1)
    kept = trim(whole, RATE)
    assert kept
    assert kept in whole


@pytest.mark.parametrize("silent", SILENT, ids=lambda silent: silent.name)
def test_nothing_is_left_where_nobody_spoke(silent: Utterance) -> None:
    assert trim(silent.pcm, RATE) == b""


def test_nothing_is_left_of_nothing() -> None:
    assert trim(b"", RATE) == b""
    assert trim(b"\0\0", RATE) == b""


def test_a_click_is_no_speech_and_is_cut_off_the_front() -> None:
    samples = to_samples(padded(CLEAN[0], -50, 3))
    click = np.zeros(len(samples))
    click[4000:4160] = 15000
    with_click = trim(to_pcm(samples + click), RATE)
    assert with_click == trim(to_pcm(samples), RATE)
    alone = np.zeros(2 * RATE)
    alone[4000:4160] = 15000
    assert trim(to_pcm(alone), RATE) == b""
