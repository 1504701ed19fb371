"""`porteiro check`: says what is wrong with the settings and the machine before anyone calls."""

import os
import sys
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import TextIO

from porteiro.cli.checks import machine, neighbours
from porteiro.cli.checks.finding import Finding, Mark, bad, doubtful, good
from porteiro.cli.checks.site import site
from porteiro.errors import SettingsError
from porteiro.logs import LogOptions, logging_to
from porteiro.settings import Settings, load, notices, secrets


async def check() -> int:
    """Say what is wrong with the settings and this machine before anyone calls.

    Looks at the settings, the data folder and its files, the speech programs, the ports,
    the dialer and the gate; rings nobody and opens nothing. The exit status is 1 if
    anything must be put right.
    """
    return await examine(Path(".env"), sys.stdout)


async def examine(env_file: Path, out: TextIO) -> int:
    """Write a line to `out` for each thing looked at, and return 1 if one of them is bad."""
    worst = 0
    for finding in _settings_findings(env_file):
        worst |= _show(finding, out)
    if worst:
        _summarize(worst, out)
        return worst
    settings = load(env_file)
    with logging_to(None, LogOptions(level="critical", secrets=secrets(settings))):
        async for findings in _everything(settings):
            for finding in findings:
                worst |= _show(finding, out)
    _summarize(worst, out)
    return worst


def _settings_findings(env_file: Path) -> Iterable[Finding]:
    try:
        load(env_file)
    except SettingsError as error:
        yield from map(bad, str(error).splitlines())
    else:
        yield good("the settings make sense")
    yield from map(doubtful, notices(env_file))


async def _everything(settings: Settings) -> AsyncIterator[list[Finding]]:
    yield machine.data_folder(settings)
    yield machine.descriptors(settings)
    yield machine.calendar()
    yield await machine.synthesis(settings)
    yield await machine.recognition()
    yield await site(settings)
    yield await neighbours.dialer(settings)
    yield await neighbours.gate(settings)


def _show(finding: Finding, out: TextIO) -> int:
    sign, plain, colour = finding.mark.value
    if out.isatty() and "NO_COLOR" not in os.environ:
        sign = f"\x1b[{colour}m{sign}\x1b[0m"
    line = f"{sign} {finding.what}\n"
    try:
        out.write(line)
    except UnicodeEncodeError:  # a terminal without UTF-8
        out.write(f"{plain} {finding.what}\n".encode("ascii", "replace").decode())
    out.flush()
    return int(finding.mark is Mark.BAD)


def _summarize(worst: int, out: TextIO) -> None:
    out.write("Put right what is marked, and check again.\n" if worst else "Ready for calls.\n")
