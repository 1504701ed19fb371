import audioop

import numpy as np
import pytest
import soxr

from porteiro.audio.echo import echo_likeness, is_echo
from tests.telephone_speech import (
    RATE,
    Samples,
    Utterance,
    active_level,
    noise,
    to_pcm,
    to_samples,
    utterances,
)

CLEAN = {each.said: each for each in utterances() if each.said and each.snr_db is None}
# All of one synthetic voice, the hardest to tell apart.
ONE_VOICE = ["sim", "não", "quem é", "cento e um", "vim fazer uma visita"]
PROMPT = max(CLEAN.values(), key=lambda each: len(each.pcm))
TAIL_S, LOOK_BACK_S, SILENCE_S = 0.2, 0.3, 0.7


def spoken(said: Utterance) -> Samples:
    begin, end = said.speech_s()
    return said.samples[round(begin * RATE) : round(end * RATE)]


def over_the_line(sound: Samples, noise_kind: str | None = "white", snr_db: float = 15) -> bytes:
    """Return what arrives: with noise from the gate on it, and through G.711."""
    if noise_kind:
        added = noise(noise_kind, len(sound) / RATE)[: len(sound)]
        sound = sound + added * active_level(sound) * 10 ** (-snr_db / 20)
    return audioop.ulaw2lin(audioop.lin2ulaw(to_pcm(sound), 2), 2)


def returning(played: Samples, delay_s: float, gain_db: float) -> Samples:
    """Return the echo as a turn holds it: from the look-back to the silence after it."""
    delayed = np.concatenate([np.zeros(round(delay_s * RATE)), played * 10 ** (gain_db / 20)])
    heard_from = len(played) + round((TAIL_S - LOOK_BACK_S) * RATE)
    return np.concatenate([delayed[heard_from:], np.zeros(round(SILENCE_S * RATE))])


PLAYED = spoken(PROMPT)
PLAYED_PCM = to_pcm(PLAYED[-3 * RATE :])


@pytest.mark.parametrize("delay_s", [0.3, 0.4, 0.6, 0.8])
@pytest.mark.parametrize("gain_db", [0, -10, -20])
@pytest.mark.parametrize("kind", [None, "white", "pink", "babble"])
def test_an_echo_is_recognised(delay_s: float, gain_db: float, kind: str | None) -> None:
    heard = over_the_line(returning(PLAYED, delay_s, gain_db), kind)
    assert is_echo(heard, PLAYED_PCM, RATE)


@pytest.mark.parametrize("ringing_s", [0.05, 0.1, 0.2])
def test_an_echo_from_a_room_that_rings_is_recognised(ringing_s: float) -> None:
    count = round(ringing_s * RATE)
    random = np.random.default_rng(5)
    room = random.standard_normal(count) * np.exp(-5 * np.arange(count) / count)
    room *= 0.6 / np.sqrt(np.sum(room**2))
    room[0] = 1.0
    heard = returning(np.convolve(PLAYED, room)[: len(PLAYED)], 0.6, -15)
    assert is_echo(over_the_line(heard), PLAYED_PCM, RATE)


def test_an_inverted_echo_is_recognised() -> None:
    assert is_echo(over_the_line(-returning(PLAYED, 0.6, -10)), PLAYED_PCM, RATE)


def test_an_echo_at_16_khz_is_recognised() -> None:
    heard = to_samples(over_the_line(returning(PLAYED, 0.6, -10)))
    played = to_samples(PLAYED_PCM)
    assert is_echo(
        to_pcm(soxr.resample(heard, RATE, 2 * RATE)),
        to_pcm(soxr.resample(played, RATE, 2 * RATE)),
        2 * RATE,
    )


@pytest.mark.parametrize("said", [words for words in CLEAN if words != PROMPT.said])
def test_another_sentence_is_no_echo(said: str) -> None:
    heard = np.concatenate([np.zeros(2400), spoken(CLEAN[said]), np.zeros(5600)])
    assert echo_likeness(over_the_line(heard, "white", 20), PLAYED_PCM, RATE) <= 0.6


@pytest.mark.parametrize("said", ONE_VOICE)
@pytest.mark.parametrize("delay_s", [0.4, 0.8])
@pytest.mark.parametrize("gain_db", [0, -6])
def test_speech_behind_an_echo_is_not_lost(said: str, delay_s: float, gain_db: float) -> None:
    echo = returning(PLAYED, delay_s, gain_db)[: -round(SILENCE_S * RATE)]
    heard = np.concatenate([echo, np.zeros(1600), spoken(CLEAN[said]), np.zeros(5600)])
    assert not is_echo(over_the_line(heard), PLAYED_PCM, RATE)


@pytest.mark.parametrize("said", ONE_VOICE)
def test_speech_over_an_echo_is_not_lost(said: str) -> None:
    heard = np.concatenate([np.zeros(800), spoken(CLEAN[said]), np.zeros(2 * RATE)])
    echo = returning(PLAYED, 0.6, -12)
    heard[: len(echo)] += echo
    assert not is_echo(over_the_line(heard[: len(heard) - RATE]), PLAYED_PCM, RATE)


@pytest.mark.parametrize("heard", [b"", bytes(320), bytes(16000), b"\1"])
@pytest.mark.parametrize("played", [b"", bytes(320), PLAYED_PCM])
def test_silence_is_no_echo(heard: bytes, played: bytes) -> None:
    assert echo_likeness(heard, played, RATE) == 0


def test_nothing_played_has_no_echo() -> None:
    assert echo_likeness(to_pcm(PLAYED[:8000]), bytes(16000), RATE) == 0


def test_what_is_longer_than_an_echo_can_be_is_none() -> None:
    assert echo_likeness(to_pcm(np.resize(PLAYED, 6 * RATE)), to_pcm(PLAYED), RATE) == 0


def test_the_beginning_of_an_echo_is_one_before_any_silence_follows() -> None:
    played = spoken(PROMPT)
    assert is_echo(to_pcm(played[-round(0.6 * RATE) :]), to_pcm(played), RATE)
