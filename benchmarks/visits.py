"""How many whole visits a minute one core takes, until it takes no more.

    python -m benchmarks.visits [--kind stubs|embedded] [--rates 60 120 240 360 480 600]
                                [--seconds 35] [--out build/benchmarks]

Visitors come evenly, so many a minute, each rate for `--seconds`, without a pause between the
rates. A visit is whole: greeting, a sentence of the visitor's, the apartment, the resident rung
(by webhook, who picks up at once, listens for 2 s and presses 1), the gate opened (by HTTP), the
farewells, both hung up. `stubs`: lines, calls and dialogue of `stub_server`, whose transcriber
hears at once all that is needed. `embedded`: a real `porteiro serve` as it is installed, 20
extensions, with its own recognition and its limits; the visitor's sentence is recognized, the
apartment is keyed in. All of Porteiro is on one core, all phones on the other.

Of each rate: visits that ended with the gate open, and those that did not ("lost", of them
"refused": hung up by Porteiro, busy, before anybody was rung); CPU of all of Porteiro's
processes in the second half of the rate, in percent of the core and in ms a visit; first word
from the connection, answer from the end of the sentence (less the silence that is waited for:
0.7 s), gate from the key. `ratio_to_first` is CPU a visit against that of the first rate.
Writes `visits_KIND.json` and `.png` to `--out`, and prints the JSON.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvloop

from benchmarks.callers import sentences
from benchmarks.charts import lines, save, sheet
from benchmarks.machine import machine, quantile, stub_server
from benchmarks.people import Town, Visited, town
from benchmarks.processes import LOAD_CORE, SERVER_CORE, cpu_s, family_cpu_s
from benchmarks.stub_directory import people
from tests.integration.server import Site, serving

KINDS: Final = ("stubs", "embedded")
_SILENCE_MS: Final = 700.0
_APARTMENTS: Final = 300
_EXTENSIONS: Final = 20
_LAST_S: Final = 40.0
"""How long the last visits may take once nobody comes any more."""

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Portaria:
    """A running Porteiro: its visitors' ports, the keys that visitors press, its CPU so far."""

    ports: Sequence[int]
    keys: Sequence[str]
    cpu_s: Callable[[], float]


@asynccontextmanager
async def stubs(here: Town) -> AsyncIterator[Portaria]:
    """Run the server whose providers take no time."""
    arguments = ("--hear", "whole", "--apartments", str(_APARTMENTS), "--building", here.url)
    with stub_server(*arguments, core=SERVER_CORE) as server:
        yield Portaria([server.port], [""], lambda: cpu_s(server.pid))


@asynccontextmanager
async def embedded(here: Town) -> AsyncIterator[Portaria]:
    """Run what is installed, with nothing but its own speech."""
    homes = people(_APARTMENTS)
    directory = [
        {
            "apartment_number": home.label,
            "residents": list(home.residents),
            "voip_number": home.numbers[0],
        }
        for home in homes
    ]
    settings = {
        "PORTEIRO_DIALER": "webhook",
        "PORTEIRO_DIALER_URL": f"{here.url}/ring",
        "PORTEIRO_GATE": "http",
        "PORTEIRO_GATE_URL": f"{here.url}/gate",
        "PORTEIRO_RING_SECONDS": "25",
        "PORTEIRO_MAX_LAG_MS": "100",
        "MAX_CONCURRENT_TRANSCRIPTIONS": "",
    }
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "serve"
        place.mkdir()
        os.sched_setaffinity(0, {SERVER_CORE})  # inherited by the server
        async with serving(place, Site(settings, directory, _EXTENSIONS)) as server:
            os.sched_setaffinity(0, {LOAD_CORE})
            yield Portaria(
                [ports[0] for ports in server.ports],
                [f"{home.label}##" for home in homes],
                lambda: family_cpu_s(server.process.pid),
            )


async def come(here: Town, portaria: Portaria, rates: Sequence[int], seconds: float) -> list[float]:
    """Have visitors come at each rate; return the share of the core that each took."""
    shares = []
    for step, rate in enumerate(rates):
        print(f"{rate} visits a minute", file=sys.stderr)
        began, halfway, cpu_before = time.monotonic(), 0.0, 0.0
        for place in range(round(rate * seconds / 60)):
            await asyncio.sleep(max(0.0, began + place * 60 / rate - time.monotonic()))
            if not halfway and time.monotonic() - began > seconds / 2:
                halfway, cpu_before = time.monotonic(), portaria.cpu_s()
            here.comes(here.chance.choice(portaria.ports), step, here.chance.choice(portaria.keys))
        await asyncio.sleep(max(0.0, began + seconds - time.monotonic()))
        shares.append((portaria.cpu_s() - cpu_before) / (time.monotonic() - halfway))
    await here.all_gone(_LAST_S)
    return shares


