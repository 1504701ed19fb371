"""The chart of what `benchmarks.audio_plane` measured."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt  # after the backend is chosen

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Figures = dict[str, float]

ALLOWED_RATIO: Final = 1.6
ALLOWED_MEMORY_KIB: Final = 200
OURS: Final = "#1f6f8b"
FLOORS: Final = "#8a8a8a"


class Comparison(TypedDict):
    """What both servers cost at one number of calls."""

    calls: int
    floor: Figures
    porteiro: Figures
    cpu_ratio: float
    cpu_ratios: list[float]
    over20_share_beyond_floor: float


def draw(compared: Sequence[Comparison], machine: Mapping[str, object], path: Path) -> None:
    """Draw processor time, its ratio, lateness and memory over the number of calls."""
    figure, panels = plt.subplots(2, 2, figsize=(11, 7.5), layout="constrained")
    figure.suptitle(
        "Audio plane of a call against the C floor\n"
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}",
        fontsize=11,
    )
    both(panels[0, 0], compared, "cpu_ms_a_call_second", "CPU, ms a second of a call")
    ratios(panels[0, 1], compared)
    both(panels[1, 0], compared, "late_p99_ms", "lateness of frames, p99, ms")
    memory(panels[1, 1], compared)
    for panel in panels.flat:
        calls = [each["calls"] for each in compared]
        panel.set_xscale("log")
        panel.set_xticks(calls, [str(each) for each in calls])
        panel.minorticks_off()
        panel.set_xlabel("calls")
        panel.set_ylim(bottom=0)
        panel.grid(visible=True, alpha=0.3)
        panel.legend()
    figure.savefig(path, dpi=120)
    plt.close(figure)


def both(panel: "Axes", compared: Sequence[Comparison], name: str, title: str) -> None:
    """Draw one figure of both servers."""
    calls = [each["calls"] for each in compared]
    panel.plot(
        calls, [each["porteiro"][name] for each in compared], "o-", color=OURS, label="Porteiro"
    )
    panel.plot(
        calls, [each["floor"][name] for each in compared], "s--", color=FLOORS, label="C floor"
    )
    panel.set_title(title)


def ratios(panel: "Axes", compared: Sequence[Comparison]) -> None:
    """Draw how many times the floor's processor time it was, from the best run to the worst."""
    spread: tuple[Callable[[list[float]], float], ...] = (min, max)
    calls = [each["calls"] for each in compared]
    middle = [each["cpu_ratio"] for each in compared]
    low, high = ([pick(each["cpu_ratios"]) for each in compared] for pick in spread)
    panel.plot(calls, middle, "o-", color=OURS, label="Porteiro, median of the runs")
    panel.fill_between(calls, low, high, color=OURS, alpha=0.2, label="from best to worst run")
    panel.axhline(ALLOWED_RATIO, color="#b03030", ls=":", label="allowed at 500 calls")
    panel.set_title("CPU, times the C floor's")


def memory(panel: "Axes", compared: Sequence[Comparison]) -> None:
    """Draw the memory of a call's audio plane."""
    calls = [each["calls"] for each in compared]
    used = [each["porteiro"]["memory_kib_a_call"] for each in compared]
    panel.plot(calls, used, "o-", color=OURS, label="Porteiro")
    panel.axhline(ALLOWED_MEMORY_KIB, color="#b03030", ls=":", label="allowed for a whole call")
    panel.set_title("memory, KiB a call")
