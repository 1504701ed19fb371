"""What the charts of the benchmarks have in common."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt  # after the backend is chosen

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLORS: Final = ("#1f6f8b", "#c0762b", "#5b8c3a", "#7a4f9a", "#8a8a8a")
LIMIT: Final = "#b03030"


def sheet(
    title: str, machine: Mapping[str, object], across: int = 3
) -> "tuple[Figure, list[Axes]]":
    """Return a figure with so many panels side by side, the machine in its title."""
    figure, panels = plt.subplots(
        1, across, figsize=(4.6 * across, 4.4), layout="constrained", squeeze=False
    )
    figure.suptitle(f"{title}\n{described(machine)}", fontsize=11)
    return figure, list(panels.flat)


def described(machine: Mapping[str, object]) -> str:
    """Return a machine in one line."""
    return (
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}, "
        f"load before {machine['load_average_before']}"
    )


def lines(
    panel: "Axes",
    title: str,
    across: tuple[str, Sequence[float]],
    curves: Mapping[str, Sequence[float]],
    limit: tuple[str, float] | None = None,
) -> None:
    """Draw curves over one quantity, evenly spaced, and a limit if there is one."""
    name, values = across
    places = range(len(values))
    for color, (label, curve) in zip(COLORS, curves.items(), strict=False):
        panel.plot(places, curve, "o-", color=color, label=label)
    if limit is not None:
        panel.axhline(limit[1], color=LIMIT, ls=":", label=limit[0])
    panel.set_title(title, fontsize=10)
    panel.set_xticks(places, [f"{value:,g}" for value in values])
    panel.set_xlabel(name)
    panel.set_ylim(bottom=0)
    panel.grid(visible=True, alpha=0.3)
    panel.legend(fontsize=8)


def save(figure: "Figure", path: Path) -> None:
    """Write a figure as PNG, and forget it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
