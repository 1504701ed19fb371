"""The synthetic utterances in `tests/data/speech`, and what a telephone line does to sound."""

import csv
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

SPEECH: Final = Path(__file__).resolve().parent / "data" / "speech"
RATE: Final = 8000

Samples = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Utterance:
    """One recording: its sound at 8000 Hz, when speech begins and ends in it, its noise."""

    name: str
    said: str
    noise: str
    snr_db: int | None
    pcm: bytes

    @property
    def samples(self) -> Samples:
        return to_samples(self.pcm)

    def speech_s(self, over_dbfs: float = -46.0) -> tuple[float, float]:
        """Return where sound over a level begins and ends; makes sense without noise only."""
        size = RATE // 100
        samples = self.samples
        blocks = samples[: len(samples) // size * size].reshape(-1, size)
        loud = np.flatnonzero((blocks**2).mean(axis=1) > (32768 * 10 ** (over_dbfs / 20)) ** 2)
        return float(loud[0]) / 100, float(loud[-1] + 1) / 100


def utterances(folder: Path = SPEECH) -> list[Utterance]:
    """Return all utterances of a folder with a manifest."""
    found = []
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as manifest:
        for row in csv.DictReader(manifest):
            with wave.open(str(folder / row["file"])) as recording:
                pcm = recording.readframes(recording.getnframes())
            snr_db = int(row["snr_db"]) if row["snr_db"] else None
            found.append(Utterance(row["file"], row["transcript"], row["noise"], snr_db, pcm))
    return found


def to_samples(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, "<i2").astype(np.float64)


def to_pcm(samples: Samples) -> bytes:
    return np.clip(np.rint(samples), -32768, 32767).astype("<i2").tobytes()


def frames(pcm: bytes, frame_ms: int = 20, sample_rate: int = RATE) -> list[bytes]:
    """Cut sound into frames as a line delivers them."""
    size = 2 * (sample_rate * frame_ms // 1000)
    return [pcm[at : at + size] for at in range(0, len(pcm), size)]


def noise(kind: str, seconds: float, seed: int = 1) -> Samples:
    """Return white, pink, brown or babble noise in the telephone band, of power 1."""
    count = round(seconds * RATE)
    random = np.random.default_rng(seed)
    if kind == "babble":
        made = _babble(count, random)
    else:
        slope = {"white": 0.0, "pink": 0.5, "brown": 1.0}[kind]
        spectrum = np.fft.rfft(random.standard_normal(count))
        hertz = np.fft.rfftfreq(count, 1 / RATE)
        band = (hertz >= 250) & (hertz <= 3500)
        made = np.fft.irfft(np.where(band, spectrum / np.maximum(hertz, 250) ** slope, 0), count)
    level: float = np.sqrt(np.mean(made**2))
    return made / level


def _babble(count: int, random: np.random.Generator) -> Samples:
    """Return four voices talking at once."""
    mixed = np.zeros(count)
    clean = [each for each in utterances() if each.snr_db is None and len(each.pcm) > 5 * 2 * RATE]
    for voice in (clean * 2)[:4]:
        begin, end = voice.speech_s()
        spoken = voice.samples[round(begin * RATE) : round(end * RATE)]
        turned = np.roll(spoken, int(random.integers(len(spoken))))
        mixed += np.resize(turned / np.sqrt(np.mean(turned**2)), count)
    return mixed


def active_level(samples: Samples) -> float:
    """Return the root mean square of the blocks in which somebody speaks."""
    blocks = samples[: len(samples) // 160 * 160].reshape(-1, 160)
    power = (blocks**2).mean(axis=1)
    return float(np.sqrt(power[power > power.max() / 1000].mean()))
