"""What an answer takes beside the silence, by the number of people who talk at once.

    python -m benchmarks.turn_load [--calls 1 20 50 100 200] [--seconds 20] [--runs 1]
                                   [--only turns conversation] [--read FOLDER]
                                   [--out build/benchmarks]

Runs `benchmarks.turns` (a turn ends by silence) and `benchmarks.conversation` (the words end it,
people interrupt), which say what they measure and how, and puts their figures side by side: p50
and p99 in ms beside how late the phones themselves were (what is measured cannot be better), and
how many times the figure of the fewest calls. `--read` takes the JSON that an earlier run left in
a folder instead. Writes `turns.json`, `conversation.json`, `turn_load.json` and `turn_load.png`
to `--out`, and prints the table's JSON.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.charts import lines, save, sheet
from benchmarks.machine import ROOT, machine

Json = dict[str, Any]

WAYS: Final = {
    "turns": ("turns", "answer_ms", "ended by silence"),
    "conversation": ("conversations", "overhead_ms", "ended by words"),
}
"""Of each benchmark: where its rows stand, the figure, what it is called."""
_ALLOWED_P50_MS: Final = 40.0
_ALLOWED_P99_MS: Final = 100.0


def run(name: str, calls: Sequence[int], seconds: float, runs: int) -> Json:
    """Run a benchmark, and return what it prints."""
    command = [sys.executable, "-W", "ignore", "-m", f"benchmarks.{name}"]
    command += ["--calls", *map(str, calls), "--seconds", str(seconds)]
    command += ["--runs", str(runs)] if name == "turns" else []
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    printed: Json = json.loads(done.stdout)
    return printed


def rows(name: str, printed: Json) -> list[Json]:
    """Return a row for each number of calls, with ratios to the first."""
    where, figure, _ = WAYS[name]
    found = [
        {
            "calls": each["calls"],
            "count": each[figure]["count"],
            "p50_ms": each[figure]["p50"],
            "p99_ms": each[figure]["p99"],
            "phones_late_p99_ms": each["callers_late_ms"]["p99"],
        }
        for each in printed[where]
    ]
    for each in found:
        for part in ("p50", "p99"):
            each[f"{part}_ratio"] = round(each[f"{part}_ms"] / found[0][f"{part}_ms"], 2)
    return found


def draw(where: Json, found: dict[str, list[Json]], path: Path) -> None:
    """Draw the figures of each benchmark, and what both have in common."""
    figure, panels = sheet("Turn overhead: an answer's time beside the silence", where)
    calls = [each["calls"] for each in next(iter(found.values()))]

    def curves(field: str) -> dict[str, list[float]]:
        return {WAYS[name][2]: [each[field] for each in of] for name, of in found.items()}

    across = ("calls at once", calls)
    lines(panels[0], "p50, ms", across, curves("p50_ms"), ("allowed", _ALLOWED_P50_MS))
    lines(panels[1], "p99, ms", across, curves("p99_ms"), ("allowed", _ALLOWED_P99_MS))
    title = "how late the phones themselves were, p99, ms"
    lines(panels[2], title, across, curves("phones_late_p99_ms"))
    save(figure, path)


def main() -> None:
    """Measure or read, draw and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, nargs="+", default=[1, 20, 50, 100, 200])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=[*WAYS], default=[*WAYS])
    parser.add_argument("--read", type=Path)
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    where, found = machine(), {}
    for name in given.only:
        if given.read:
            printed = json.loads((given.read / f"{name}.json").read_text())
            where = printed["machine"]
        else:
            printed = run(name, given.calls, given.seconds, given.runs)
            (given.out / f"{name}.json").write_text(json.dumps(printed, indent=1))
        found[name] = rows(name, printed)
    report = {"machine": where, **found}
    (given.out / "turn_load.json").write_text(json.dumps(report, indent=2))
    draw(where, found, given.out / "turn_load.png")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
