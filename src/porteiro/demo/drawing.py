"""Draws a visit's timeline as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.ticker import MultipleLocator

from porteiro.demo.labels import in_rows, nudged, wrapped
from porteiro.demo.timeline import Flag, Leg, Span, Timeline, Wave

_INK: Final = "#212529"
_QUIET: Final = "#868e96"
_LINE: Final = "#dee2e6"
_PORTEIRO: Final = "#1c7ed6"
_PEOPLE: Final = {"visitor": "#e8590c", "resident": "#9c36b5"}
_ANSWER: Final = "#fff3bf"
_ANSWER_INK: Final = "#946200"
_TONES: Final = {"good": "#2b8a3e", "bad": "#c92a2a", "plain": "#495057"}
_STATES: Final = {
    "collecting": "#d0ebff",
    "confirming apartment": "#c5f6fa",
    "settling": "#c3fae8",
    "recording": "#ffe8cc",
    "ringing": "#fff3bf",
    "asking": "#eebefa",
    "confirming yes": "#e5dbff",
    "closing": "#d3f9d8",
    "hanging up": "#ffe3e3",
}

_SIZE: Final = (16.0, 9.0)
_DPI: Final = 120
_LEFT: Final = 0.075
_RIGHT: Final = 0.985
_TOP: Final = 0.905
_BOTTOM: Final = 0.06


_ROW: Final = 12.5
_WAVE: Final = 84.0


def draw(line: Timeline, title: str, subtitle: str, path: Path) -> None:
    """Draw a visit's timeline as a PNG of 1920 by 1080 pixels.

    Blocks for a second or two: not for the event loop.
    """
    canvas = _Canvas(line.seconds)
    canvas.heading(title, subtitle)
    y = _draw_states(canvas, line)
    room = (canvas.height - y - 5.2 * _ROW) / max(1, len(line.legs))
    for leg in line.legs:
        _draw_leg(canvas, leg, y, room)
        y += room
    _draw_flags(canvas, line.flags, y)
    canvas.save(path)


class _Canvas:
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
        """Write what the picture is about, and which colour is whose voice."""
        left = 0.012
        self.figure.text(left, 0.958, title, color=_INK, fontsize=17, fontweight="bold")
        self.figure.text(left, 0.928, subtitle, color=_QUIET, fontsize=10.5)
        legend = {"Porteiro": _PORTEIRO, **{name.title(): c for name, c in _PEOPLE.items()}}
        for place, (name, color) in enumerate(legend.items()):
            x = 0.79 + 0.07 * place
            self.figure.text(x, 0.958, "●", color=color, fontsize=13)
            self.figure.text(x + 0.012, 0.9595, name, color=_INK, fontsize=10.5)

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
        self.figure.text(0.012, self._figure_y(y), words, color=color, fontsize=size, va="center")

    def measure(self, words: str, size: float = 8.5, weight: str = "normal") -> float:
        """Return how many seconds wide some words would be."""
        text = Text(0, 0, words, fontsize=size, fontweight=weight)
        text.set_figure(self.figure)
        return float(text.get_window_extent(self._renderer).width) / self._per_second

    def band(self, span: Span, y: float, height: float, color: str) -> None:
        """Draw a bar from `y` down."""
        width = span.end - span.begin
        bar = Rectangle((span.begin, y), width, height, facecolor=color, edgecolor="white", lw=1.2)
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
        axes.spines["bottom"].set_color(_LINE)
        axes.xaxis.set_major_locator(MultipleLocator(5))
        axes.xaxis.set_minor_locator(MultipleLocator(1))
        axes.xaxis.set_major_formatter(lambda seconds, _: f"{seconds:.0f} s")
        axes.tick_params(axis="x", which="both", colors=_QUIET, labelsize=9)
        axes.grid(visible=True, axis="x", which="major", color=_LINE, lw=0.6)
        axes.set_axisbelow(True)


def _draw_states(canvas: _Canvas, line: Timeline) -> float:
    """Draw the states as a ribbon, the ringing under it; return where it ends."""
    height, y = 20.0, 6.0
    canvas.beside(y + height / 2, "State", _QUIET)
    small: list[Span] = []
    for span in line.states:
        canvas.band(span, y, height, _STATES.get(span.text, "#f1f3f5"))
        width = canvas.measure(span.text)
        if width < span.end - span.begin:
            middle = (span.begin + span.end - width) / 2
            canvas.write((middle, y + height / 2), span.text, _INK, style="inside")
        else:
            small.append(span)
    y += height + 2
    y += _write_small(canvas, small, y)
    for span in line.rings:
        canvas.band(span, y + 3, 5, "#fab005")
        words = f"phone rings: {span.text}"
        x = nudged(span.begin, canvas.measure(words, 8), canvas.seconds)
        canvas.write((x, y + 14), words, _ANSWER_INK, 8)
    return y + (20 if line.rings else 0)


def _write_small(canvas: _Canvas, spans: Sequence[Span], y: float) -> float:
    """Write the names that did not fit their bands below them; return the height taken."""
    places = []
    for span in spans:
        width = canvas.measure(span.text, 8)
        begin = nudged(span.begin, width, canvas.seconds)
        places.append((begin, begin + width))
    rows = in_rows(places, canvas.measure("m"))
    for span, (begin, _), row in zip(spans, places, rows, strict=True):
        canvas.write((begin, y + _ROW * (row + 0.5)), span.text, _QUIET, 8)
    return _ROW * (max(rows, default=-1) + 1)


def _draw_leg(canvas: _Canvas, leg: Leg, y: float, room: float) -> None:
    """Draw one line: what the person said above, both voices, what Porteiro said below."""
    color = _PEOPLE.get(leg.name, _INK)
    middle = y + room * 0.47
    half = min(_WAVE, room * 0.27)
    canvas.beside(middle, f"{leg.name.title()}’s\nline", color, 11)
    for answer in leg.answers:
        canvas.band(answer, middle - half, 2 * half, _ANSWER)
    canvas.axes.axhline(middle, color=_LINE, lw=0.8, zorder=1)
    _draw_wave(canvas, leg.porteiro, middle, half, _PORTEIRO)
    _draw_wave(canvas, leg.person, middle, half, color)
    _write_turns(canvas, leg, middle - half, color)
    following = [*(phrase.begin for phrase in leg.heard[1:]), canvas.seconds]
    for phrase, until in zip(leg.heard, following, strict=True):
        _write_phrase(canvas, phrase, until - canvas.measure("m"), middle + half + 4)


def _draw_wave(canvas: _Canvas, wave: Wave, middle: float, half: float, color: str) -> None:
    """Draw how loud a voice was, silence left out."""
    if not wave.peaks:
        return
    peaks = np.array(wave.peaks)
    seconds = wave.begin + wave.step_s * np.arange(peaks.size)
    loud = np.minimum(peaks**0.7 * 1.15, 1) * half
    canvas.axes.fill_between(
        seconds,
        middle - loud,
        middle + loud,
        where=loud > 0.05 * half,
        color=color,
        lw=0,
        zorder=2,
    )


def _write_turns(canvas: _Canvas, leg: Leg, bottom: float, color: str) -> None:
    """Write what the person said, and how soon it was answered, in rows above the voices."""
    labels = [(span, color) for span in leg.said] + [(span, _ANSWER_INK) for span in leg.answers]
    places = []
    for span, _ in labels:
        width = canvas.measure(span.text)
        begin = nudged((span.begin + span.end - width) / 2, width, canvas.seconds)
        places.append((begin, begin + width))
    rows = in_rows(places, canvas.measure("i"))
    for (span, ink), (begin, _), row in zip(labels, places, rows, strict=True):
        canvas.write((begin, bottom - _ROW * (row + 0.7)), span.text, ink)


def _write_phrase(canvas: _Canvas, phrase: Span, until: float, top: float) -> None:
    """Write Porteiro's words under its voice, as many as there is room for before `until`."""
    room = min(until - phrase.begin, max(phrase.end - phrase.begin, canvas.measure("m" * 14, 8)))
    lines = wrapped(phrase.text, room, 6, lambda words: canvas.measure(words, 8))
    for number, words in enumerate(lines):
        canvas.write((phrase.begin, top + (number + 0.5) * (_ROW - 1.5)), words, _PORTEIRO, 8)


def _draw_flags(canvas: _Canvas, flags: Sequence[Flag], y: float) -> None:
    """Draw the decision, the gate and the hang-ups as lines through everything, a row each."""
    canvas.beside(y + _ROW, "Outcome", _QUIET)
    margin = canvas.measure("m", 9.5)
    for row, flag in enumerate(sorted(flags, key=lambda flag: flag.at)):
        ink, at = _TONES[flag.tone], y + _ROW * (row * 1.1 + 0.7)
        canvas.axes.plot([flag.at, flag.at], [0, at], color=ink, lw=1.1, ls=(0, (4, 3)), zorder=3)
        canvas.axes.plot([flag.at], [at], marker="D", color=ink, ms=5, zorder=4, clip_on=False)
        width = canvas.measure(flag.text, 9.5, "bold") + margin
        x = flag.at + margin if flag.at + width < canvas.seconds else flag.at - width
        canvas.write((x, at), flag.text, ink, 9.5, "bold")
