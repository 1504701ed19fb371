"""What makes Porteiro stop talking: people, its own echo, and the noises of a gate.

Each sound breaks into a question that Porteiro says, after another question from which the
echo was learned. Porteiro yields when two blocks of 20 ms stand out from the noise and from
its own echo, and what made it yield is judged after 0.35 s and when it is over: a person who
is found either time has interrupted, anything else was a wrong guess, and Porteiro goes on.
An echo alone is tried with nothing learned, as in a call's first question.

Prints JSON, and a table on standard error. `python -m benchmarks.barge_in`
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from benchmarks.machine import machine, spread
from porteiro.audio.echo import is_echo
from porteiro.audio.echo_level import EchoLevel
from porteiro.audio.energy import NoiseFloor, from_dbfs, level, ratio
from porteiro.audio.voice import is_voice
from porteiro.dialogue.phrases import FIXED
from tests.echoes import ASKED, Echo, echoes, over_the_line, people, recorded, returning, say
from tests.noises import gate_noises
from tests.telephone_speech import RATE, Samples, active_level, frames, to_pcm

FLOOR_DBFS: Final = -45.0
PEOPLE_OVER_DB: Final = (12, 18, 25)
NOISES_OVER_DB: Final = (3, 10, 17, 25)
NOISE_SEEDS: Final = range(12)
ECHO_PATHS: Final = ((0.1, -60.0), (0.06, -30.0), (0.3, -20.0), (0.15, -12.0), (0.6, -12.0))
BEFORE_S: Final = 0.5  # silence in which the noise is learned
GUARD_S: Final = 0.4  # into a call's first question nobody can break sooner
STANDS_OUT_DB: Final = 9.0
STANDS_OUT_BLOCKS: Final = 2
VERDICT_S: Final = 0.35
LOOK_BACK_S: Final = 0.1
QUIET_S: Final = 0.4  # after which what was heard is over
LONGEST_S: Final = 3.0
ONSET_DB: Final = -15.0  # a sound begins where it is this far under its own level
BLOCK: Final = RATE // 50


@dataclass(frozen=True, slots=True)
class Scene:
    """Sound that is heard while Porteiro talks, at one place of an echo path."""

    kind: str
    sound: Samples
    over_db: float
    delay_s: float
    echo_db: float
    seed: int


@dataclass(frozen=True, slots=True)
class Break:
    """A sound that breaks into a question at a sample of it; none at all for an echo alone."""

    echo: Echo
    delay_s: float
    sound: Samples
    at: int
    seed: int


@dataclass(slots=True)
class Tally:
    """What became of the sounds of one kind."""

    sounds: int = 0
    yields: int = 0
    early: int = 0
    whole: int = 0
    stops: int = 0
    yield_ms: list[float] = field(default_factory=list)

    def count(self, *, yielded: bool, early: bool, whole: bool) -> None:
        """Count one more sound."""
        self.sounds += 1
        self.yields += yielded
        self.early += early
        self.whole += whole
        self.stops += early or whole

    def report(self) -> dict[str, object]:
        """Return shares of all sounds of the kind, and the time from onset to yield."""
        shares = {"yields": self.yields, "voice_at_0.35_s": self.early, "voice_whole": self.whole}
        shares["stops"] = self.stops
        found = {name: round(count / self.sounds, 4) for name, count in shares.items()}
        return {"sounds": self.sounds, **found, "onset_to_yield_ms": spread(self.yield_ms)}


class Ear:
    """Stage 1: notices what stands out."""

    def __init__(self) -> None:
        """Begin a call."""
        self.echo = EchoLevel()
        self._floor = NoiseFloor(from_dbfs(-50), from_dbfs(-60), from_dbfs(-30))
        self._run = 0

    def hear(self, block: bytes, played: float) -> bool:
        """Take 20 ms of what comes in and the level of what goes out; say whether to yield."""
        loudness = level(block)
        noise = self._floor.level
        self.echo.hear(loudness, played, noise=noise, speaking=self._run > 0)
        threshold = max(noise * ratio(STANDS_OUT_DB), self.echo.threshold)
        stands_out = loudness > threshold
        self._floor.add(loudness, calm=played == 0 and not stands_out)
        self._run = self._run + 1 if stands_out else 0
        return self._run == STANDS_OUT_BLOCKS


def learn(ear: Ear, echo: Echo, seed: int) -> None:
    """Let a question be played that nobody breaks into."""
    before = np.zeros(round(BEFORE_S * RATE))
    heard = over_the_line(np.concatenate([before, echo.heard]), from_dbfs(FLOOR_DBFS), seed)
    played = to_pcm(np.concatenate([before, echo.played]))
    for theirs, ours in zip(frames(heard), frames(played), strict=True):
        ear.hear(theirs, level(ours))


def question(number: int, delay_s: float, echo_db: float) -> Echo:
    """Return one of the questions with its echo."""
    played = say(FIXED[ASKED[number % len(ASKED)]])
    heard = returning(played, delay_s, echo_db, 0.08)
    padded = np.concatenate([played, np.zeros(len(heard) - len(played))])
    return Echo("", padded, heard)


def broken_into(ear: Ear, into: Break) -> int | None:
    """Play a question that a sound breaks into; return the sample at which Porteiro yields."""
    scene = _mixed(into.echo.heard, into.sound, into.at)
    heard = over_the_line(scene, from_dbfs(FLOOR_DBFS), into.seed)
    yielded = None
    for number, (theirs, ours) in enumerate(
        zip(frames(heard), frames(to_pcm(into.echo.played)), strict=False)
    ):
        now = (number + 1) * BLOCK
        if ear.hear(theirs, level(ours)) and yielded is None and now > into.at:
            yielded = now
            break
    return yielded


def verdicts(into: Break, yielded: int) -> tuple[bool, bool]:
    """Return whether what made Porteiro yield is a person's after 0.35 s, and at its end."""
    echo, sound = into.echo, into.sound
    # Porteiro is silent from here on, and its echo therefore a delay later.
    faded = yielded + round((into.delay_s + 0.1) * RATE)
    left = echo.heard.copy()
    left[faded:] = 0
    over = into.at + len(sound) if len(sound) else faded
    end = max(over + round(QUIET_S * RATE), yielded + round(VERDICT_S * RATE))
    mixed = _mixed(left, sound, into.at)
    scene = np.concatenate([mixed, np.zeros(max(0, end - len(mixed)))])
    heard = over_the_line(scene, from_dbfs(FLOOR_DBFS), into.seed)
    begin = max(0, yielded - round((LOOK_BACK_S + STANDS_OUT_BLOCKS * 0.02) * RATE))
    played = to_pcm(echo.played[max(0, yielded - 3 * RATE) : yielded])
    found = []
    for until in (yielded + round(VERDICT_S * RATE), end):
        part = heard[2 * begin : 2 * min(until, begin + round(LONGEST_S * RATE))]
        found.append(is_voice(part, RATE) and not is_echo(part, played, RATE))
    return found[0], found[1]


