"""What the parent and a worker tell each other, as JSON, each message a type of its own.

Answers carry the `number` of what they answer.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from porteiro.calls.admission import Capacity
from porteiro.calls.board import CallView, LegEnd
from porteiro.condominiums.directory import Apartment
from porteiro.condominiums.extension import Extension
from porteiro.condominiums.profile import Profile
from porteiro.dialogue.terms import Role

# --------------------------------------------------------------------- parent to worker


class Begin(msgspec.Struct, frozen=True, tag=True):
    """First of all: the settings beside the process's environment, and how many share the work.

    They come this way, and in no argument or file, since there are secrets among them.
    """

    environment: dict[str, str]
    workers: int


class Residents(msgspec.Struct, frozen=True, tag=True):
    """One condominium's directory, which the next `Serve` counts on; None: of all that have none.

    A directory comes when it has changed, one a message, so that no message is large.
    """

    condominium_id: int | None
    apartments: Sequence[Apartment]


class Serve(msgspec.Struct, frozen=True, tag=True):
    """Serve exactly these extensions; answered by `Served`.

    `others` live in other workers: their ports are no place to move to, and where this one
    takes FreeSWITCH's lines (`freeswitch`), those of their numbers come here as well.
    `directories` are those to know, all of which were told by `Residents`. `default` and
    `profiles` are the condominiums' ways.
    """

    number: int
    extensions: Sequence[Extension]
    others: Sequence[Extension]
    freeswitch: bool
    default: Profile
    profiles: dict[int, Profile]
    directories: Sequence[int | None]


class Restart(msgspec.Struct, frozen=True, tag=True):
    """Close and open the ports of one extension; answered by `Served`."""

    number: int
    extension_id: int


class Look(msgspec.Struct, frozen=True, tag=True):
    """Say how you stand; answered by `Standing`."""

    number: int


class Living(msgspec.Struct, frozen=True, tag=True):
    """Tell of every call in progress; answered by `SomeCalls`."""

    number: int


class Find(msgspec.Struct, frozen=True, tag=True):
    """Tell of one call; answered by `Found`."""

    number: int
    call_id: str


class HangUp(msgspec.Struct, frozen=True, tag=True):
    """Hang up one leg; answered by `HungUp`."""

    number: int
    call_id: str
    role: Role


class Drain(msgspec.Struct, frozen=True, tag=True):
    """Take no call any more; `Standing` says when those in progress are over."""


class BreakOff(msgspec.Struct, frozen=True, tag=True):
    """Have every call tell its people that it cannot go on, and end."""

    reason: str


class End(msgspec.Struct, frozen=True, tag=True):
    """End, whatever is in progress."""


# --------------------------------------------------------------------- worker to parent


class Ready(msgspec.Struct, frozen=True, tag=True):
    """Everything is loaded: calls can be answered as soon as there is something to serve."""


class Refused(msgspec.Struct, frozen=True, tag=True):
    """This process cannot work, and ends: one line for whoever has to act on it."""

    reason: str


class Lag(msgspec.Struct, frozen=True):
    """How late the loop was: looks up to each bound, those beyond the last, and their sum."""

    counts: Sequence[int] = ()
    seconds: float = 0.0


class Standing(msgspec.Struct, frozen=True, tag=True):
    """How a worker stands; unasked (number 0) several times a second: it lives.

    `calls` counts those in progress by extension id, where it was asked for.
    """

    number: int = 0
    calls: dict[int, int] | None = None
    capacity: Capacity = msgspec.field(default_factory=Capacity)
    visits_waiting: int = 0
    freeswitch_legs: dict[str, int] | None = None
    speech_providers: Sequence[tuple[str, str, str]] = ()
    speech_queues: Sequence[tuple[str, int, int]] = ()
    lag: Lag = Lag()
    idle: bool = True


class Served(msgspec.Struct, frozen=True, tag=True):
    """The extensions as they are served now, and why others are not; unasked with number 0.

    `kept` are ports that belong to none of them any more, and stay open while calls wait there.
    """

    number: int
    extensions: Sequence[Extension]
    failed: dict[int, str]
    trouble: str = ""
    kept: tuple[int, ...] = ()


class SomeCalls(msgspec.Struct, frozen=True, tag=True):
    """Some of the calls in progress, without their story; `more` follow."""

    number: int
    calls: Sequence[CallView]
    more: bool


class Found(msgspec.Struct, frozen=True, tag=True):
    """A call, or that there is none."""

    number: int
    call: CallView | None


class HungUp(msgspec.Struct, frozen=True, tag=True):
    """What a hang-up did."""

    number: int
    end: LegEnd


class Happened(msgspec.Struct, frozen=True, tag=True):
    """A change of a call; `data` is JSON."""

    at: datetime
    call_id: str
    change: str
    data: msgspec.Raw


class Lost(msgspec.Struct, frozen=True, tag=True):
    """So many changes were not told: they came faster than they could be taken."""

    changes: int


Order = Begin | Residents | Serve | Restart | Look | Living | Find | HangUp | Drain | BreakOff | End
Answer = Standing | Served | SomeCalls | Found | HungUp
Report = Ready | Refused | Answer | Happened | Lost

ORDERS: Final = msgspec.json.Decoder(Order)
REPORTS: Final = msgspec.json.Decoder(Report)
