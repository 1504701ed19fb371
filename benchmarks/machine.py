"""The machine that figures come from, and the server under test on it."""

import json
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.processes import free_port, wait_for

ROOT: Final = Path(__file__).parents[1]


def machine() -> dict[str, object]:
    """Return what the figures were measured on, and how busy it was with other things."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_average_before": round(os.getloadavg()[0], 2),
    }


def quantile(values: Sequence[float], part: float) -> float:
    """Return a quantile of one or more values, to a tenth."""
    ordered = sorted(values)
    return round(ordered[int(part * (len(ordered) - 1))], 1)


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return how many there are, and their quantiles where there are any."""
    parts = {"p50": 0.5, "p99": 0.99, "max": 1.0} if values else {}
    return {"count": len(values)} | {name: quantile(values, p) for name, p in parts.items()}


class StubServer:
    """A running `benchmarks.stub_server`."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        """Take over a server that listens on `port`."""
        self.pid = process.pid
        self.port = port
        self.counted: dict[str, float] = {}
        self._process = process

    def stop(self) -> None:
        """Have it stop, and keep what its frame clock has counted in `counted`."""
        self._process.send_signal(signal.SIGTERM)
        output, _ = self._process.communicate(timeout=30)
        self.counted = json.loads(output)


@contextmanager
def stub_server(*arguments: str, core: int | None = None) -> Iterator[StubServer]:
    """Run the server as long as the block lasts, on one core if `core` says which."""
    port = free_port()
    pinned = [] if core is None else ["taskset", "-c", str(core)]
    python = [sys.executable, "-W", "ignore", "-m", "benchmarks.stub_server"]
    command = [*pinned, *python, *arguments, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            wait_for(port)
            server = StubServer(process, port)
            yield server
            server.stop()
        finally:
            process.kill()
