"""The records of a living call as lines of JSON, and back."""

from datetime import datetime
from typing import get_args

import msgspec

from porteiro.calls.saved import Announced, Begun, Happened, Kept, Record, Rung, Timed
from porteiro.dialogue.events import Event
from porteiro.dialogue.guide import Match
from porteiro.dialogue.states import State

FORMAT = 1
"""Raised when a line of today would mean something else to a Porteiro of yesterday."""

_Raw = msgspec.Raw
_line = msgspec.json.Decoder(tuple[int, str, _Raw, _Raw, _Raw, _Raw])
_text = msgspec.json.Decoder(str)
_at = msgspec.json.Decoder(datetime)
_state = msgspec.json.Decoder(State)
_found = msgspec.json.Decoder(tuple[Match, ...])
_events: dict[str, msgspec.json.Decoder[Event]] = {
    kind.__name__: msgspec.json.Decoder(kind) for kind in get_args(Event)
}
_others: dict[str, msgspec.json.Decoder[Record]] = {
    kind.__name__: msgspec.json.Decoder(kind) for kind in (Begun, Rung, Announced, Kept, Timed)
}
_encoder = msgspec.json.Encoder()


def encode(record: Record) -> bytes:
    """Return a record as one line, its end included.

    Raises `ValueError` where it holds what no file can.
    """
    if isinstance(record, Happened):
        event = record.event
        kind = type(event).__name__
        line = _encoder.encode((FORMAT, kind, record.at, event, record.state, record.found))
    else:
        line = _encoder.encode((FORMAT, type(record).__name__, record, None, None, None))
    return line + b"\n"


def decode(line: bytes) -> Record:
    """Return the record that `encode` wrote.

    Raises `ValueError` when it is none, or one of another version.
    """
    try:
        made_by, kind, first, second, third, fourth = _line.decode(line)
        if made_by != FORMAT:
            raise ValueError(f"it is of format {made_by}, and this Porteiro knows {FORMAT}")
        if kind in _others:
            return _others[kind].decode(first)
        if kind not in _events:
            raise ValueError(f"{kind!r} is no record")
        event = _events[kind].decode(second)
        return Happened(_at.decode(first), event, _state.decode(third), _found.decode(fourth))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
