"""Draws one line of a visit: both voices, what was said, and what the answers waited for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from porteiro.demo import turns
from porteiro.demo.canvas import INK, LINE, Canvas
from porteiro.demo.labels import Interval, beside, in_rows, nudged, wrapped
from porteiro.demo.timeline import Incident, Leg, Span, Wave
from porteiro.demo.turns import MeasuredTurn

WAITING: Final = "#946200"
"""The ink of everything that says how long something took."""
VOICES: Final = {"Porteiro": "#1c7ed6", "Visitor": "#e8590c", "Resident": "#9c36b5"}
PARTS: Final = dict(zip(turns.PARTS, ("#ffd43b", "#63e6be", "#f783ac", "#adb5bd"), strict=True))
_PORTEIRO: Final = VOICES["Porteiro"]
_WAIT: Final = "#fff9db"
_INCIDENTS: Final = {"interrupted": ("#c92a2a", "X"), "filler": (_PORTEIRO, "v")}
"""The ink and the marker of what happened to Porteiro's voice."""

_ROW: Final = 12.5
_LINE: Final = 11.0
_PART: Final = 10.0
_SMALL: Final = 8.0
_WAVE: Final = 84.0
_LEAST_WAVE: Final = 16.0
_LINES: Final = 6
_LINES_OF_PARTS: Final = 4
"""How many lines the figures of a turn are high."""
_WIDEST: Final = 0.36
"""The share of the picture's width that a person's words may take."""


