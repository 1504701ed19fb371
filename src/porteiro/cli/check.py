"""`porteiro check`: says what is wrong with the settings and the machine before anyone calls."""

import sys
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import TextIO

from porteiro.cli.checks import machine, neighbours
from porteiro.cli.checks.finding import Finding, bad, doubtful, good, show
from porteiro.cli.checks.site import site
from porteiro.cli.engines import tried
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
    worst = False
    for finding in _settings_findings(env_file):
        worst |= show(finding, out)
    if worst:
        _summarize(out, ready=not worst)
        return 1
    settings = load(env_file)
    with logging_to(None, LogOptions(level="critical", secrets=secrets(settings))):
        async for findings in _everything(settings):
            for finding in findings:
                worst |= show(finding, out)
    _summarize(out, ready=not worst)
    return int(worst)


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
    yield await tried(settings)
    yield await site(settings)
    yield await neighbours.dialer(settings)
    yield await neighbours.gate(settings)
    yield await neighbours.mind(settings)


def _summarize(out: TextIO, *, ready: bool) -> None:
    out.write("Ready for calls.\n" if ready else "Put right what is marked, and check again.\n")
