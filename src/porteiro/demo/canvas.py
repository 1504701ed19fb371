"""The sheet that a visit is drawn on: time from left to right, words that are measured."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.ticker import MultipleLocator

from porteiro.demo.timeline import Span

INK: Final = "#212529"
QUIET: Final = "#868e96"
LINE: Final = "#dee2e6"

_STEPS: Final = (5, 10, 30, 60)
_TICKS: Final = 25
"""How many times fit below the picture."""
_MARGIN: Final = 0.012
_SIZE: Final = (16.0, 9.0)
_DPI: Final = 120
_LEFT: Final = 0.075
_RIGHT: Final = 0.985
_TOP: Final = 0.905
_BOTTOM: Final = 0.06


class Canvas:
    """One picture: x in seconds, y in points from the top down."""

    def __init__(self, seconds: float) -> None:
        """Make an empty picture of a visit of so many seconds."""
        self.figure = Figure(figsize=_SIZE, dpi=_DPI, facecolor="white")
        self._renderer = RendererAgg(  # type: ignore[no-untyped-call]
            _SIZE[0] * _DPI, _SIZE[1] * _DPI, _DPI
        )
        FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_axes((_LEFT, _BOTTOM, _RIGHT - _LEFT, _TOP - _BOTTOM))
        self.height = _SIZE[1] * 72 * (_TOP - _BOTTOM)
        self.seconds = seconds
        self._per_second = _SIZE[0] * _DPI * (_RIGHT - _LEFT) / seconds
        self._dress()

    def heading(self, title: str, subtitle: str) -> None:
        """Write what the picture is about."""
        self.figure.text(_MARGIN, 0.958, title, color=INK, fontsize=17, fontweight="bold")
        self.figure.text(_MARGIN, 0.928, subtitle, color=QUIET, fontsize=10.5)

    def legend(self, colors: Mapping[str, str], *, left: float, row: int, sign: str = "●") -> None:
        """Write which colour is what, from `left` (a share of the width) on, row 0 on top."""
        y, x = 0.958 - 0.03 * row, left
        for name, color in colors.items():
            self.figure.text(x, y, sign, color=color, fontsize=13)
            self.figure.text(x + 0.012, y + 0.0015, name, color=INK, fontsize=10.5)
            x += 0.024 + 0.0053 * len(name)

    def write(
        self, at: tuple[float, float], words: str, color: str, size: float = 8.5, style: str = ""
    ) -> None:
        """Write words that begin `at` x (seconds), with their middle at y.

        `style` is "bold", or "inside" for words on a coloured band.
        """
        x, y = at
        paper = {
            "facecolor": "white",
            "alpha": 0.0 if style == "inside" else 0.8,
            "lw": 0,
            "pad": 0.8,
        }
        text = Text(x, y, words, color=color, fontsize=size, va="center", bbox=paper, zorder=5)
        text.set_fontweight("bold" if style == "bold" else "normal")
        self.axes.add_artist(text)

    def beside(self, y: float, words: str, color: str, size: float = 9.5) -> None:
        """Write words in the left margin."""
        self.figure.text(_MARGIN, self._figure_y(y), words, color=color, fontsize=size, va="center")

    def measure(self, words: str, size: float = 8.5, weight: str = "normal") -> float:
        """Return how many seconds wide some words would be."""
        text = Text(0, 0, words, fontsize=size, fontweight=weight)
        text.set_figure(self.figure)
        return float(text.get_window_extent(self._renderer).width) / self._per_second

    def band(self, span: Span, y: float, height: float, color: str, *, edge: float = 1.2) -> None:
        """Draw a bar from `y` down, with a white edge so many points wide."""
        width = span.end - span.begin
        bar = Rectangle((span.begin, y), width, height, facecolor=color, edgecolor="white", lw=edge)
        self.axes.add_patch(bar)

    def save(self, path: Path) -> None:
        """Write the picture as a PNG."""
        self.figure.savefig(path, dpi=_DPI)

    def _figure_y(self, y: float) -> float:
        return _TOP - (y / self.height) * (_TOP - _BOTTOM)

    def _dress(self) -> None:
        """Take away what only clutters, and rule the seconds finely."""
        axes = self.axes
        axes.set_xlim(0, self.seconds)
        axes.set_ylim(self.height, 0)
        axes.set_yticks([])
        for side in ("left", "right", "top"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color(LINE)
        step = next((step for step in _STEPS if self.seconds / step <= _TICKS), _STEPS[-1])
        axes.xaxis.set_major_locator(MultipleLocator(step))
        axes.xaxis.set_minor_locator(MultipleLocator(step / 5))
        axes.xaxis.set_major_formatter(lambda seconds, _: f"{seconds:.0f} s")
        axes.tick_params(axis="x", which="both", colors=QUIET, labelsize=9)
        axes.grid(visible=True, axis="x", which="major", color=LINE, lw=0.6)
        axes.set_axisbelow(True)
