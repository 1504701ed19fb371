"""What the API shows and steers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from porteiro.calls.admission import Capacity
from porteiro.calls.archive import VisitArchive
from porteiro.calls.board import CallBoard
from porteiro.condominiums.board import ExtensionBoard


def _none_waits() -> int:
    return 0


def _no_database() -> bool | None:
    return None


@dataclass(frozen=True, slots=True)
class ApiParts:
    """The parts of a Porteiro as the API sees them.

    `visits_waiting` returns how many ended visits still wait to be written.
    `database_listening` returns whether changes of the database reach us now; None where
    no database is set. `freeswitch_legs` returns how many of FreeSWITCH's legs are in which
    state; None where its lines are not taken. `speech_providers` returns what each provider of
    speech that was chosen does, its name and its condition; `speech_queues` for each that works in
    processes of ours its name, the jobs being done and those waiting. `capacity` returns how
    much room there is for calls. All are asked on the event loop and must not block.
    """

    calls: CallBoard
    extensions: ExtensionBoard
    visits: VisitArchive
    visits_waiting: Callable[[], int] = _none_waits
    database_listening: Callable[[], bool | None] = _no_database
    freeswitch_legs: Callable[[], Mapping[str, int]] | None = None
    speech_providers: Callable[[], Sequence[tuple[str, str, str]]] = tuple
    speech_queues: Callable[[], Sequence[tuple[str, int, int]]] = tuple
    capacity: Callable[[], Capacity] = Capacity
