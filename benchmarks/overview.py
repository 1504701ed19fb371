"""All charts and one table, by one command: quickly to look, or at length to quote.

    python -m benchmarks.overview [--quick] [--out build/benchmarks]

Runs the benchmarks that draw, one after the other, each in a process of its own, and writes their
JSON and pictures and `overview.md`, a table of the main figures, to `--out`; prints the table.
`--quick` takes some 4 minutes, small numbers and single runs: it shows that all works and where
about the figures lie. The exit status is 0 only if every one of them ran.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.charts import described
from benchmarks.machine import ROOT, machine

Json = dict[str, Any]
Row = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """One benchmark: its file of figures, its options when quick, and what to quote."""

    name: str
    written: str
    arguments: str
    quick: str
    quote: Callable[[Json], Sequence[Row]]

    def run(self, out: Path, *, quick: bool) -> Sequence[Row]:
        """Run it, and return the lines that it adds to the table."""
        print(f"== {self.name}", file=sys.stderr)
        options = [*self.arguments.split(), *(self.quick.split() if quick else [])]
        command = [sys.executable, "-W", "ignore", "-m", f"benchmarks.{self.name}", *options]
        command += ["--out", str(out.absolute())]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            return [(self.name, f"failed with status {done.returncode}")]
        return self.quote(json.loads((out / self.written).read_text()))


def of_audio_plane(found: Json) -> list[Row]:
    """Quote processor time and lateness at each number of calls."""
    return [
        (
            f"audio plane, {each['calls']:,} calls",
            (
                f"{each['cpu_ratio']} times the C floor's CPU over AudioSocket, "
                f"{each['freeswitch_cpu_ratio']} over FreeSWITCH's WebSocket; p99 "
                f"{each['porteiro']['late_p99_ms']:.1f} and "
                f"{each['freeswitch']['late_p99_ms']:.1f} ms late, "
                f"the floor {each['floor']['late_p99_ms']:.1f}"
            ),
        )
        for each in found["runs"]
    ]


def of_calls(found: Json) -> list[Row]:
    """Quote what a call costs."""
    return [
        (
            f"a whole call among {each['calls']}",
            (
                f"listening {each['listening']['cpu_ms_a_call_second']:.2f} ms a second "
                f"({each['listening']['cpu_ratio']:.1f} times the floor), "
                f"{each['listening']['kib_a_call']:.0f} KiB; talking without pause "
                f"{each['talking']['cpu_ms_a_call_second']:.2f} ms "
                f"({each['talking']['cpu_ratio']:.1f} times), "
                f"{each['talking']['kib_a_call']:.0f} KiB"
            ),
        )
        for each in found["costs"]
    ]


def of_starts(found: Json) -> list[Row]:
    """Quote the time to ready, and what idle extensions cost."""
    return [
        (
            f"{each['extensions']:,.0f} extensions, {each['workers']:.0f} workers",
            (
                f"serving after {each['ready_s']:.2f} s, {each['memory_mib']:.0f} MiB, "
                f"{each['kib_an_extension']:.0f} KiB a further extension, idle "
                f"{each['idle_cpu_percent']:.1f} % of a core"
            ),
        )
        for each in found["starts"]
    ]


def of_turns(found: Json) -> list[Row]:
    """Quote the turn overhead."""
    return [
        (
            f"turn overhead ({way}), {each['calls']} calls",
            (
                f"p50 {each['p50_ms']} ms, p99 {each['p99_ms']} ms "
                f"({each['p99_ratio']} times that of the fewest calls)"
            ),
        )
        for way in ("turns", "conversation")
        for each in found.get(way, ())
    ]


def of_visits(found: Json) -> list[Row]:
    """Quote how many visits a minute one core takes."""
    return [
        (
            f"{each['visits_a_minute']:.0f} visits a minute ({found['kind']})",
            (
                f"{each['opened']:.0f} of {each['visits']:.0f} opened, "
                f"{each['refused']:.0f} refused, {each['cpu_percent']:.0f} % of the core, "
                f"{each['cpu_ms_a_visit']:.0f} ms a visit, "
                f"answer p99 {each['answer_ms_p99']:.0f} ms beyond the silence"
            ),
        )
        for each in found["rates"]
    ]


PARTS: Final = (
    Part(
        "audio_plane",
        "audio_plane.json",
        "",
        "--calls 10 100 500 --seconds 2 --runs 1",
        of_audio_plane,
    ),
    Part("call_cost", "call_cost.json", "", "--calls 10 100 --seconds 3", of_calls),
    Part("start_up", "start_up.json", "", "--extensions 1 1000 --runs 1 --idle 2", of_starts),
    Part("turn_load", "turn_load.json", "", "--calls 1 100 --seconds 8 --only turns", of_turns),
    Part(
        "visits",
        "visits_stubs.json",
        "--kind stubs",
        "--rates 120 480 --seconds 15",
        of_visits,
    ),
    Part(
        "visits",
        "visits_embedded.json",
        "--kind embedded",
        "--rates 30 120 --seconds 15",
        of_visits,
    ),
)


def main() -> None:
    """Run them all, and make the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    where = machine()
    found = [row for part in PARTS for row in part.run(given.out, quick=given.quick)]
    table = [f"Measured on {described(where)}.", "", "| what | figures |", "| --- | --- |"]
    table += [f"| {what} | {figures} |" for what, figures in found]
    text = "\n".join(table) + "\n"
    (given.out / "overview.md").write_text(text)
    print(text, end="")
    sys.exit(any(figures.startswith("failed") for _, figures in found))


if __name__ == "__main__":
    main()