def _mixed(background: Samples, sound: Samples, at: int) -> Samples:
    mixed = np.concatenate([background, np.zeros(max(0, at + len(sound) - len(background)))])
    mixed[at : at + len(sound)] += sound
    return mixed


def run(scene: Scene, tallies: list[Tally]) -> None:
    """Let one sound break into a question, and count what happens."""
    random = np.random.default_rng(scene.seed)
    ear = Ear()
    learn(ear, question(scene.seed + 1, scene.delay_s, scene.echo_db), scene.seed)
    echo = question(scene.seed, scene.delay_s, scene.echo_db)
    sound = scene.sound * from_dbfs(FLOOR_DBFS + scene.over_db) / active_level(scene.sound)
    at = int(random.integers(round(0.2 * RATE), len(echo.played) - RATE))
    into = Break(echo, scene.delay_s, sound, at, scene.seed)
    yielded = broken_into(ear, into)
    early = whole = False
    if yielded is not None:
        early, whole = verdicts(into, yielded)
    for tally in tallies:
        tally.count(early=early, whole=whole, yielded=yielded is not None)
        if yielded is not None:
            tally.yield_ms.append(1000 * (yielded - at - onset(sound)) / RATE)


def run_echo(echo: Echo, delay_s: float, seed: int, tally: Tally) -> None:
    """Let nothing but an echo come back, with nothing learned, and count what happens."""
    ear = Ear()
    for theirs in frames(over_the_line(np.zeros(RATE // 2), from_dbfs(FLOOR_DBFS), seed)):
        ear.hear(theirs, 0.0)
    into = Break(echo, delay_s, np.zeros(0), round(GUARD_S * RATE), seed)
    yielded = broken_into(ear, into)
    early = whole = False
    if yielded is not None:
        early, whole = verdicts(into, yielded)
    tally.count(early=early, whole=whole, yielded=yielded is not None)


def onset(sound: Samples) -> int:
    """Return the sample from which a sound is no longer faint beside its own level."""
    size = RATE // 200
    blocks = sound[: len(sound) // size * size].reshape(-1, size)
    loud = np.sqrt((blocks**2).mean(axis=1)) > active_level(sound) * ratio(ONSET_DB)
    return int(np.argmax(loud)) * size


def scenes() -> Iterator[Scene]:
    """Yield everything that breaks into a question."""
    spoken = [*people(), *recorded()]
    for seed, each in enumerate(spoken):
        for number, over_db in enumerate(PEOPLE_OVER_DB):
            delay_s, echo_db = ECHO_PATHS[(seed + number) % len(ECHO_PATHS)]
            kind = f"people, {over_db} dB over the noise"
            yield Scene(kind, each.samples, over_db, delay_s, echo_db, seed)
    for seed, noise in enumerate(gate_noises(NOISE_SEEDS)):
        for number, over_db in enumerate(NOISES_OVER_DB):
            delay_s, echo_db = ECHO_PATHS[(seed + number) % len(ECHO_PATHS)]
            yield Scene(noise.kind, noise.samples, over_db, delay_s, echo_db, seed)


def main() -> None:
    """Measure and print."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for seed, echo in enumerate(echoes()):
        *_, gain_db, _, delay_ms, _ = echo.name.split()
        run_echo(echo, int(delay_ms) / 1000, seed, tallies[f"own echo, {gain_db} dB"])
    for scene in scenes():
        group = "all noises"
        if scene.kind.startswith("people"):
            path = "none" if scene.echo_db < -50 else f"{scene.echo_db:.0f} dB"
            group = f"people, echo {path}"
        run(scene, [tallies[scene.kind], tallies[group]])
    results = {kind: tally.report() for kind, tally in tallies.items()}
    json.dump({"machine": machine(), "sounds": results}, sys.stdout, indent=2)
    print()
    for kind, tally in tallies.items():
        shares = [part / tally.sounds for part in (tally.yields, tally.stops)]
        times = spread(tally.yield_ms)
        line = f"{kind:38} {tally.sounds:5}  yields {shares[0]:6.1%}  stops {shares[1]:6.1%}"
        print(f"{line}  ms {times.get('p50', '')} {times.get('p99', '')}", file=sys.stderr)


if __name__ == "__main__":
    main()
