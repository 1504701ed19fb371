"""Whether sound is a person's voice, or a horn, a bark, an engine or another noise of a gate.

A voice is periodic at a pitch under 500 Hz (normalised autocorrelation: Boersma, "Accurate
short-term analysis of the fundamental frequency", IFA Proceedings 17, 1993), the pitch glides
but little at a time, and the spectrum changes from sound to sound within tens of
milliseconds (Scheirer and Slaney, "Construction and evaluation of a robust multifeature
speech/music discriminator", ICASSP 1997). A horn is as periodic and does not change; a bark
is abrupt, shrill or rough; an engine's pitch is too low, a slam only decays. Fourteen such
measures are weighed by a logistic regression.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from porteiro.audio.voice_weights import CENTRES, LENIENCE, SCALES, WEIGHTS

LONGEST_S: Final = 3.0
"""Of longer sound the last 3 s are judged."""

VOICE_LIKENESS: Final = 0.5
"""From this likeness on a sound is taken for a person's.

Measured (`benchmarks.voice_fit`) on sounds that were kept from the fit, 6 to 22 dB over
noise and over G.711: of 2,175 sounds of people (espeak-ng's voices and recordings of men,
women and children in a dozen languages, many of one short word) 98.5 % are taken for people
by their first 0.35 s and 98.2 % by the whole; of 2,829 noises 4.8 % and 0.9 %. Large dogs
are hardest to tell by 0.35 s (23 %). Whispers, which have no pitch, are taken for noise.
"""

_WINDOW_S: Final = 0.04  # two cycles of a low voice
_HOP_S: Final = 0.01
_TRANSFORM_S: Final = 0.064  # gives bins of 15.625 Hz at every rate
_LOW, _HIGH = 16, 224  # bins: 250 to 3500 Hz, the telephone's band
_BINS: Final = 257  # up to 4000 Hz
_EDGES: Final = np.array([16, 24, 32, 40, 50, 62, 76, 92, 112, 136, 164, 194])
_COLOURS: Final = [0, 6, 8]  # bands whose mean level is a measure: 250, 1190 and 1750 Hz
_LAGS: Final = np.arange(16, 116)  # at 8 kHz: pitches of 500 down to 69 Hz
_SHRILL: Final = slice(5, 16)  # lags of 1600 to 533 Hz
_VOICED: Final = 0.55  # autocorrelation
_LATER: Final = 5  # windows: 50 ms
_FAINTEST: Final = -35.0  # dB: what lies further under the whole is noise

_Samples = NDArray[np.float64]


def is_voice(pcm: bytes, sample_rate: int) -> bool:
    """Return whether sound is to be taken for a person's voice; see `voice_likeness`."""
    return voice_likeness(pcm, sample_rate) >= VOICE_LIKENESS


def voice_likeness(pcm: bytes, sample_rate: int) -> float:
    """Return how like a person's voice a sound of 0.15 to 3 s is, from 0 to 1.

    The sound is 16-bit little-endian mono at 8000 Hz or more, from shortly before it began;
    there may be noise in it.
    """
    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2")[-round(LONGEST_S * sample_rate) :]
    if len(samples) < 2 * round(_WINDOW_S * sample_rate) or not samples.any():
        return 0.0
    measured = (measures(samples.astype(np.float64), sample_rate) - CENTRES) / SCALES
    near = np.clip(measured, -3.0, 3.0)
    score = WEIGHTS[0] + WEIGHTS[1 : 1 + len(near)] @ near + WEIGHTS[1 + len(near) :] @ near**2
    seconds = len(samples) / sample_rate
    score += np.interp(seconds, LENIENCE[0], LENIENCE[1])
    return float(1 / (1 + np.exp(-np.clip(score, -30.0, 30.0))))


def measures(samples: _Samples, sample_rate: int) -> _Samples:
    """Return the fourteen measures of a sound, in the order of `voice_weights.MEASURES`."""
    power, window_power = _powers(samples, sample_rate)
    energy = power.sum(axis=1) + 1e-3
    noise = float(np.quantile(energy, 0.1))
    peak = float(np.quantile(energy, 0.97))
    active = energy > max(peak * 10**-2.0, min(noise * 2.5, peak * 0.3))
    return np.concatenate(
        [
            _pitch(power[active], window_power, active),
            _movement(power, energy, active, noise),
            _outline(energy, active),
        ]
    )


