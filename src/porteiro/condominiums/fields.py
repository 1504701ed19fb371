"""Fields of a row that people or other programs wrote: read leniently, refused clearly."""

from collections.abc import Mapping

Row = Mapping[str, object]


class RowError(ValueError):
    """One row makes no sense; the message says which field and why."""


def text(row: Row, name: str, default: str = "") -> str:
    """Return a field's text without its padding; a number stands for its digits.

    Raises `RowError` when it is neither.
    """
    value = row.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RowError(f"{name} is {value!r}, not a text")
    return str(value).strip() or default


def whole(row: Row, name: str, lowest: int, highest: int) -> int:
    """Return a field's whole number, written as a number or as its digits.

    Raises `RowError` when it is missing, no number, or not within the limits.
    """
    written = text(row, name)
    if not written:
        raise RowError(f"{name} is missing")
    try:
        number = int(written)
    except ValueError:
        raise RowError(f"{name} is {written!r}, not a number") from None
    if not lowest <= number <= highest:
        raise RowError(f"{name} is {number}, not from {lowest} to {highest}")
    return number


def seconds(row: Row, name: str, lowest: float, highest: float) -> float | None:
    """Return a field's seconds, None when it is not there.

    Raises `RowError` when it is no number or not within the limits.
    """
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RowError(f"{name} is {value!r}, not a number of seconds")
    if not lowest <= value <= highest:  # also refuses NaN
        raise RowError(f"{name} is {value}, not from {lowest} to {highest} seconds")
    return float(value)
