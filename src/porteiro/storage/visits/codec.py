"""Visits as bytes of JSON and back, and their fields in the form that stores compare."""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import msgspec

from porteiro.calls.visit import Visit
from porteiro.dialogue.words import fold

# PostgreSQL has no NUL in texts, and UTF-8 no half of a surrogate pair.
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_LONGEST_CALL_ID = 200
_LONGEST_APARTMENT = 100
_LARGEST_ID = 2**63 - 1
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
_visits = msgspec.json.Decoder(Visit)


def encode(visit: Visit) -> bytes:
    """Return a visit as one line of JSON, without the line's end.

    Characters that no database takes stand as U+FFFD.
    """
    try:
        line = msgspec.json.encode(visit)
    except UnicodeEncodeError:
        return msgspec.json.encode(_fit(msgspec.to_builtins(visit)))
    if b"\\u0000" not in line:
        return line
    return msgspec.json.encode(_fit(msgspec.to_builtins(visit)))


def decode(line: bytes | str) -> Visit:
    """Return the visit that `encode` wrote, of this version or an earlier one.

    Raises `ValueError` when it is none.
    """
    try:
        visit = _visits.decode(line)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not 0 < len(visit.call_id) <= _LONGEST_CALL_ID:
        raise ValueError(f"its call id has {len(visit.call_id)} characters")
    if not storable_id(visit.condominium_id):
        raise ValueError("its condominium id is out of range")
    return visit


def fit(text: str) -> str:
    """Return a text that every database takes."""
    return _UNFIT.sub("\ufffd", text)


def apartment_key(apartment: str) -> str:
    """Return an apartment as it is compared: without case, accents, needless white space."""
    return fold(fit(apartment))[:_LONGEST_APARTMENT]


def storable_id(number: int) -> bool:
    """Tell whether a database's 64 bits can hold a number."""
    return -_LARGEST_ID <= number <= _LARGEST_ID


def utc(moment: datetime) -> datetime:
    """Return a moment in UTC, as near as the calendar goes; without a zone it is UTC already."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return _FIRST if moment.year == 1 else _LAST


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the start and the call id of its last visit."""

    started: datetime
    call_id: str

    @classmethod
    def of(cls, visit: Visit) -> Self:
        """Return a visit's place."""
        return cls(utc(visit.started), fit(visit.call_id))

    def cursor(self) -> str:
        """Return the place as an opaque text that can stand in a URL."""
        packed = msgspec.json.encode((self.started, self.call_id))
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def at(cls, cursor: str) -> Self:
        """Return the place that a cursor means. Raises `ValueError` when it means none."""
        try:
            packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
            started, call_id = msgspec.json.decode(packed, type=tuple[datetime, str])
        except (ValueError, RecursionError) as error:
            raise ValueError(
                "the cursor is none of this list's; pass next_cursor on as it came"
            ) from error
        return cls(utc(started), fit(call_id))


def _fit(value: object) -> object:
    match value:
        case str():
            return fit(value)
        case dict():
            return {key: _fit(each) for key, each in value.items()}
        case list() | tuple():
            return [_fit(each) for each in value]
        case _:
            return value
