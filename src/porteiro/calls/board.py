"""What can be seen of calls from outside: living and ended ones, and every change."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from porteiro.calls.visit import Visit
from porteiro.dialogue.terms import Role

JsonValue = str | int | float | bool | None | list["JsonValue"] | Mapping[str, "JsonValue"]


@dataclass(frozen=True, slots=True)
class CallView:
    """One call as it stands now: its record so far, its state, the legs on the line.

    `on_hold` are those of the legs whose person is on hold.
    """

    visit: Visit
    extension_id: int
    state: str
    legs: tuple[Role, ...]
    on_hold: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened to a call; `kind` is a short name, `data` its particulars."""

    at: datetime
    call_id: str
    kind: str
    data: Mapping[str, JsonValue]


class LegEnd(StrEnum):
    """What a hang-up asked for from outside did."""

    HUNG_UP = "hung_up"
    NO_SUCH_CALL = "no_such_call"
    NO_SUCH_LEG = "no_such_leg"


class CallBoard(Protocol):
    """The calls of this process, to be looked at and hung up."""

    def living(self) -> list[CallView]:
        """Return every call in progress, oldest first."""
        ...

    def find(self, call_id: str) -> CallView | None:
        """Return a call in progress, or one that ended while its record is still kept."""
        ...

    def hang_up(self, call_id: str, role: Role) -> LegEnd:
        """Hang one leg up now; the conversation learns of it as of any hang-up."""
        ...

    @property
    def changes(self) -> "ChangeStream":
        """Every change of every call, from now on."""
        ...


class Subscription:
    """One listener's queue of changes; bounded, so a slow listener loses, never delays."""

    def __init__(self, size: int) -> None:
        """Make a queue that keeps at most `size` changes."""
        self._queue: asyncio.Queue[Change] = asyncio.Queue(size)
        self.lost = 0

    def offer(self, change: Change) -> None:
        """Add a change, or count it as lost where the listener does not keep up."""
        try:
            self._queue.put_nowait(change)
        except asyncio.QueueFull:
            self.lost += 1

    async def __aiter__(self) -> AsyncIterator[Change]:
        """Yield changes as they come, without end; cancel it to stop."""
        while True:
            yield await self._queue.get()


class ChangeStream:
    """Hands every change to every subscriber."""

    def __init__(self, size: int = 1024) -> None:
        """Give each subscriber a queue of `size` changes."""
        self._size = size
        self._subscriptions: set[Subscription] = set()

    def publish(self, change: Change) -> None:
        """Hand `change` to all who listen now; never blocks."""
        for subscription in self._subscriptions:
            subscription.offer(change)

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """Listen from now until the block ends."""
        subscription = Subscription(self._size)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