def _powers(samples: _Samples, sample_rate: int) -> tuple[_Samples, _Samples]:
    """Return the power spectra of all windows in the telephone's band, and the window's own."""
    length = round(_WINDOW_S * sample_rate)
    size = round(_TRANSFORM_S * sample_rate)
    window = np.hanning(length)
    hop = round(_HOP_S * sample_rate)
    windows = np.lib.stride_tricks.sliding_window_view(samples, length)[::hop] * window
    power = np.abs(np.fft.rfft(windows, size)[:, :_BINS]) ** 2
    power[:, :_LOW] = power[:, _HIGH:] = 0.0
    return power, np.abs(np.fft.rfft(window, size)[:_BINS]) ** 2


def _pitch(power: _Samples, window_power: _Samples, active: NDArray[np.bool_]) -> _Samples:
    """Return how periodic a sound is as a voice and as a shrill tone, and how its pitch moves."""
    size = 2 * (_BINS - 1)
    correlation = np.fft.irfft(power, size)[:, : _LAGS[-1] + 1]
    own = np.fft.irfft(window_power, size)[: _LAGS[-1] + 1]
    likeness = correlation / np.maximum(correlation[:, :1], 1e-9) / (own / own[0])
    deep = np.clip(likeness[:, _LAGS].max(axis=1), 0.0, 1.0)
    shrill = np.clip(likeness[:, _SHRILL].max(axis=1), 0.0, 1.0)
    octaves = np.log2(8000 / _LAGS[likeness[:, _LAGS].argmax(axis=1)])
    loudness = np.sqrt(power.sum(axis=1) + 1e-3)
    loudness /= loudness.sum()
    voiced = deep > _VOICED
    joined = voiced[1:] & voiced[:-1] & (np.diff(np.flatnonzero(active)) == 1)
    steps = np.abs(np.diff(octaves))[joined]
    steps = steps[steps < 0.25]  # more is a slip of the measure to another multiple
    low, high = np.quantile(octaves[voiced], [0.1, 0.9]) if voiced.any() else (0.0, 0.0)
    return np.array(
        [
            loudness @ (deep - shrill),
            loudness @ shrill,
            np.quantile(deep, 0.9),
            np.median(steps) if len(steps) > 2 else 0.0,
            high - low,
        ]
    )


def _movement(
    power: _Samples, energy: _Samples, active: NDArray[np.bool_], noise: float
) -> _Samples:
    """Return how the spectrum changes, and how loud its low, middle and high bands are."""
    bands = np.add.reduceat(power[:, :_HIGH], _EDGES, axis=1) + noise / 24 + 1e-2
    decibels = 10 * np.log10(bands / bands.sum(axis=1, keepdims=True))
    decibels = np.maximum(decibels, _FAINTEST)
    shape = np.sqrt(power[:, _LOW:_HIGH])
    shape /= np.maximum(np.linalg.norm(shape, axis=1, keepdims=True), 1e-9)
    both = active[_LATER:] & active[:-_LATER]
    alike, change = 0.8, 3.0  # where the sound is too short to tell
    if both.sum() > 1:
        alike = float((shape[_LATER:] * shape[:-_LATER]).sum(axis=1)[both].mean())
        change = float(np.abs(decibels[_LATER:] - decibels[:-_LATER])[both].mean())
    kilohertz = np.arange(_BINS) / 64
    centre = (power @ kilohertz / energy)[active]
    colours = decibels[active][:, _COLOURS].mean(axis=0)
    return np.array([change, alike, centre.std(), *colours])


def _outline(energy: _Samples, active: NDArray[np.bool_]) -> _Samples:
    """Return how abruptly a sound rises and falls (dB in 20 ms), and its longest stretch."""
    loudness = 10 * np.log10(energy + 1)
    rises = loudness[2:] - loudness[:-2]
    edges = np.flatnonzero(np.concatenate([[True], ~active, [True]]))
    longest = (np.diff(edges) - 1).max() * _HOP_S
    return np.array(
        [
            np.clip(rises.max(), 0.0, 40.0),
            -np.clip(rises, -12.0, 0.0).mean(),
            np.log(longest),
        ]
    )
