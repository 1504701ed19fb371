"""What is written down of a living call, so that a restarted Porteiro can take it up."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from porteiro.calls.visit import Turn
from porteiro.dialogue.events import Event
from porteiro.dialogue.guide import Match
from porteiro.dialogue.options import DialogueOptions
from porteiro.dialogue.states import State

PATIENCE_S = 2.0
"""How long a call waits for the disk before it goes on without."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A call began, or was taken up: all that its conversation depends on but events.

    `name` and `greeting` are the condominium's.
    """

    at: datetime
    call_id: str
    extension_id: int
    extension: str
    condominium_id: int
    name: str
    greeting: str
    options: DialogueOptions


@dataclass(frozen=True, slots=True)
class Happened:
    """An event was handled; `state` is where it led.

    `found` is what the directory answered meanwhile: it may answer otherwise tomorrow.
    """

    at: datetime
    event: Event
    state: State
    found: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class Rung:
    """A number is about to be handed to the dialer."""

    at: datetime
    attempt: int
    attempt_id: str
    number: str


@dataclass(frozen=True, slots=True)
class Announced:
    """The decision is about to be handed to the gate; never again after this."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """What a person said after the tone, for the other one to hear: 16-bit mono sound."""

    at: datetime
    recording: str
    sample_rate: int
    pcm: bytes


@dataclass(frozen=True, slots=True)
class Timed:
    """How long the parts of a turn took."""

    at: datetime
    turn: Turn


Record = Begun | Happened | Rung | Announced | Kept | Timed


@dataclass(frozen=True, slots=True)
class SavedCall:
    """The records of a call whose process is gone.

    `length` is how many bytes of its file they are; `damage` says what follows them that is
    no record, empty where all is well.
    """

    call_id: str
    records: tuple[Record, ...]
    length: int = 0
    damage: str = ""


class Written(Enum):
    """What a restarted Porteiro would find of a call."""

    WHOLE = auto()
    """All that was added."""
    NOTHING = auto()
    """Nothing, now or later: it cannot take the call up."""
    UNKNOWN = auto()
    """Perhaps a part: the disk hangs, or does not let go of what it has."""


class CallLog(Protocol):
    """Where one living call is written down; nothing here ever waits for the disk for long."""

    def add(self, record: Record) -> None:
        """Have a record written, after those before it."""
        ...

    async def written(self, *, durable: bool = False, limit_s: float = PATIENCE_S) -> Written:
        """Wait until what was added is written, or cannot be, but no longer than `limit_s`.

        `durable` waits until it would survive the machine's crash, too.
        """
        ...

    def close(self, *, keep: bool = False) -> None:
        """Forget the call: it is over, and its visit recorded, unless it is to be kept."""
        ...

    def set_aside(self) -> None:
        """Forget the call, whose file is damaged; its id stays known, and is not used again."""
        ...


class NoLog:
    """Writes nothing down."""

    def add(self, record: Record) -> None:
        """Forget it."""

    async def written(
        self,
        *,
        durable: bool = False,  # noqa: ARG002  the log's form
        limit_s: float = PATIENCE_S,  # noqa: ARG002  the log's form
    ) -> Written:
        """Return at once."""
        return Written.NOTHING

    def close(self, *, keep: bool = False) -> None:
        """Do nothing."""

    def set_aside(self) -> None:
        """Do nothing."""
