"""Noises of a gate that are nobody's voice, synthesised: each seed gives another of its kind.

Every sound is at 8000 Hz, in the telephone's band, and has an active level of 1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from porteiro.audio.tones import dtmf
from tests.telephone_speech import RATE, Samples, active_level, to_samples

_Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class GateNoise:
    """One noise, of a kind that `KINDS` names."""

    kind: str
    seed: int
    samples: Samples


def gate_noises(seeds: range) -> list[GateNoise]:
    """Return one noise of each kind for each seed."""
    return [GateNoise(kind, seed, make(kind, seed)) for kind in KINDS for seed in seeds]


def make(kind: str, seed: int) -> Samples:
    """Return the noise of a kind that a seed stands for."""
    random = np.random.default_rng([seed, sorted(KINDS).index(kind)])
    sound = in_band(KINDS[kind](random))
    return sound / active_level(sound)


def in_band(sound: Samples) -> Samples:
    """Return what a telephone lets through of a sound: 250 to 3500 Hz, with soft edges."""
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    low = 1 / (1 + (250 / np.maximum(hertz, 1)) ** 6)
    high = 1 / (1 + (hertz / 3500) ** 20)
    return np.fft.irfft(spectrum * low * high, len(sound))


def _time(seconds: float) -> Samples:
    return np.arange(round(seconds * RATE)) / RATE


def _faded(sound: Samples, attack_s: float, release_s: float) -> Samples:
    time_s = np.arange(len(sound)) / RATE
    left = np.minimum(1.0, time_s / attack_s)
    return sound * left * np.minimum(1.0, time_s[::-1] / release_s)


def _harmonics(pitch_hz: Samples, amplitudes: NDArray[np.floating], random: _Random) -> Samples:
    """Return harmonics of a pitch that may move, those that fit under 3900 Hz."""
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE
    sound = np.zeros(len(pitch_hz))
    for number, amplitude in enumerate(amplitudes, 1):
        fits = number * pitch_hz < 3900
        turned = random.uniform(0, 2 * np.pi)
        sound += amplitude * fits * np.sin(number * phase + turned)
    return sound


def _series(random: _Random, one: Callable[[], Samples], most: int, gap_s: float) -> Samples:
    """Return one to `most` sounds, with gaps of about `gap_s` between them."""
    parts = [one()]
    for _ in range(int(random.integers(most))):
        parts += [np.zeros(round(random.uniform(0.6, 1.6) * gap_s * RATE)), one()]
    return np.concatenate(parts)


def _coloured(count: int, random: _Random, slope: float) -> Samples:
    """Return noise whose spectrum falls by 6 dB an octave times `slope`."""
    spectrum = np.fft.rfft(random.standard_normal(count))
    hertz = np.maximum(np.fft.rfftfreq(count, 1 / RATE), 50)
    return np.fft.irfft(spectrum / hertz**slope, count)


def _rung(excitation: Samples, modes: list[tuple[float, float]]) -> Samples:
    """Return an excitation heard through modes, each a frequency in Hz and a decay in seconds."""
    count = max(400, round(5 * max(decay for _, decay in modes) * RATE))
    time_s = np.arange(count) / RATE
    response = np.zeros(count)
    for hertz, decay in modes:
        response += np.sin(2 * np.pi * hertz * time_s) * np.exp(-time_s / decay)
    size = len(excitation) + count
    return np.fft.irfft(np.fft.rfft(excitation, size) * np.fft.rfft(response, size), size)


def _car_horn(random: _Random) -> Samples:
    """One or two disc horns, some 400 and 500 Hz, rich in harmonics and dead steady."""
    low = random.uniform(330, 480)
    pitches = [low, low * random.uniform(1.18, 1.28)][: int(random.integers(1, 3))]
    seconds = random.choice([0.2, 0.35, 0.6, 1.2, 3.0])
    fall = random.uniform(0.3, 1.3)
    body = np.exp(0.5 * random.standard_normal(10))

    def honk() -> Samples:
        time_s = _time(seconds)
        sound = np.zeros(len(time_s))
        for pitch in pitches:
            steady = np.full(len(time_s), pitch)
            sound += _harmonics(steady, np.arange(1, 11) ** -fall * body, random)
        return _faded(sound, random.uniform(0.005, 0.03), random.uniform(0.01, 0.06))

    return _series(random, honk, 3 if seconds < 0.5 else 1, 0.15)


def _truck_horn(random: _Random) -> Samples:
    """An air horn: two or three pipes, 150 to 350 Hz, whose pitch settles as the air comes."""
    root = random.uniform(150, 280)
    time_s = _time(random.choice([0.4, 0.8, 2.0]))
    settling = 1 - 0.03 * np.exp(-time_s / 0.05)
    sound = np.zeros(len(time_s))
    for interval in (1.0, 1.25, 1.5)[: int(random.integers(2, 4))]:
        amplitudes = np.arange(1, 16) ** -random.uniform(0.2, 0.8)
        sound += _harmonics(root * interval * settling, amplitudes, random)
    return _faded(sound, 0.06, 0.1)


def _motor(random: _Random, lowest_hz: float, highest_hz: float, noisiness: float) -> Samples:
    """Return an engine that revs: uneven firing through its exhaust, and noise."""
    time_s = _time(random.uniform(0.8, 2.5))
    idle = random.uniform(lowest_hz, (lowest_hz + highest_hz) / 2)
    top = random.uniform(idle, highest_hz)
    revs = 0.5 - 0.5 * np.cos(2 * np.pi * time_s * random.uniform(0.3, 1.2))
    firing_hz = idle + (top - idle) * revs
    pulses = np.diff(np.floor(np.cumsum(firing_hz) / RATE), prepend=0.0)
    uneven = pulses * np.exp(0.35 * random.standard_normal(len(time_s)))
    modes = [(random.uniform(90, 3000), random.uniform(0.001, 0.006)) for _ in range(5)]
    sound = _rung(uneven, modes)[: len(time_s)]
    hiss = _coloured(len(time_s), random, 0.5)
    sound = sound / np.std(sound) + noisiness * hiss / np.std(hiss)
    return _faded(sound * (0.6 + revs), 0.1, 0.2)


def _motorbike(random: _Random) -> Samples:
    return _motor(random, 25, 130, random.uniform(0.2, 0.8))


def _truck(random: _Random) -> Samples:
    return _motor(random, 20, 60, random.uniform(0.5, 1.2))


def _barks(random: _Random, pitch_hz: float, seconds: float, roughness: float) -> Samples:
    """Return barks: an arc of pitch, abrupt, with noise and subharmonics in its middle."""
    formants = [(pitch_hz * random.uniform(1.5, 2.5), 0.002), (random.uniform(1200, 2200), 0.0015)]

    def bark() -> Samples:
        time_s = _time(seconds * random.uniform(0.85, 1.15))
        part = time_s / time_s[-1]
        arc = 0.75 + 0.35 * np.sin(np.pi * part**0.7)
        wobble = np.repeat(random.standard_normal(len(time_s) // 20 + 1), 20)[: len(time_s)]
        jitter = 1 + 0.03 * roughness * wobble
        voice = _harmonics(pitch_hz * arc * jitter, np.arange(1, 13) ** -0.6, random)
        breath = random.standard_normal(len(time_s)) * np.sin(np.pi * part)
        sound = voice / np.std(voice) + roughness * breath
        throat = _rung(sound, formants)[: len(time_s)]
        shape: Samples = np.minimum(1.0, time_s / 0.012) * (1 - part) ** 0.6
        return throat * shape

    return _series(random, bark, 5, 0.3)


def _small_dog(random: _Random) -> Samples:
    return _barks(random, random.uniform(650, 1300), random.uniform(0.07, 0.16), 0.4)


def _large_dog(random: _Random) -> Samples:
    return _barks(random, random.uniform(180, 480), random.uniform(0.13, 0.28), 1.1)


def _slam(random: _Random) -> Samples:
    """A door or gate: a blow of noise, and the leaf that rings after it."""
    blow = random.standard_normal(round(0.02 * RATE)) * np.linspace(1, 0, round(0.02 * RATE)) ** 2
    modes = [(random.uniform(80, 1800), random.uniform(0.02, 0.12)) for _ in range(8)]
    return _rung(blow, modes)


def _knocks(random: _Random) -> Samples:
    """Knuckles on wood or metal: two to five short blows."""
    modes = [(random.uniform(150, 1500), random.uniform(0.006, 0.025)) for _ in range(4)]

    def knock() -> Samples:
        return _rung(random.standard_normal(24), modes)

    return np.concatenate([knock(), _series(random, knock, 4, 0.15)])


def _siren(random: _Random) -> Samples:
    """A wail, a yelp or two tones in turn."""
    time_s = _time(random.uniform(1.0, 3.0))
    kind = random.choice(["wail", "yelp", "two tones"])
    turn = time_s * {"wail": 0.25, "yelp": 3.0, "two tones": 1.0}[kind] + random.uniform()
    swing = 0.5 - 0.5 * np.cos(2 * np.pi * turn)
    if kind == "two tones":
        swing = np.round(swing)
    low, high = random.uniform(450, 700), random.uniform(900, 1600)
    amplitudes = np.arange(1, 7) ** -random.uniform(0.8, 2.0)
    return _faded(_harmonics(low + (high - low) * swing, amplitudes, random), 0.02, 0.02)


def _beeps(random: _Random) -> Samples:
    """A pager, a reversing lorry or an intercom: pulses of one tone."""
    pitch = random.uniform(400, 2800)
    seconds = random.choice([0.15, 0.3, 0.6])
    amplitudes = np.array([1.0, 0.0, random.uniform(0, 0.4), 0.0, random.uniform(0, 0.2)])

    def pulse() -> Samples:
        steady = np.full(round(seconds * RATE), pitch)
        return _faded(_harmonics(steady, amplitudes, random), 0.005, 0.005)

    return _series(random, pulse, 4, seconds)


def _keypad(random: _Random) -> Samples:
    keys = random.choice(list("0123456789*#"), 12)
    return _series(random, lambda: to_samples(dtmf(keys[random.integers(12)], RATE, 0.2)), 4, 0.1)


def _ringing(random: _Random) -> Samples:
    """Brazil's ringing tone, or an old bell's two tones beating."""
    time_s = _time(1.0)
    if random.uniform() < 0.5:
        return _faded(np.sin(2 * np.pi * 425 * time_s), 0.01, 0.01)
    bell, beat = random.uniform(900, 1600), random.uniform(15, 25)
    strikes = np.exp(-((time_s * beat) % 1) * 2)
    partials = (1.0, 1.51, 2.02)
    rung = [np.sin(2 * np.pi * bell * part * time_s) / part for part in partials]
    sound: Samples = np.sum(rung, axis=0) * strikes
    return sound


def _wind(random: _Random) -> Samples:
    count = round(random.uniform(1.0, 3.0) * RATE)
    gusts = np.cumsum(random.standard_normal(count // 400 + 2))
    gusts = np.exp(0.5 * (gusts - gusts.mean()) / max(1e-9, float(np.std(gusts))))
    smooth = np.interp(np.arange(count), np.arange(len(gusts)) * 400, gusts)
    return _faded(_coloured(count, random, random.uniform(0.8, 1.5)) * smooth, 0.2, 0.2)


def _rain(random: _Random) -> Samples:
    count = round(random.uniform(0.8, 3.0) * RATE)
    drops = random.standard_normal(count) * (random.uniform(size=count) < 0.01) * 6
    return _faded(_coloured(count, random, random.uniform(0.0, 0.4)) + drops, 0.1, 0.1)


def _key_ring(random: _Random) -> Samples:
    """Keys that jingle: many short blows on high modes."""
    count = round(random.uniform(0.4, 1.5) * RATE)
    blows = random.standard_normal(count) * (
        random.uniform(size=count) < random.uniform(1, 4) / 800
    )
    modes = [(random.uniform(2000, 3800), random.uniform(0.005, 0.03)) for _ in range(6)]
    blows[:20] += 1.0
    return _rung(blows, modes)


KINDS: Final[dict[str, Callable[[_Random], Samples]]] = {
    "car horn": _car_horn,
    "truck horn": _truck_horn,
    "motorbike": _motorbike,
    "truck": _truck,
    "small dog": _small_dog,
    "large dog": _large_dog,
    "slam": _slam,
    "knocks": _knocks,
    "siren": _siren,
    "beeps": _beeps,
    "keypad": _keypad,
    "ringing": _ringing,
    "wind": _wind,
    "rain": _rain,
    "keys": _key_ring,
}
"""How a noise of each kind is made from a random generator."""
