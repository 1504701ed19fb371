import numpy as np
import pytest
import soxr

from porteiro.audio.voice import VOICE_LIKENESS, is_voice, voice_likeness
from porteiro.audio.voice_weights import CENTRES, SCALES, WEIGHTS
from tests.echoes import LONG, SHORT, cut, judged, people, recorded, say
from tests.noises import KINDS, in_band, make
from tests.telephone_speech import RATE, to_pcm, to_samples

BEGINNING_S, WHOLE_S = 0.35, 3.0
SEEDS = range(20)

MOST_TAKEN = {
    ("large dog", BEGINNING_S): 0.4,
    ("keys", BEGINNING_S): 0.15,
    ("knocks", BEGINNING_S): 0.15,
    ("motorbike", BEGINNING_S): 0.15,
}
"""What share of each noise is mistaken for a person, at the most; 0.1 where it is not here."""


@pytest.mark.parametrize("text", SHORT + LONG)
@pytest.mark.parametrize("seconds", [BEGINNING_S, WHOLE_S])
def test_people_of_all_voices_are_people(text: str, seconds: float) -> None:
    spoken = people((text,))
    taken = [
        is_voice(judged(each.samples, 9 + 13 * (seed % 2), seed, seconds), RATE)
        for seed, each in enumerate(spoken)
    ]
    assert np.mean(taken) >= 0.85


@pytest.mark.parametrize("seconds", [BEGINNING_S, WHOLE_S])
def test_of_all_people_hardly_one_is_missed(seconds: float) -> None:
    spoken = [*people(), *recorded()]
    taken = [
        is_voice(judged(each.samples, (9, 15, 22)[seed % 3], seed, seconds), RATE)
        for seed, each in enumerate(spoken)
    ]
    assert np.mean(taken) >= 0.97


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("seconds", [BEGINNING_S, WHOLE_S])
def test_a_noise_of_the_gate_is_nobody(kind: str, seconds: float) -> None:
    taken = [
        is_voice(judged(make(kind, seed), snr_db, seed, seconds), RATE)
        for seed in SEEDS
        for snr_db in (3, 10, 25)
    ]
    assert np.mean(taken) <= MOST_TAKEN.get((kind, seconds), 0.1)


@pytest.mark.parametrize("rate", [16000, 24000, 48000])
def test_the_rate_makes_no_difference(rate: int) -> None:
    for sound in (cut(in_band(say(LONG[0]))), make("car horn", 1), make("small dog", 2)):
        pcm = judged(sound, 18, 4)
        faster = to_pcm(soxr.resample(to_samples(pcm), RATE, rate))
        assert voice_likeness(faster, rate) == pytest.approx(voice_likeness(pcm, RATE), abs=0.1)


@pytest.mark.parametrize("factor", [0.1, 3.0])
def test_loudness_makes_no_difference(factor: float) -> None:
    pcm = judged(cut(in_band(say("alô"))), 25, 4)
    louder = to_pcm(to_samples(pcm) * factor)
    assert is_voice(pcm, RATE)
    assert is_voice(louder, RATE)


def test_of_long_sound_the_end_counts() -> None:
    speech = judged(cut(in_band(say(LONG[0]))), 20, 1)
    horn = judged(np.resize(make("truck horn", 1), 3 * RATE), 20, 1)
    assert not is_voice(speech + horn, RATE)
    assert is_voice(horn + np.resize(to_samples(speech), 3 * RATE).astype("<i2").tobytes(), RATE)


@pytest.mark.parametrize(
    "pcm",
    [
        b"",
        b"\1",
        bytes(300),
        bytes(16000),
        b"\1" * 8001,
        np.full(8000, 32767, "<i2").tobytes(),
        np.tile(np.array([32767, -32768], "<i2"), 4000).tobytes(),
    ],
)
def test_what_holds_no_sound_is_nobody(pcm: bytes) -> None:
    assert voice_likeness(pcm, RATE) < VOICE_LIKENESS


def test_there_is_a_weight_for_each_measure_and_its_square() -> None:
    assert len(CENTRES) == len(SCALES) == 14
    assert len(WEIGHTS) == 1 + 2 * len(CENTRES)
    assert np.all(SCALES > 0)
