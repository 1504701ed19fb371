"""How well turns are found on telephone sound with noise, and what a frame costs.

Each clean utterance is played to a fresh endpointer in each noise: first 3 s of noise with
Porteiro's own echo (20 dB down) in it, then 1.5 s of noise, then the utterance, then noise.
Prints JSON; a level "none" is digital silence. Times are in milliseconds.
"""

import json
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from porteiro.audio.endpointing import (
    Endpointer,
    EndpointingOptions,
    TurnEnded,
    TurnEvent,
    TurnStarted,
)
from tests.fixtures_path import fixtures
from tests.telephone_speech import (
    RATE,
    Samples,
    Utterance,
    active_level,
    frames,
    noise,
    to_pcm,
    to_samples,
    utterances,
)

OPTIONS: Final = EndpointingOptions()
FRAME_S: Final = 0.02
TALKING_S: Final = 3.0
BEFORE_S: Final = 1.5
AFTER_S: Final = 2.0
ECHO_DB: Final = -20.0


@dataclass(slots=True)
class Tally:
    """What happened to the utterances in one noise."""

    utterances: int = 0
    missed: int = 0
    false_starts: int = 0
    split: int = 0
    never_ended: int = 0
    onset_ms: list[float] = field(default_factory=list)
    cut_ms: list[float] = field(default_factory=list)
    end_ms: list[float] = field(default_factory=list)

    def report(self) -> dict[str, object]:
        """Return counts, and medians and extremes of what was measured."""
        return {
            "utterances": self.utterances,
            "missed": self.missed,
            "false_starts": self.false_starts,
            "split": self.split,
            "never_ended": self.never_ended,
            "onset_noticed_after_ms": _spread(self.onset_ms),
            "speech_cut_at_start_ms": _spread(self.cut_ms),
            "end_beyond_silence_ms": _spread(self.end_ms),
        }


def _spread(values: list[float]) -> dict[str, int]:
    if not values:
        return {}
    ordered = sorted(values)
    return {
        "p50": round(statistics.median(ordered)),
        "p95": round(ordered[int(0.95 * (len(ordered) - 1))]),
        "max": round(ordered[-1]),
    }


def hear(said: Utterance, background: Samples, echo: Samples, tally: Tally) -> None:
    """Let a fresh endpointer hear one utterance in a background, and count what it made of it."""
    begin_s, end_s = said.speech_s()
    speech = said.samples[round(begin_s * RATE) : round(end_s * RATE)]
    sound = background.copy()
    onset = TALKING_S + BEFORE_S
    end = onset + len(speech) / RATE
    sound[round(onset * RATE) :][: len(speech)] += speech
    sound[: len(echo)] += echo
    started = ended = None
    for now, event in _events(to_pcm(sound[: round((end + AFTER_S) * RATE)])):
        if isinstance(event, TurnEnded) and started is not None and ended is None:
            ended = now
        elif isinstance(event, TurnStarted) and started is None and onset <= now <= end + 0.06:
            started = now
            begins = now - len(event.sound) / (2 * RATE)
            tally.onset_ms.append(1000 * (now - onset))
            tally.cut_ms.append(1000 * max(0.0, begins - onset))
        elif isinstance(event, TurnStarted):
            tally.false_starts += 1
    tally.utterances += 1
    tally.missed += started is None
    tally.never_ended += started is not None and ended is None
    tally.split += ended is not None and ended < end
    if ended is not None and ended >= end:
        tally.end_ms.append(1000 * (ended - end - OPTIONS.silence_s))


def _events(pcm: bytes) -> Iterator[tuple[float, TurnEvent]]:
    """Yield what an endpointer makes of the sound; opened as Porteiro stops, and after turns."""
    endpointer = Endpointer(RATE, OPTIONS)
    cut = frames(pcm)
    talking = round(TALKING_S / FRAME_S)
    for frame in cut[:talking]:
        endpointer.observe(frame)
    endpointer.open(TALKING_S)
    for number, frame in enumerate(cut[talking:], talking + 1):
        now = number * FRAME_S
        event = endpointer.push(frame, now)
        if event is not None:
            yield now, event
        if isinstance(event, TurnEnded):
            endpointer.open(now - OPTIONS.echo_tail_s)


def cost_us() -> float:
    """Return the microseconds of processor time of a 20 ms frame, listening and in turns."""
    pcm = b"".join(each.pcm for each in utterances() if each.snr_db is None)
    cut = frames(pcm) * 5
    best = float("inf")
    for _ in range(5):
        endpointer = Endpointer(RATE, OPTIONS)
        endpointer.open(0.0)
        began = time.process_time()
        for number, frame in enumerate(cut):
            if isinstance(endpointer.push(frame, number * 0.02), TurnEnded):
                endpointer.open(number * 0.02)
        best = min(best, time.process_time() - began)
    return 1e6 * best / len(cut)


def main() -> None:
    """Measure and print."""
    said = [each for each in utterances(fixtures("speech")) if each.snr_db is None and each.said]
    porteiro = np.resize(to_samples(said[-1].pcm)[RATE // 2 :], round(TALKING_S * RATE))
    levels: dict[str, object] = {}
    for kind in ("none", "white", "pink", "brown", "babble"):
        for snr_db in (0,) if kind == "none" else (20, 15, 10):
            tally = Tally()
            for seed, each in enumerate(said):
                level = active_level(each.samples)
                seconds = TALKING_S + BEFORE_S + len(each.pcm) / 2 / RATE + AFTER_S
                background = np.zeros(round(seconds * RATE))
                if kind != "none":
                    background = noise(kind, seconds, seed) * level * 10 ** (-snr_db / 20)
                hear(each, background, porteiro * 10 ** (ECHO_DB / 20), tally)
            levels["none" if kind == "none" else f"{kind} {snr_db} dB"] = tally.report()
    json.dump({"levels": levels, "us_per_frame": round(cost_us(), 2)}, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
