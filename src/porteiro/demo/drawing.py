"""Draws a visit's timeline as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from porteiro.demo.canvas import INK, QUIET, Canvas
from porteiro.demo.labels import in_rows, nudged
from porteiro.demo.leg_drawing import PARTS, VOICES, WAITING, draw_leg
from porteiro.demo.timeline import Flag, Span, Timeline

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
_ROW: Final = 12.5


def draw(line: Timeline, title: str, subtitle: str, path: Path) -> None:
    """Draw a visit's timeline as a PNG of 1920 by 1080 pixels.

    Blocks for a second or two: not for the event loop.
    """
    canvas = Canvas(line.seconds)
    canvas.heading(title, subtitle)
    canvas.legend(VOICES, left=0.79, row=0)
    if any(leg.turns for leg in line.legs):
        canvas.legend(PARTS, left=0.655, row=1, sign="■")
        canvas.legend({"parts of a turn, in ms:": "white"}, left=0.54, row=1)
    y = _draw_states(canvas, line)
    room = (canvas.height - y - 5.2 * _ROW) / max(1, len(line.legs))
    for leg in line.legs:
        draw_leg(canvas, leg, y, room)
        y += room
    _draw_flags(canvas, line.flags, y)
    canvas.save(path)


def _draw_states(canvas: Canvas, line: Timeline) -> float:
    """Draw the states as a ribbon, the ringing under it; return where it ends."""
    height, y = 20.0, 6.0
    canvas.beside(y + height / 2, "State", QUIET)
    small: list[Span] = []
    for span in line.states:
        canvas.band(span, y, height, _STATES.get(span.text, "#f1f3f5"))
        width = canvas.measure(span.text)
        if width < span.end - span.begin:
            middle = (span.begin + span.end - width) / 2
            canvas.write((middle, y + height / 2), span.text, INK, style="inside")
        else:
            small.append(span)
    y += height + 2
    y += _write_small(canvas, small, y)
    for span in line.rings:
        canvas.band(span, y + 3, 5, "#fab005")
        words = f"phone rings: {span.text}"
        x = nudged(span.begin, canvas.measure(words, 8), canvas.seconds)
        canvas.write((x, y + 14), words, WAITING, 8)
    return y + (20 if line.rings else 0)


def _write_small(canvas: Canvas, spans: Sequence[Span], y: float) -> float:
    """Write the names that did not fit their bands below them; return the height taken."""
    places = []
    for span in spans:
        width = canvas.measure(span.text, 8)
        begin = nudged(span.begin, width, canvas.seconds)
        places.append((begin, begin + width))
    rows = in_rows(places, canvas.measure("m"))
    for span, (begin, _), row in zip(spans, places, rows, strict=True):
        canvas.write((begin, y + _ROW * (row + 0.5)), span.text, QUIET, 8)
    return _ROW * (max(rows, default=-1) + 1)


def _draw_flags(canvas: Canvas, flags: Sequence[Flag], y: float) -> None:
    """Draw the decision, the gate and the hang-ups as lines through everything, a row each."""
    canvas.beside(y + _ROW, "Outcome", QUIET)
    margin = canvas.measure("m", 9.5)
    for row, flag in enumerate(sorted(flags, key=lambda flag: flag.at)):
        ink, at = _TONES[flag.tone], y + _ROW * (row * 1.1 + 0.7)
        canvas.axes.plot([flag.at, flag.at], [0, at], color=ink, lw=1.1, ls=(0, (4, 3)), zorder=3)
        canvas.axes.plot([flag.at], [at], marker="D", color=ink, ms=5, zorder=4, clip_on=False)
        width = canvas.measure(flag.text, 9.5, "bold") + margin
        x = flag.at + margin if flag.at + width < canvas.seconds else flag.at - width
        canvas.write((x, at), flag.text, ink, 9.5, "bold")
