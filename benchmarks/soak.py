"""Many calls for many minutes: whether memory, descriptors and threads stay where they are.

    python -m benchmarks.soak [--minutes 10] [--calls 200] [--plot soak.png]

The server is everything but the providers (`stub_server`). So many visitors are on the line
all the time, each a TCP connection with speech in it: they listen, answer, hang up after 10
to 30 s, and another one calls at once. A call that the server ends, or whose connection
breaks, is a call dropped, unless the server says that it refused it: with `--max-lag-ms` it does
so while it is late. Prints one JSON object and draws the plot. What is compared are the medians of
the minute around minute 2, and of the last one.

Memory is the server's anonymous memory. Pages of programs and libraries do not count: they are the
server's own or shared as other programs come and go. It rises and falls by some MiB: a call that
ended leaves objects that refer to each other, which Python collects now and then. A thousand ended
calls can still be looked at; until so many have ended, memory grows.

`cpu_share` tells how much of one core the server and its callers took. Where the callers are late
themselves (`callers_kept_time`), what they found tells little about the server.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import matplotlib as mpl
import uvloop

mpl.use("Agg")

import matplotlib.pyplot as plt  # after the backend is chosen

from benchmarks.callers import Caller, Heard, send_for_all, sentences
from benchmarks.machine import StubServer, machine, spread, stub_server
from benchmarks.processes import cpu_s

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHORTEST_S: Final = 10.0
_LONGEST_S: Final = 30.0
_EVERY_S: Final = 5.0
_WINDOW_S: Final = 60.0
_SETTLED_S: Final = 120.0
ALLOWED_GROWTH: Final = 0.05
_ON_TIME_MS: Final = 20.0
_HELD: Final = 0.95
"""Calls that the server must be seen to hold: one may just have left for the next."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The server at one moment, so many seconds after all lines were up."""

    at_s: float
    calls: int
    rss_kib: int
    anonymous_kib: int
    descriptors: int
    threads: int


@dataclass(slots=True)
class Counted:
    """What became of the calls."""

    begun: int = 0
    ended: int = 0
    dropped: int = 0
    refused: int = 0
    unanswered: int = 0
    """Not a word was heard until the visitor left."""


class Visitor(Caller):
    """A visitor who leaves after a while, and notices a call that ends before."""

    leaving = False

    @property
    def unanswered(self) -> bool:
        """Whether nothing was heard yet."""
        return self._doing.name == "WAITING"

    def leave(self) -> None:
        """Hang up, as was meant."""
        self.leaving = True
        self.hang_up()


@dataclass
class Evening:
    """Everybody who calls while the soak lasts."""

    port: int
    said: list[list[bytes]]
    heard: Heard
    counted: Counted
    callers: list[Caller]
    chance: random.Random

    async def stay_busy(self, place: int, began: float) -> None:
        """Keep one line busy, call after call, until cancelled; the first lines come slowly."""
        await asyncio.sleep(began)
        while True:
            visitor = Visitor(self.said, self.heard, self.chance)
            self.counted.begun += 1
            try:
                await self._connect(visitor)
            except OSError:
                self.counted.dropped += 1
                await asyncio.sleep(1)
                continue
            self.callers[place] = visitor
            try:
                async with asyncio.timeout(self.chance.uniform(_SHORTEST_S, _LONGEST_S)):
                    await visitor.gone.wait()
                self.counted.dropped += 1
            except TimeoutError:
                visitor.leave()
                await visitor.gone.wait()
                self.counted.ended += 1
            self.counted.unanswered += visitor.unanswered

    async def _connect(self, visitor: Visitor) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(partial(_itself, visitor), "127.0.0.1", self.port)


def _itself(visitor: Visitor) -> Visitor:
    return visitor


def look(server: StubServer, at_s: float, calls: int) -> Sample:
    """Look at the server from outside."""
    process = Path(f"/proc/{server.pid}")
    status = dict(
        line.split(":", 1) for line in (process / "status").read_text().splitlines() if ":" in line
    )
    return Sample(
        at_s=round(at_s, 1),
        calls=calls,
        rss_kib=int(status["VmRSS"].split()[0]),
        anonymous_kib=int(status["RssAnon"].split()[0]),
        descriptors=len(list((process / "fd").iterdir())),
        threads=int(status["Threads"]),
    )


