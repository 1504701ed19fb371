"""One whole visit through each provider's stand-in, with its picture and a table.

    python -m benchmarks.provider_visits --out DIR [--only openai azure ...] [--at-once 1]

The real server and real AudioSocket lines with simulated people; the providers are the
servers of the tests, which answer at once, so the figures are Porteiro's own. Writes a PNG
and a WAV a visit, `visits.json` and `visits.txt`, and prints the table. The exit status is
0 only if every visit ended authorized, with the gate opened once.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from porteiro.demo.drawing import draw
from porteiro.demo.sound import stereo, write_wav
from porteiro.demo.timeline import timeline
from porteiro.dialogue.phrases import FIXED, ONE_AT_A_TIME
from porteiro.logs import LogOptions, logging_to
from tests.providers.phone_ears import rehearse
from tests.providers.visit_report import VisitReport, report
from tests.providers.visits import CASES, Case, visited


async def visits(cases: Iterable[Case], out: Path, at_once: int = 1) -> list[VisitReport]:
    """Run visits, so many at once; the picture and the sound of each are left in `out`."""
    turn = asyncio.Semaphore(at_once)
    await rehearse((*FIXED.values(), *ONE_AT_A_TIME.values()))

    async def one(case: Case) -> VisitReport:
        async with turn:
            story, witness = await visited(case, out)
        found = report(case, story, witness)
        title = f"{case.name}: {found.decision or 'not ended'}"
        picture = out / f"{case.name}.png"
        await asyncio.to_thread(draw, timeline(story), title, case.told, picture)
        write_wav(out / f"{case.name}.wav", stereo(story))
        return found

    with (
        (out / "porteiro.log").open("w", encoding="utf-8") as stream,
        logging_to(stream, LogOptions(personal=True)),
    ):
        return list(await asyncio.gather(*(one(case) for case in cases)))


def table(reports: Sequence[VisitReport]) -> str:
    """Return the table: a block a visit, with a line a turn."""
    lines = []
    for each in reports:
        parts = " + ".join(f"{ms:.0f} {name}" for name, ms in each.part_p50_ms.items())
        voices = ", ".join(f"{who} {count}" for who, count in each.spoken_by.items())
        lines += [
            f"{each.name}: {each.told}",
            f"  {each.decision}, gate opened {each.gates} time(s), {each.seconds} s",
            f"  {each.turns} turns, p50 in ms: {parts}; longest wait {each.longest_wait_ms} ms",
            f"  phrases by voice: {voices}",
            f"  fillers {each.fillers}, interruptions {each.interruptions}",
        ]
        lines += [
            f"    {line.role:<9} heard by {line.heard_by:<9} understood by "
            f"{line.understood_by:<8} “{line.text}”"
            for line in each.lines
        ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    names = [case.name for case in CASES]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for what it writes")
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="these visits")
    parser.add_argument("--at-once", type=int, default=1, help="how many visits at a time")
    asked = parser.parse_args(arguments)
    cases = [case for case in CASES if case.name in asked.only]
    asked.out.mkdir(parents=True, exist_ok=True)
    reports = asyncio.run(visits(cases, asked.out, asked.at_once))
    written = json.dumps([asdict(each) for each in reports], ensure_ascii=False, indent=1)
    (asked.out / "visits.json").write_text(written + "\n", encoding="utf-8")
    (asked.out / "visits.txt").write_text(table(reports), encoding="utf-8")
    print(table(reports), end="")
    return 0 if all(each.right for each in reports) else 1


if __name__ == "__main__":
    sys.exit(main())