def between(visits: Sequence[Visited], begin: str, end: str, less: float = 0.0) -> list[float]:
    """Return the milliseconds from one moment to another, of those visits that had both."""
    moments = ((getattr(visit, begin), getattr(visit, end)) for visit in visits)
    return [1000 * (after - before) - less for before, after in moments if before and after]


def figures(rate: int, visits: Sequence[Visited], share: float) -> Figures:
    """Return what came of the visits of one rate."""
    opened = [visit for visit in visits if visit.opened]
    found = {
        "visits_a_minute": float(rate),
        "visits": float(len(visits)),
        "opened": float(len(opened)),
        "lost": float(len(visits) - len(opened)),
        "refused": float(sum(not v.opened and not v.rung and v.ended > 0 for v in visits)),
        "cpu_percent": round(100 * share, 1),
        "cpu_ms_a_visit": round(60_000 * share / rate, 1),
        "length_s_p50": 0.0,
    }
    waits = {
        "first_word": between(visits, "began", "first_word"),
        "answer": between(visits, "spoke", "answered", _SILENCE_MS),
        "gate": between(visits, "pressed", "opened"),
    }
    for name, waited in waits.items():
        for part in (0.5, 0.99):
            found[f"{name}_ms_p{round(100 * part)}"] = quantile(waited, part) if waited else -1.0
    lengths = between(opened, "began", "ended")
    found["length_s_p50"] = round(quantile(lengths, 0.5) / 1000, 1) if lengths else -1.0
    return found


async def measure(kind: str, rates: Sequence[int], seconds: float) -> dict[str, object]:
    """Measure all rates, one after the other, on one server."""
    servers = {"stubs": stubs, "embedded": embedded}
    async with town(sentences()) as here, servers[kind](here) as portaria:
        os.sched_setaffinity(0, {LOAD_CORE})
        here.late_ms.clear()
        shares = await come(here, portaria, rates, seconds)
        of_rate = [[v for v in here.visits.values() if v.step == n] for n in range(len(rates))]
    found = [figures(*each) for each in zip(rates, of_rate, shares, strict=True)]
    for each in found:
        each["ratio_to_first"] = round(each["cpu_ms_a_visit"] / found[0]["cpu_ms_a_visit"], 2)
    return {
        "kind": kind,
        "seconds_a_rate": seconds,
        "phones_late_ms_p99": quantile(here.late_ms, 0.99),
        "rates": found,
    }


def draw(report: dict[str, object], found: Sequence[Figures], path: Path) -> None:
    """Draw what came of the visits, CPU, and waits over the rate."""
    where = report["machine"]
    if not isinstance(where, dict):
        return
    title = f"Whole visits a minute, {report['kind']}: Porteiro on one core"
    figure, panels = sheet(title, where)
    across = ("visits offered a minute", [each["visits_a_minute"] for each in found])

    def curve(name: str, scale: float = 1.0) -> list[float]:
        return [scale * each[name] for each in found]

    share = [100 * each["opened"] / each["visits"] for each in found]
    refused = [100 * each["refused"] / each["visits"] for each in found]
    lines(panels[0], "visits, %", across, {"gate opened": share, "refused: busy": refused})
    load = {"% of the core": curve("cpu_percent"), "ms a visit / 10": curve("cpu_ms_a_visit", 0.1)}
    lines(panels[1], "CPU of Porteiro", across, load, ("the whole core", 100))
    waits = {
        "first word, p50": curve("first_word_ms_p50"),
        "first word, p99": curve("first_word_ms_p99"),
        "answer beyond the silence, p50": curve("answer_ms_p50"),
        "answer beyond the silence, p99": curve("answer_ms_p99"),
        "key to gate, p99": curve("gate_ms_p99"),
    }
    lines(panels[2], "waits, ms", across, waits)
    save(figure, path)


def main() -> None:
    """Measure, draw and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kind", choices=KINDS, default="stubs")
    parser.add_argument("--rates", type=int, nargs="+", default=[60, 120, 240, 360, 480, 600])
    parser.add_argument("--seconds", type=float, default=35)
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks"))
    given = parser.parse_args()
    where = machine()
    found = uvloop.run(measure(given.kind, given.rates, given.seconds))
    report = {"machine": where, **found}
    given.out.mkdir(parents=True, exist_ok=True)
    path = given.out / f"visits_{given.kind}"
    path.with_suffix(".json").write_text(json.dumps(report, indent=2))
    rates = found["rates"]
    if isinstance(rates, list):
        draw(report, rates, path.with_suffix(".png"))
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
