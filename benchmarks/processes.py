"""Servers and telephones of a benchmark as processes: started on a core, and read from outside."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

SERVER_CORE: Final = 0
LOAD_CORE: Final = 1


def cpu_s(pid: int) -> float:
    """Return the seconds that all threads of a process have been on a CPU."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def memory_kib(pid: int) -> int:
    """Return the memory of a process that is its own, in KiB."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    lines = [line.split() for line in rollup.splitlines() if line.startswith("Private_")]
    return sum(int(line[1]) for line in lines)


def family_cpu_s(pid: int) -> float:
    """Return the seconds on a CPU of a process and all that it started, the ended ones too."""
    return sum(cpu_s(one) + _ended_children_s(one) for one in family(pid))


def _ended_children_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = fields[13:15]  # cutime and cstime, the 16th and 17th of all
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """Return a process and all that it started, and they."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for task in tasks for child in task.read_text().split()]
    return [pid, *(one for child in children for one in family(child))]


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def pinned(core: int, *, real_time: bool = False) -> list[str]:
    """Return what to put before a command that shall run on one core.

    In real time nothing else on the machine takes the core from it; that needs the right to.
    """
    return ["taskset", "-c", str(core), *(["chrt", "-f", "10"] if real_time else [])]


@contextmanager
def running(
    core: int, *command: str, real_time: bool = False
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run a server on one core, its port as the last argument, as long as it is needed."""
    port = free_port()
    place = pinned(core, real_time=real_time)
    with subprocess.Popen([*place, *command, str(port)], text=True) as server:
        try:
            wait_for(port)
            yield server, port
        finally:
            server.kill()


def wait_for(port: int) -> None:
    """Wait until somebody listens; a busy machine takes its time over the first phrases."""
    for _ in range(1200):
        with socket.socket() as knocking:
            if knocking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nobody listens on port {port}")
