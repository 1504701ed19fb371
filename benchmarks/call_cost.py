"""How the cost of a call grows with the number of calls: processor time and memory.

    python -m benchmarks.call_cost [--calls 10 50 100 200 400] [--seconds 6] [--runs 1]
                                   [--out build/benchmarks]

The server is everything but the providers (`stub_server`) on one core, the telephones are
those of `load.c` on the other, `floor.c` is the C program that only moves the same frames.
"listening": a caller who is silent; "talking": one whose speech never pauses, so that turns are
taken, understood and answered all the time, as no gate sees it. CPU in ms a second of a call, and
how many times the floor's in the same run. Memory is what the server grew by, a call: from nothing
("kib_a_call", which holds what all calls share), and from the fewest calls
("kib_a_further_call"). Writes `call_cost.json` and `call_cost.png` to `--out`, and prints the JSON.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.audio_plane import (
    LOAD_CORE,
    RATE,
    SERVER_CORE,
    build,
    cpu_s,
    memory_kib,
    running,
    telephone_speech,
)
from benchmarks.charts import lines, save, sheet
from benchmarks.machine import machine, stub_server
from benchmarks.whole_call import SILENCE, SPEECH, telephones

ALLOWED_KIB: Final = 200.0
_SOUNDS: Final = {"listening": SILENCE, "talking": SPEECH}

Figures = dict[str, float]


def cost(pid: int, port: int, calls: int, seconds: float, sound: Path) -> Figures:
    """Return what the calls of so many telephones cost a server, and how late its frames were."""
    before = memory_kib(pid)
    with telephones(sound.parent, port, calls, seconds, sound.name) as phones:
        phones.all_up()
        spent, began = cpu_s(pid), time.monotonic()
        time.sleep(0.9 * seconds)
        spent, length = cpu_s(pid) - spent, time.monotonic() - began
        grown = memory_kib(pid) - before
    return {
        "cpu_ms_a_call_second": 1000 * spent / length / calls,
        "kib_a_call": grown / calls,
        "late_p99_ms": phones.figures["late_p99_ms"],
        "over20_share": phones.figures["over20_share"],
    }


def round_of(tools: Path, calls: int, seconds: float) -> dict[str, Figures]:
    """Measure the floor and both kinds of callers, one after the other."""
    with running(SERVER_CORE, str(tools / "floor")) as (process, port):
        found = {"floor": cost(process.pid, port, calls, seconds, tools / SPEECH)}
    for name, sound in _SOUNDS.items():
        with stub_server(core=SERVER_CORE) as server:
            found[name] = cost(server.pid, server.port, calls, seconds, tools / sound)
    for each in found.values():
        spent = each["cpu_ms_a_call_second"]
        each["cpu_ratio"] = spent / found["floor"]["cpu_ms_a_call_second"]
    return found


def measure(tools: Path, calls: int, seconds: float, runs: int) -> dict[str, Figures]:
    """Return the medians of the runs."""
    print(f"{calls} calls", file=sys.stderr)
    every = [round_of(tools, calls, seconds) for _ in range(runs)]
    return {
        way: {name: round(median(run[way][name] for run in every), 4) for name in every[0][way]}
        for way in every[0]
    }


def further(calls: Sequence[int], found: Sequence[dict[str, Figures]]) -> None:
    """Add what each call beyond the fewest took."""
    for count, each in zip(calls[1:], found[1:], strict=True):
        for way in _SOUNDS:
            grown = count * each[way]["kib_a_call"] - calls[0] * found[0][way]["kib_a_call"]
            each[way]["kib_a_further_call"] = round(grown / (count - calls[0]), 1)


def draw(
    where: dict[str, object], calls: Sequence[int], found: Sequence[dict[str, Figures]], path: Path
) -> None:
    """Draw processor time, its ratio and memory over the number of calls."""
    figure, panels = sheet("One whole call, providers left out", where)
    across = ("calls at once", calls)

    def curves(name: str, ways: Sequence[str]) -> dict[str, list[float]]:
        return {way: [each[way][name] for each in found] for way in ways}

    ours = ("listening", "talking")
    spent = curves("cpu_ms_a_call_second", (*ours, "floor"))
    spent["C floor"] = spent.pop("floor")
    lines(panels[0], "CPU, ms a second of a call", across, spent)
    lines(panels[1], "CPU, times the C floor's", across, curves("cpu_ratio", ours))
    limit = ("allowed", ALLOWED_KIB)
    memory = {
        way: [each[way].get("kib_a_further_call", each[way]["kib_a_call"]) for each in found[1:]]
        for way in ours
    }
    title = f"memory, KiB a call beyond the first {calls[0]}"
    lines(panels[2], title, (across[0], calls[1:]), memory, limit)
    save(figure, path)


def main() -> None:
    """Measure, draw and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, nargs="+", default=[10, 50, 100, 200, 400])
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks"))
    given = parser.parse_args()
    where = machine()
    with tempfile.TemporaryDirectory() as folder:
        tools = Path(folder)
        build(tools, telephone_speech())
        (tools / SILENCE).write_bytes(bytes(2 * RATE))
        found = [measure(tools, calls, given.seconds, given.runs) for calls in given.calls]
    further(given.calls, found)
    costs = [{"calls": n, **each} for n, each in zip(given.calls, found, strict=True)]
    report = {"machine": where, "telephones_core": LOAD_CORE, "costs": costs}
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "call_cost.json").write_text(json.dumps(report, indent=2))
    draw(where, given.calls, found, given.out / "call_cost.png")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
