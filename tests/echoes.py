"""Porteiro's own phrases as they come back from a gate, and people who speak there.

All sound is at 8000 Hz. espeak-ng speaks; each phrase is made once a process.
"""

import asyncio
import audioop
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Final

import numpy as np

from porteiro.dialogue.phrases import FIXED
from porteiro.speech.espeak import EspeakOptions, EspeakSynthesizer
from tests.fixtures_path import fixtures
from tests.noises import in_band
from tests.telephone_speech import (
    RATE,
    Samples,
    active_level,
    noise,
    to_pcm,
    to_samples,
    utterances,
)

ASKED: Final = ("ask_purpose", "ask_visitor", "ask_apartment", "authorize_question", "ask_keys")
"""The questions that are interrupted, by their keys."""

LEVELS_DB: Final = (0, -6, -12, -20, -30)
DELAYS_S: Final = (0.02, 0.06, 0.15, 0.3, 0.6)

SHORT: Final = ("oi", "sim", "não", "é", "alô", "entrega", "pode entrar", "quem é", "cento e um")
LONG: Final = ("boa tarde, tenho uma entrega", "sou o Pedro, vim fazer uma visita")
_VARIANTS: Final = ("", "m1", "m2", "m3", "m4", "m5", "m7", "m8", "f1", "f2", "f3", "f4", "f5")
_NAMED: Final = ("Diogo", "Marcelo", "Alicia", "Andrea", "Steph", "Antonio", "anika", "grandma")


@dataclass(frozen=True, slots=True)
class Echo:
    """A phrase as it was played, and what comes in at the same time, of the same length."""

    name: str
    played: Samples
    heard: Samples


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a person says: from the first sound to the last, in the telephone's band."""

    said: str
    voice: str
    samples: Samples


@cache
def say(text: str, voice: str = "pt-br", pitch: int = 45, words_per_minute: int = 170) -> Samples:
    """Return what espeak-ng makes of a text, as Porteiro says it."""
    options = EspeakOptions(words_per_minute=words_per_minute, pitch=pitch)

    async def made() -> bytes:
        stream = EspeakSynthesizer(options).stream(text, voice, RATE)
        return b"".join([chunk async for chunk in stream])

    return to_samples(asyncio.run(made()))


def cut(sound: Samples, under_db: float = 35.0) -> Samples:
    """Return sound from where it begins to be heard to where it ends."""
    loud = np.flatnonzero(np.abs(sound) > np.abs(sound).max() * 10 ** (-under_db / 20))
    return sound[loud[0] : loud[-1] + 1]


def people(texts: tuple[str, ...] = SHORT + LONG) -> list[Spoken]:
    """Return texts in many voices: men, women, children, slow, quick and shouting ones."""
    spoken = []
    voices = [*_VARIANTS, *_NAMED]
    manners = [(30, 140), (50, 175), (75, 200), (95, 160)]
    for number, (text, variant) in enumerate(product(texts, voices)):
        pitch, pace = manners[number % len(manners)]
        voice = f"pt-br+{variant}" if variant else "pt-br"
        sound = cut(in_band(say(text, voice, pitch, pace)))
        spoken.append(Spoken(text, f"{voice} {pitch}", sound))
    return spoken


def room(ringing_s: float, seed: int = 5) -> Samples:
    """Return a room's response: the direct sound, then a tail that fades by 43 dB."""
    count = max(1, round(ringing_s * RATE))
    random = np.random.default_rng(seed)
    response = random.standard_normal(count) * np.exp(-5 * np.arange(count) / count)
    response *= 0.6 / np.sqrt(np.sum(response**2))
    response[0] = 1.0
    return response


def over_the_line(sound: Samples, noise_level: float, seed: int = 1, kind: str = "pink") -> bytes:
    """Return what arrives: with noise of a level (0 to 32768) on it, and through G.711."""
    added = noise(kind, len(sound) / RATE, seed)[: len(sound)] * noise_level
    return audioop.ulaw2lin(audioop.lin2ulaw(to_pcm(sound + added), 2), 2)


def returning(played: Samples, delay_s: float, gain_db: float, ringing_s: float = 0.0) -> Samples:
    """Return the echo of a phrase, with as much silence behind it as is needed to hear its end."""
    late = round(delay_s * RATE)
    tail = np.zeros(max(0, round(0.8 * RATE) - late))
    echo = np.convolve(played, room(ringing_s))[: len(played)] if ringing_s else played
    return np.concatenate([np.zeros(late), in_band(echo) * 10 ** (gain_db / 20), tail])


def echoes() -> list[Echo]:
    """Return phrases at all levels and delays, a third of them from rooms that ring."""
    made = []
    for number, (gain_db, delay_s, key) in enumerate(product(LEVELS_DB, DELAYS_S, ASKED)):
        played = say(FIXED[key])
        heard = returning(played, delay_s, gain_db, (0.0, 0.08, 0.25)[number % 3])
        padded = np.concatenate([played, np.zeros(len(heard) - len(played))])
        name = f"{key} {gain_db} dB {1000 * delay_s:.0f} ms"
        made.append(Echo(name, padded, heard))
    return made


def judged(sound: Samples, snr_db: float, seed: int, seconds: float = 3.0) -> bytes:
    """Return a sound as it is judged: its first seconds, with a little of what came before.

    It is as loud as sounds at a gate are, in noise `snr_db` under it, over a telephone line.
    """
    random = np.random.default_rng(seed)
    loudness = 32768 * 10 ** (random.uniform(-32, -14) / 20)
    before = np.zeros(round(random.uniform(0.04, 0.1) * RATE))
    louder = sound * loudness / active_level(sound)
    heard = np.concatenate([before, louder[: round(seconds * RATE)]])
    if len(sound) < seconds * RATE:
        heard = np.concatenate([heard, np.zeros(round(0.2 * RATE))])
    heard = heard[: round(seconds * RATE) + len(before)]
    kind = ("pink", "white", "babble")[seed % 3] if snr_db > 10 else "pink"
    return over_the_line(heard, loudness * 10 ** (-snr_db / 20), seed, kind)


def recorded() -> list[Spoken]:
    """Return the recordings of `tests/data/speech` or the larger collection, without pauses."""
    found = []
    for each in utterances(fixtures("speech")):
        if each.said:
            # Each begins 0.5 s after its recording does, which goes on for 0.8 s after it.
            sound = each.samples[round(0.5 * RATE) : -round(0.8 * RATE)]
            found.append(Spoken(each.said, each.name, sound))
    return found
