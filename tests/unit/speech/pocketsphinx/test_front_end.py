"""Telephone sound made ready for the acoustic model."""

import numpy as np
import pytest

from porteiro.speech.pocketsphinx.front_end import MODEL_RATE, turn_sound
from tests.telephone_speech import to_pcm, utterances

SPEECH = utterances()[0].pcm


def test_it_comes_out_at_the_models_rate() -> None:
    tone = to_pcm(8000 * np.sin(np.arange(8000) * 2 * np.pi * 440 / 8000))

    with_silence_around = 1.4
    assert len(turn_sound(tone, 8000).pcm) == 2 * MODEL_RATE * with_silence_around


def test_silence_around_an_answer_changes_nothing() -> None:
    padded = bytes(2 * 4000) + SPEECH + bytes(2 * 8000)

    assert len(turn_sound(padded, 8000).pcm) == pytest.approx(len(turn_sound(SPEECH, 8000).pcm))


def test_it_tells_where_speech_lies_in_it() -> None:
    begin_s, end_s = utterances()[0].speech_s()

    sound = turn_sound(SPEECH, 8000)

    assert sound.ends - sound.begins == pytest.approx(100 * (end_s - begin_s), abs=8)
    assert 0 < sound.begins < sound.ends < len(sound.pcm) / (2 * MODEL_RATE) * 100


def test_the_same_turn_sounds_the_same_twice() -> None:
    assert turn_sound(SPEECH, 8000) == turn_sound(SPEECH, 8000)


@pytest.mark.parametrize("pcm", [b"", b"\x01", bytes(100), bytes(16000)])
def test_silence_is_nothing_to_decode(pcm: bytes) -> None:
    assert turn_sound(pcm, 8000).pcm == b""


def test_the_band_that_a_telephone_leaves_empty_is_filled_a_little() -> None:
    samples = np.frombuffer(turn_sound(SPEECH, 8000).pcm, "<i2").astype(float)

    power = np.abs(np.fft.rfft(samples)) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1 / MODEL_RATE)
    share_db = 10 * np.log10(power[hertz > 4500].sum() / power.sum())
    assert -40 < share_db < -28
