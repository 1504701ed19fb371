"""Fits the weights by which `porteiro.audio.voice` tells a person from a noise; prints its table.

Learns from synthetic voices and noises, and from recordings (WAV, 8000 Hz, mono) of people
and of noises in folders that are named, of which every other one is kept for the check.
Its output is `porteiro/audio/voice_weights.py`, which was made with Debian's packages
asterisk-core-sounds-es-wav and tuxpaint-stamps-default (1,183 recordings of people in a dozen
languages, a hundred of animals, tools and vehicles).
"""

import argparse
import sys
import wave
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from porteiro.audio.voice import measures
from tests.echoes import cut, judged, people, recorded
from tests.noises import gate_noises, in_band
from tests.telephone_speech import RATE, Samples, to_samples

SHORT_S: Final = 0.35
MISSED: Final = 0.01  # of the people, at each length
SEEDS: Final = range(1000, 1060)  # the tests use others
RIDGE: Final = 3.0

_Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """One sound as it is judged, what it is, and whether it is kept for the check."""

    name: str
    person: bool
    short: bool
    kept: bool
    measured: Samples


def recordings(folder: Path | None) -> Iterator[tuple[str, Samples]]:
    """Yield what is loud in each recording of a folder, in the telephone's band."""
    for path in sorted(folder.glob("*.wav")) if folder else []:
        with wave.open(str(path)) as recording:
            sound = to_samples(recording.readframes(recording.getnframes()))
        if len(sound) > RATE // 5 and np.abs(sound).max() > 300:
            yield path.name, cut(in_band(sound), 30.0)


def cases(people_folder: Path | None, noise_folder: Path | None) -> list[Case]:
    """Return everything to learn from and to check with."""
    sounds = [(each.kind, False, False, each.samples) for each in gate_noises(SEEDS)]
    sounds += [(each.kind, False, True, each.samples) for each in gate_noises(range(60))]
    sounds += [("espeak-ng", True, i % 2 == 0, p.samples) for i, p in enumerate(people())]
    sounds += [("fixtures", True, i % 2 == 0, p.samples) for i, p in enumerate(recorded())]
    for name, person, folder in (
        ("recorded people", True, people_folder),
        ("recorded noises", False, noise_folder),
    ):
        found = enumerate(recordings(folder))
        sounds += [(name, person, i % 2 == 0, sound) for i, (_, sound) in found]
    made = []
    for number, (name, person, kept, sound) in enumerate(sounds):
        for step, snr_db in enumerate((9, 15, 22) if person else (6, 14, 22)):
            for seconds in (SHORT_S, 3.0):
                pcm = judged(sound, snr_db, 7 * number + step, seconds)
                measured = measures(to_samples(pcm), RATE)
                made.append(Case(name, person, seconds == SHORT_S, kept, measured))
    return made


def fit(terms: _Matrix, person: Samples, weight: Samples) -> Samples:
    """Return the weights of a logistic regression, by Newton's method, with a ridge."""
    ridge = RIDGE * np.diag(np.arange(terms.shape[1]) > 0)
    weights = np.zeros(terms.shape[1])
    for _ in range(25):
        likely = 1 / (1 + np.exp(-np.clip(terms @ weights, -30, 30)))
        gradient = terms.T @ (weight * (likely - person)) + ridge @ weights
        bent = weight * likely * (1 - likely)
        weights -= np.linalg.solve((terms * bent[:, np.newaxis]).T @ terms + ridge, gradient)
    return weights


def main() -> None:
    """Fit, print the table, and tell on standard error how good it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=Path)
    parser.add_argument("--noises", type=Path)
    chosen = parser.parse_args()
    found = cases(chosen.people, chosen.noises)
    measured = np.array([case.measured for case in found])
    learned = np.array([not case.kept for case in found])
    person = np.array([case.person for case in found], dtype=float)
    short = np.array([case.short for case in found])
    centres, scales = measured[learned].mean(axis=0), measured[learned].std(axis=0)
    centres, scales = np.round(centres, 4), np.round(scales, 4)
    near = np.clip((measured - centres) / scales, -3, 3)
    terms = np.concatenate([np.ones((len(near), 1)), near, near**2], axis=1)
    share = person[learned].mean()
    weight = np.where(person[learned] == 1, 0.5 / share, 0.5 / (1 - share))
    weights = np.round(fit(terms[learned], person[learned], weight), 4)
    score = terms @ weights
    lenience = [
        -round(float(np.quantile(score[(person == 1) & learned & (short == which)], MISSED)), 2)
        for which in (True, False)
    ]
    score += np.where(short, *lenience)
    _print_table(centres, scales, weights, lenience)
    tally: dict[tuple[str, bool], list[bool]] = defaultdict(list)
    for case, value in zip(found, score, strict=True):
        if case.kept:
            tally[case.name, case.short].append(bool(value >= 0))
            tally["all people" if case.person else "all noises", case.short].append(value >= 0)
    for (name, is_short), taken in sorted(tally.items()):
        length = "0.35 s" if is_short else "whole"
        print(f"{name:16} {length:7} voice {np.mean(taken):.3f} of {len(taken)}", file=sys.stderr)


def _print_table(
    centres: Samples, scales: Samples, weights: Samples, lenience: list[float]
) -> None:
    count = len(centres)
    print('"""The weights of the measures in `voice`, as `benchmarks.voice_fit` found them."""\n')
    print("from typing import Final\n\nimport numpy as np\n")
    print(f"CENTRES: Final = np.array({centres.tolist()})")
    print(f"SCALES: Final = np.array({scales.tolist()})")
    parts = [weights[:1], weights[1 : 1 + count], weights[1 + count :]]
    print("WEIGHTS: Final = np.array([")
    for part in parts:
        print(f"    *{part.tolist()},")
    print("])")
    print('"""A constant, one for each measure, and one for its square."""')
    print(f"LENIENCE: Final = ((0.5, 0.9), {tuple(lenience)})")
    print('"""What is added to the score, by the seconds heard: short words are hard to tell."""')


if __name__ == "__main__":
    main()