@dataclass(frozen=True, slots=True)
class _Label:
    """Words in a row above the voices."""

    text: str
    ink: str
    begin: float
    row: int


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines below the voices, from `begin` on."""

    begin: float
    lines: tuple[str, ...]


def draw_leg(canvas: Canvas, leg: Leg, y: float, room: float) -> None:
    """Draw a line from `y` down: its words take what they need, the voices what is left."""
    labels = list(_labels(canvas, leg))
    blocks = _turn_blocks(canvas, leg.turns)
    captions = list(_captions(canvas, leg, blocks))
    above = _ROW * (max((label.row for label in labels), default=-1) + 1.4)
    below = max([_LINE * len(each.lines) for each in captions] + [_PART * 4.5 * bool(blocks)] + [0])
    half = max(_LEAST_WAVE, min(_WAVE, (room - above - below - 8) / 2))
    middle = y + above + half
    canvas.beside(middle, f"{leg.name.title()}’s\nline", VOICES.get(leg.name.title(), INK), 11)
    _draw_voices(canvas, leg, middle, half)
    for label in labels:
        canvas.write((label.begin, middle - half - _ROW * (label.row + 0.7)), label.text, label.ink)
    for caption in captions:
        for number, words in enumerate(caption.lines):
            at = caption.begin, middle + half + 4 + (number + 0.5) * _LINE
            if words:
                canvas.write(at, words, _PORTEIRO, _SMALL)
    for block in blocks:
        _write_block(canvas, block, middle + half + 4)


def _draw_voices(canvas: Canvas, leg: Leg, middle: float, half: float) -> None:
    """Draw both voices, what lay between them, and what happened to ours."""
    for answer in leg.answers:
        canvas.band(answer, middle - half, 2 * half, _WAIT, edge=0)
    for turn in leg.turns:
        begin = turn.begin
        for milliseconds, tint in zip(turn.parts_ms, PARTS.values(), strict=True):
            part = Span(begin, begin + milliseconds / 1000)
            canvas.band(part, middle - half, 2 * half, tint, edge=0)
            begin = part.end
    canvas.axes.axhline(middle, color=LINE, lw=0.8, zorder=1)
    _draw_wave(canvas, leg.porteiro, middle, half, _PORTEIRO)
    _draw_wave(canvas, leg.person, middle, half, VOICES.get(leg.name.title(), INK))
    for incident in leg.incidents:
        ink, marker = _INCIDENTS[incident.kind]
        ends = [middle - half, middle + half]
        canvas.axes.plot([incident.at] * 2, ends, color=ink, lw=1.4, zorder=3)
        canvas.axes.plot([incident.at], ends[:1], marker=marker, color=ink, ms=6, zorder=4)


def _draw_wave(canvas: Canvas, wave: Wave, middle: float, half: float, color: str) -> None:
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


def _labels(canvas: Canvas, leg: Leg) -> Iterator[_Label]:
    """Yield what the person said, how soon it was answered, and what happened to our voice."""
    ink = VOICES.get(leg.name.title(), INK)
    spans = [
        *((span, ink) for span in leg.said),
        *((span, WAITING) for span in leg.answers),
        *((_span(incident), _INCIDENTS[incident.kind][0]) for incident in leg.incidents),
    ]
    widest = _WIDEST * canvas.seconds
    texts = ["".join(wrapped(span.text, widest, 1, canvas.measure)) for span, _ in spans]
    places = []
    for (span, _), text in zip(spans, texts, strict=True):
        width = canvas.measure(text)
        begin = nudged((span.begin + span.end - width) / 2, width, canvas.seconds)
        places.append((begin, begin + width))
    rows = in_rows(places, canvas.measure("i"))
    for text, (_, color), (begin, _), row in zip(texts, spans, places, rows, strict=True):
        yield _Label(text, color, begin, row)


def _span(incident: Incident) -> Span:
    return Span(incident.at, incident.at, incident.text)


def _turn_blocks(canvas: Canvas, measured: tuple[MeasuredTurn, ...]) -> list[_Block]:
    """Return the parts of each turn in figures, left of its end and never on each other."""
    blocks: list[_Block] = []
    gap, taken = canvas.measure("i", _SMALL), 0.0
    for turn in sorted(measured, key=lambda turn: turn.begin):
        lines = tuple(f"{milliseconds:.0f}" for milliseconds in turn.parts_ms)
        begin = max(taken, turn.end - _block_width(canvas, lines) - gap)
        blocks.append(_Block(begin, lines))
        taken = begin + _block_width(canvas, lines) + gap
    return blocks


def _block_width(canvas: Canvas, lines: tuple[str, ...]) -> float:
    return canvas.measure("■ ", _SMALL) + max(canvas.measure(line, _SMALL) for line in lines)


def _write_block(canvas: Canvas, block: _Block, top: float) -> None:
    """Write the parts of a turn, one below the other, each with its tint."""
    for number, (words, tint) in enumerate(zip(block.lines, PARTS.values(), strict=True)):
        y = top + (number + 0.6) * _PART
        canvas.write((block.begin, y), "■", tint, _SMALL)
        canvas.write((block.begin + canvas.measure("■ ", _SMALL), y), words, WAITING, _SMALL)


def _captions(canvas: Canvas, leg: Leg, blocks: list[_Block]) -> Iterator[_Block]:
    """Yield Porteiro's words beside the figures, or below them where more fits."""
    taken = [
        Interval(block.begin, block.begin + _block_width(canvas, block.lines) + canvas.measure("i"))
        for block in blocks
    ]
    for phrase, until in _worded(leg.heard, canvas.seconds):
        whole = Interval(phrase.begin, until)
        caption = _caption(canvas, phrase, beside(whole, taken))
        below = _caption(canvas, phrase, whole)
        if len("".join(below.lines)) > len("".join(caption.lines)):
            caption = _Block(below.begin, ("",) * _LINES_OF_PARTS + below.lines)
        yield caption


def _worded(heard: Sequence[Span], limit: float) -> Iterator[tuple[Span, float]]:
    """Yield the phrases that have words, each up to its last sound, and when the next begins."""
    worded = [phrase for phrase in heard if phrase.text]
    for phrase, until in zip(worded, [*(p.begin for p in worded[1:]), limit], strict=True):
        end = max(each.end for each in heard if phrase.begin <= each.begin < until)
        yield Span(phrase.begin, end, phrase.text), until


def _caption(canvas: Canvas, phrase: Span, place: Interval) -> _Block:
    """Return as many of a phrase's words as there is room for."""
    spoken = max(phrase.end - phrase.begin, canvas.measure("m" * 14, _SMALL))
    width = min(place.end - canvas.measure("m", _SMALL) - place.begin, spoken)
    lines = wrapped(phrase.text, width, _LINES, lambda words: canvas.measure(words, _SMALL))
    first = phrase.text.split()[0]
    return _Block(place.begin, tuple(lines if lines and lines[0].startswith(first) else ()))
