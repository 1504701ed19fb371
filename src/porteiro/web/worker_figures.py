"""The figures of each worker's own process, for Prometheus."""

import os
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Final

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from porteiro.web.lag import BOUNDS, LagTally
from porteiro.web.parts import WorkerView

LAG: Final = "porteiro_event_loop_lag_seconds"
LAG_MEANS: Final = "How late the event loop came to a task that was due"

_PARENT: Final = "parent"
_LABELS: Final = ("worker",)


def own_lag(tally: LagTally) -> Metric:
    """Return the lag of a process that has no workers."""
    family = HistogramMetricFamily(LAG, LAG_MEANS, labels=())
    family.add_metric((), _buckets(tally.counts), tally.seconds)
    return family


def worker_figures(workers: Sequence[WorkerView], own: LagTally) -> Iterator[Metric]:
    """Yield what is told of each worker, by its number; `own` is this process's lag."""
    up = GaugeMetricFamily("porteiro_worker_up", "1 while a worker answers", labels=_LABELS)
    calls = GaugeMetricFamily("porteiro_worker_calls", "A worker's calls", labels=_LABELS)
    homes = GaugeMetricFamily(
        "porteiro_worker_extensions", "Extensions that live in a worker", labels=_LABELS
    )
    restarts = CounterMetricFamily(
        "porteiro_worker_restarts", "Processes that a worker has lost", labels=_LABELS
    )
    lag = HistogramMetricFamily(LAG, LAG_MEANS, labels=_LABELS)
    _add_lag(lag, _PARENT, own.counts, own.seconds)
    for view in workers:
        label = (str(view.worker),)
        up.add_metric(label, int(view.pid is not None))
        calls.add_metric(label, view.calls)
        homes.add_metric(label, len(view.extensions))
        restarts.add_metric(label, view.restarts)
        if view.lag_counts:
            _add_lag(lag, str(view.worker), view.lag_counts, view.lag_sum_s)
    yield from (up, calls, homes, restarts, lag, *_processes(workers))


def _add_lag(
    family: HistogramMetricFamily, worker: str, counts: Sequence[int], seconds: float
) -> None:
    family.add_metric((worker,), _buckets(counts), seconds)


def _buckets(counts: Sequence[int]) -> list[tuple[str, float]]:
    bounds = [*map(str, BOUNDS), "+Inf"]
    return list(zip(bounds, map(float, accumulate(counts)), strict=True))


def _processes(workers: Sequence[WorkerView]) -> Iterator[Metric]:
    """Yield what the kernel says of each worker's process; one that is just gone is left out."""
    cpu = CounterMetricFamily(
        "porteiro_worker_cpu_seconds", "CPU time of a worker's process", labels=_LABELS
    )
    memory = GaugeMetricFamily(
        "porteiro_worker_resident_memory_bytes", "Its resident memory", labels=_LABELS
    )
    descriptors = GaugeMetricFamily(
        "porteiro_worker_open_fds", "Its open file descriptors", labels=_LABELS
    )
    for view in workers:
        folder = Path(f"/proc/{view.pid}")
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            pages = int((folder / "statm").read_text().split()[1])
            opened = len(os.listdir(folder / "fd"))  # noqa: PTH208  they need not be made Paths
        except OSError:
            continue
        label = (str(view.worker),)
        cpu.add_metric(label, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))
        memory.add_metric(label, pages * os.sysconf("SC_PAGE_SIZE"))
        descriptors.add_metric(label, opened)
    yield from (cpu, memory, descriptors)
