"""A stop that comes while the server still starts is a stop like any other: its status is 0."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.server import PROGRAM, Site, environment, eventually, write_data
from tests.integration.workers import is_gone

SIGTERM_IS_CAUGHT = 1 << (signal.SIGTERM - 1)


@contextmanager
def starting(folder: Path, workers: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start a server, and look no further; whatever is left of it is ended with the block."""
    write_data(folder / "data", Site())
    settings = {"PORTEIRO_WORKERS": str(workers), "AUDIO_MODE": "audiosocket"}
    with (folder / "porteiro.log").open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  our own program
            [PROGRAM, "serve"],
            cwd=folder,
            env=environment(folder / "data", settings),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def loads(process: subprocess.Popen[bytes]) -> bool:
    """Return whether the program has begun, far from serving anything."""
    status = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    caught = next(line.split()[1] for line in status if line.startswith("SigCgt"))
    return bool(int(caught, 16) & SIGTERM_IS_CAUGHT)


def speaks(process: subprocess.Popen[bytes]) -> bool:
    """Return whether what recognizes speech is being started, by the process or by a worker."""
    return any(b"pocketsphinx" in command(pid) for pid in family(process.pid))


def family(pid: int) -> Iterator[int]:
    """Yield a process and all that come from it."""
    yield pid
    try:
        tasks = [file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:  # gone as we look
        return
    for child in " ".join(tasks).split():
        yield from family(int(child))


def command(pid: int) -> bytes:
    """Return how a process was started; nothing where it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("moment", [loads, speaks], ids=["loading", "starting its parts"])
async def test_a_stop_during_the_start_ends_it_cleanly(
    tmp_path: Path, workers: int, moment: Callable[[subprocess.Popen[bytes]], bool]
) -> None:
    with starting(tmp_path, workers) as process:
        await eventually(lambda: moment(process), 60)
        every = list(family(process.pid))
        process.send_signal(signal.SIGTERM)
        status = await asyncio.to_thread(process.wait, 30)
        log = (tmp_path / "porteiro.log").read_text()
        assert status == 0, log
        for word in ("Traceback", '"level": "error"', "never retrieved", "Porteiro serves"):
            assert word not in log
        await eventually(lambda: all(map(is_gone, every)))


async def test_a_signal_to_every_process_at_once_is_the_parent_s_to_act_on(tmp_path: Path) -> None:
    with starting(tmp_path, 2) as process:
        await eventually(lambda: speaks(process), 60)
        ours = [pid for pid in family(process.pid) if b"pocketsphinx" not in command(pid)]
        for pid in reversed(ours):
            os.kill(pid, signal.SIGTERM)
        status = await asyncio.to_thread(process.wait, 30)
        assert status == 0, (tmp_path / "porteiro.log").read_text()
        await eventually(lambda: all(map(is_gone, ours)))