async def hold(server: StubServer, calls: int, seconds: float) -> tuple[list[Sample], Evening]:
    """Hold so many calls for so long, and look at the server every few seconds."""
    heard, chance = Heard(), random.Random(7)
    nobody = Visitor([], heard, chance)  # sends nothing: it is on no line
    evening = Evening(server.port, sentences(), heard, Counted(), [nobody] * calls, chance)
    lines = [asyncio.create_task(evening.stay_busy(i, i / 50)) for i in range(calls)]
    sending = asyncio.create_task(send_for_all(evening.callers, heard))
    await asyncio.sleep(calls / 50 + 1)
    samples, began = [], time.monotonic()
    while (at_s := time.monotonic() - began) < seconds:
        samples.append(look(server, at_s, sum(not c.gone.is_set() for c in evening.callers)))
        await asyncio.sleep(_EVERY_S)
    for task in (*lines, sending):
        task.cancel()
    await asyncio.wait([*lines, sending])
    for caller in evening.callers:
        caller.hang_up()
    await asyncio.sleep(3)
    samples.append(look(server, time.monotonic() - began, 0))
    return samples, evening


def growth(samples: list[Sample], figure: str) -> dict[str, float]:
    """Return a figure around minute 2 and at the end, and by what share it grew."""
    last = samples[-1].at_s
    settled = min(_SETTLED_S, last / 2)

    def until(end: float) -> float:
        window = [getattr(s, figure) for s in samples if end - _WINDOW_S <= s.at_s <= end]
        return float(median(window))

    before, after = until(settled + _WINDOW_S / 2), until(last)
    return {"minute_2": before, "end": after, "growth": round(after / before - 1, 4)}


def draw(samples: list[Sample], title: str, path: Path) -> None:
    """Draw the figures over time."""
    figure, panels = plt.subplots(2, 2, figsize=(11, 7), layout="constrained")
    figure.suptitle(title, fontsize=11)
    minutes = [each.at_s / 60 for each in samples]
    own = [each.anonymous_kib / 1024 for each in samples]
    settled = growth(samples, "anonymous_kib")["minute_2"] / 1024
    memory(panels[0, 0], minutes, own, settled)
    for panel, name, what in (
        (panels[0, 1], "descriptors", "open descriptors"),
        (panels[1, 0], "threads", "threads"),
        (panels[1, 1], "calls", "calls on the line"),
    ):
        panel.plot(minutes, [getattr(each, name) for each in samples], color="#1f6f8b")
        panel.set_title(what)
    for panel in panels.flat:
        panel.set_xlabel("minutes")
        panel.set_ylim(bottom=0)
        panel.grid(visible=True, alpha=0.3)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def memory(panel: "Axes", minutes: list[float], own: list[float], settled: float) -> None:
    """Draw the server's own memory, and where it may be."""
    low, high = (settled * (1 + part) for part in (-ALLOWED_GROWTH, ALLOWED_GROWTH))
    panel.axhspan(low, high, color="#7aa95c", alpha=0.3, label="minute 2, 5 % up and down")
    panel.plot(minutes, own, color="#1f6f8b", label="server")
    panel.set_title("anonymous memory, MiB")
    panel.legend(loc="lower right")


def main() -> None:
    """Measure, draw and print; the exit status says whether the figures were reached."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--max-lag-ms", type=float, default=0.0)
    parser.add_argument("--plot", type=Path, default=Path("soak.png"))
    given = parser.parse_args()
    where = machine()
    lag = ("--max-lag-ms", str(given.max_lag_ms))
    with stub_server("--hear", "corrections", *lag) as server:
        samples, evening = uvloop.run(hold(server, given.calls, 60 * given.minutes))
        server_s = cpu_s(server.pid)
    evening.counted.refused = int(server.counted.pop("refused"))
    evening.counted.dropped -= evening.counted.refused
    busy = samples[:-1]
    figures = ("rss_kib", "anonymous_kib", "descriptors", "threads")
    grew = {name: growth(busy, name) for name in figures}
    late, lasted_s = spread(evening.heard.late), samples[-1].at_s
    reached = {
        "memory_within_5_percent": grew["anonymous_kib"]["growth"] <= ALLOWED_GROWTH,
        "not_one_call_dropped": evening.counted.dropped == 0,
        "every_call_answered": evening.counted.unanswered == 0,
        "server_held_all_calls": min(each.descriptors for each in busy) >= _HELD * given.calls,
    }
    found = {
        "machine": where,
        "calls_at_once": given.calls,
        "minutes": given.minutes,
        "calls": asdict(evening.counted),
        "answer_ms": spread(evening.heard.answer),
        "greeting_ms": spread(evening.heard.greeting),
        "callers_late_ms": late,
        "callers_kept_time": late["p99"] <= _ON_TIME_MS,
        "cpu_share": {
            "server": round(server_s / lasted_s, 2),
            "callers": round(time.process_time() / lasted_s, 2),
        },
        "server_frames": server.counted,
        "grew": grew,
        "after_the_last_call": asdict(samples[-1]),
        "reached": reached,
    }
    json.dump(found, sys.stdout, indent=2)
    print()
    title = f"{given.calls} calls at once for {given.minutes:g} minutes, one after another"
    draw(busy, f"{title}\n{where['processor']}, {where['cores']} cores", given.plot)
    sys.exit(not all(reached.values()))


if __name__ == "__main__":
    main()
