"""Where labels go so that none lies on another: pure arithmetic."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple


class Interval(NamedTuple):
    """A stretch of a row."""

    begin: float
    end: float


def in_rows(labels: Sequence[tuple[float, float]], gap: float) -> list[int]:
    """Return a row for each label, given as (begin, end), so that none overlaps in its row.

    Each takes the first row where it fits; `gap` is the least distance between two.
    """
    order = sorted(range(len(labels)), key=lambda index: labels[index])
    ends: list[float] = []
    rows = [0] * len(labels)
    for index in order:
        begin, end = labels[index]
        row = next((row for row, taken in enumerate(ends) if taken + gap <= begin), len(ends))
        if row == len(ends):
            ends.append(end)
        ends[row] = end
        rows[index] = row
    return rows


def wrapped(text: str, width: float, lines: int, measure: Callable[[str], float]) -> list[str]:
    """Return `text` in at most `lines` lines no wider than `width`; what is too much is cut.

    `measure` tells how wide some words are. Nothing is returned where not even the first
    word fits.
    """
    rows: list[str] = []
    words = text.split()
    while words and len(rows) < lines:
        count = next(
            (n for n in range(len(words), 0, -1) if measure(" ".join(words[:n])) <= width), 0
        )
        if not count:
            break
        rows.append(" ".join(words[:count]))
        words = words[count:]
    if words and rows:
        rows[-1] = _cut(rows[-1], width, measure)
    return rows


def _cut(row: str, width: float, measure: Callable[[str], float]) -> str:
    """Return a row that ends in an ellipsis and still fits."""
    while row and measure(row + "…") > width:
        row = row[:-1].rstrip(" ,.;:")
    return row + "…"


def nudged(begin: float, width: float, limit: float) -> float:
    """Return where a label of `width` begins so that it stays between 0 and `limit`."""
    return max(0.0, min(begin, limit - width))


def beside(place: Interval, taken: Iterable[Interval]) -> Interval:
    """Return what is free of `place` from its beginning on, or from where it first becomes free.

    `taken` are in order; the answer is empty where all of it is.
    """
    begin = place.begin
    for other in taken:
        if other.end <= begin:
            continue
        if other.begin > begin:
            return Interval(begin, max(begin, min(place.end, other.begin)))
        begin = other.end
    return Interval(begin, max(begin, place.end))
