"""How soon Porteiro answers, measured by phones outside it over real sockets.

    python -m benchmarks.turns [--calls 1 200] [--seconds 45] [--runs 3] [--apartments 300]

A server with every part but the providers, which take no time (`stub_server`), talks with
so many visitors at once. "answer_ms" is from the last frame of the visitor's speech to the
first frame of the answer, less the configured silence; the grid of 20 ms on which frames
leave is part of it. "greeting_ms" is from the connection to the first frame of the
greeting. "callers_late_ms" says how far the phones themselves, in one process, ran behind:
what is measured cannot be better than that. "phrase_work_us" is the work from the effect
that says a phrase of the cache to its first frame's message. Prints one JSON object.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from itertools import chain
from pathlib import Path
from typing import Final

import uvloop

from benchmarks.callers import Heard, call_in, sentences
from benchmarks.machine import machine, quantile, spread, stub_server
from benchmarks.stub_server import GREETING, RATE
from porteiro.audio.clip import Clip
from porteiro.audio.playout import Playout
from porteiro.calls.ports import LineListener, PlayoutObserver
from porteiro.calls.talking import Talker, TalkOptions, TalkParts
from porteiro.clock import LoopClock
from porteiro.dialogue.effects import Say, Words
from porteiro.dialogue.terms import Role
from porteiro.errors import SpeechError
from porteiro.lines.sound import WireFormat, codec_for
from porteiro.speech.espeak import EspeakSynthesizer
from porteiro.speech.phrase_cache import PhraseCache, PhraseCacheOptions

SILENCE_MS: Final = 700.0
"""The silence after which a turn is taken, as configured by default."""


class BareLine:
    """A line up to where its socket would be."""

    call_id = peer = ""
    sample_rate = RATE

    def __init__(self) -> None:
        self.playout = Playout(RATE, asyncio.get_running_loop().call_soon)

    def attach(self, listener: LineListener) -> None:
        """Nothing comes in."""

    def play(self, clip: Clip, ended: PlayoutObserver) -> None:
        """Play on the playout."""
        self.playout.play(clip, ended)

    @property
    def played_s(self) -> float:
        """How much of the phrase was given out."""
        return self.playout.position_s

    def stop(self) -> None:
        """Stop it."""
        self.playout.stop()

    def hang_up(self) -> None:
        """There is nothing to hang up."""

    abort = hang_up


class Nobody:
    """Is told how talking goes, and does not care."""

    def fell_silent(self) -> None:
        """Ignore it."""

    def first_frame_left(self, at: float) -> None:
        """Ignore it."""

    def interrupted(self, key: str, played_s: float, length_s: float | None) -> None:
        """Ignore it."""

    def speech_failed(self, error: SpeechError) -> None:
        """Do not go on: the figures would be of something else."""
        raise error


async def phrase_work_us(folder: Path) -> dict[str, float]:
    """Return the work, in microseconds, from saying a cached phrase to its first message."""
    voices = PhraseCache(EspeakSynthesizer(), PhraseCacheOptions(folder))
    await voices.warm([GREETING], "pt-br", RATE)
    line, loop = BareLine(), asyncio.get_running_loop()
    parts = TalkParts(voices, {}, LoopClock(), loop.create_task)
    talker = Talker(line, parts, TalkOptions("pt-br", 5.0), Nobody())
    codec = codec_for(WireFormat(RATE), RATE)
    spent = []
    for _ in range(2000):
        began = time.perf_counter()
        talker.say(Say(Role.VISITOR, "greeting", (Words(GREETING),)))
        codec.message(line.playout.next_frame() or b"")
        spent.append(1e6 * (time.perf_counter() - began))
        talker.stop()
    return {"p50": quantile(spent, 0.5), "p99": quantile(spent, 0.99)}


def measure(calls: int, seconds: float, apartments: int) -> tuple[Heard, dict[str, float]]:
    """Return what so many visitors at once heard, and what the server counted."""
    with stub_server("--apartments", str(apartments)) as server:
        heard = uvloop.run(call_in(server.port, calls, seconds, sentences()))
    return heard, server.counted


def repeat(calls: int, seconds: float, apartments: int, runs: int) -> dict[str, object]:
    """Measure several times; return the figures of all runs together and of each."""
    every, counted = [], []
    for run in range(runs):
        print(f"{calls} calls, run {run + 1} of {runs}", file=sys.stderr)
        heard, of_server = measure(calls, seconds, apartments)
        every.append(heard)
        counted.append(of_server)
    answers = [[ms - SILENCE_MS for ms in heard.answer] for heard in every]
    return {
        "calls": calls,
        "answer_ms": spread([*chain.from_iterable(answers)]),
        "answer_ms_by_run": [spread(run) for run in answers],
        "greeting_ms": spread([ms for heard in every for ms in heard.greeting]),
        "callers_late_ms": spread([ms for heard in every for ms in heard.late]),
        "answers_that_cut_in": sum(heard.cut_in for heard in every),
        "server": counted,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, nargs="+", default=[1, 200])
    parser.add_argument("--seconds", type=float, default=45)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--apartments", type=int, default=300)
    given = parser.parse_args()
    report: dict[str, object] = {"machine": machine()}
    with tempfile.TemporaryDirectory() as folder:
        report["phrase_work_us"] = uvloop.run(phrase_work_us(Path(folder)))
    measured = [repeat(n, given.seconds, given.apartments, given.runs) for n in given.calls]
    print(json.dumps({**report, "turns": measured}, indent=2))


if __name__ == "__main__":
    main()
