"""The chart of what `benchmarks.audio_plane` measured."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict, cast

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt  # after the backend is chosen

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Figures = dict[str, float]

ALLOWED_RATIO: Final = 1.6
ALLOWED_MEMORY_KIB: Final = 200
OURS: Final = "#1f6f8b"
FREESWITCHS: Final = "#c0762b"
FLOORS: Final = "#8a8a8a"


class Comparison(TypedDict):
    """What the servers cost at one number of calls."""

    calls: int
    floor: Figures
    porteiro: Figures
    freeswitch: Figures
    cpu_ratio: float
    cpu_ratios: list[float]
    freeswitch_cpu_ratio: float
    freeswitch_cpu_ratios: list[float]
    over20_share_beyond_floor: float


def draw(compared: Sequence[Comparison], machine: Mapping[str, object], path: Path) -> None:
    """Draw processor time, its ratio, lateness and memory over the number of calls."""
    figure, panels = plt.subplots(2, 2, figsize=(11, 7.5), layout="constrained")
    figure.suptitle(
        "Audio plane of a call against the C floor\n"
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}",
        fontsize=11,
    )
    every(panels[0, 0], compared, "cpu_ms_a_call_second", "CPU, ms a second of a call")
    ratios(panels[0, 1], compared)
    every(panels[1, 0], compared, "late_p99_ms", "lateness of frames, p99, ms")
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


def every(panel: "Axes", compared: Sequence[Comparison], name: str, title: str) -> None:
    """Draw one figure of all servers."""
    calls = [each["calls"] for each in compared]
    for server, style, color, label in (
        ("porteiro", "o-", OURS, "Porteiro, AudioSocket"),
        ("freeswitch", "^-", FREESWITCHS, "Porteiro, FreeSWITCH"),
        ("floor", "s--", FLOORS, "C floor"),
    ):
        figures = [cast("Figures", each[server])[name] for each in compared]  # type: ignore[literal-required]
        panel.plot(calls, figures, style, color=color, label=label)
    panel.set_title(title)


def ratios(panel: "Axes", compared: Sequence[Comparison]) -> None:
    """Draw how many times the floor's processor time it was, from the best run to the worst."""
    calls = [each["calls"] for each in compared]
    for middle, runs, style, color, label in (
        (
            [each["cpu_ratio"] for each in compared],
            [each["cpu_ratios"] for each in compared],
            "o-",
            OURS,
            "AudioSocket, median; best to worst run",
        ),
        (
            [each["freeswitch_cpu_ratio"] for each in compared],
            [each["freeswitch_cpu_ratios"] for each in compared],
            "^-",
            FREESWITCHS,
            "FreeSWITCH, the same",
        ),
    ):
        panel.plot(calls, middle, style, color=color, label=label)
        panel.fill_between(
            calls, [min(run) for run in runs], [max(run) for run in runs], color=color, alpha=0.2
        )
    panel.axhline(ALLOWED_RATIO, color="#b03030", ls=":", label="allowed at 500 calls")
    panel.set_title("CPU, times the C floor's")


def memory(panel: "Axes", compared: Sequence[Comparison]) -> None:
    """Draw the memory of a call's audio plane."""
    every(panel, compared, "memory_kib_a_call", "memory, KiB a call")
    panel.axhline(ALLOWED_MEMORY_KIB, color="#b03030", ls=":", label="allowed for a whole call")
