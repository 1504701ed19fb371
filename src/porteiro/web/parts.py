"""What the API shows and steers."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from porteiro.calls.admission import Capacity
from porteiro.calls.archive import VisitArchive
from porteiro.condominiums.board import ExtensionBoard
from porteiro.web.asking import AllCalls


def _none_waits() -> int:
    return 0


def _no_database() -> bool | None:
    return None


async def _at_hand() -> None:
    pass


@dataclass(frozen=True, slots=True)
class WorkerView:
    """One worker as it stands now; `pid` is None while another process takes its place.

    `extensions` are the ids of those that live in it. `lag_counts` are its event loop's lag as
    the buckets of `porteiro_event_loop_lag_seconds` have it, `lag_sum_s` their sum.
    """

    worker: int
    pid: int | None
    extensions: Sequence[int]
    calls: int
    restarts: int
    lag_s: float = 0.0
    freeswitch: bool = False
    lag_counts: Sequence[int] = ()
    lag_sum_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ApiParts:
    """The parts of a Porteiro as the API sees them.

    `visits_waiting` returns how many ended visits still wait to be written.
    `database_listening` returns whether changes of the database reach us now; None where
    no database is set. `freeswitch_legs` returns how many of FreeSWITCH's legs are in which
    state; None where its lines are not taken. `speech_providers` returns what each provider of
    speech that was chosen does, its name and its condition; `speech_queues` for each that works in
    processes of ours its name, the jobs being done and those waiting. `capacity` returns how
    much room there is for calls. `workers` returns how each worker stands; None where this
    process answers calls itself. All are asked on the event loop and must not block; where they
    tell of other processes, they tell what these said when `look` last returned, which never
    raises.
    """

    calls: AllCalls
    extensions: ExtensionBoard
    visits: VisitArchive
    visits_waiting: Callable[[], int] = _none_waits
    database_listening: Callable[[], bool | None] = _no_database
    freeswitch_legs: Callable[[], Mapping[str, int]] | None = None
    speech_providers: Callable[[], Sequence[tuple[str, str, str]]] = tuple
    speech_queues: Callable[[], Sequence[tuple[str, int, int]]] = tuple
    capacity: Callable[[], Capacity] = Capacity
    workers: Callable[[], Sequence[WorkerView]] | None = None
    look: Callable[[], Awaitable[None]] = _at_hand
