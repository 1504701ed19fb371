"""What a channel executes, one application after the other, as a dialplan or a server says."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from porteiro.phones.freeswitch.channel import Channel

Finish = Callable[[str], None]
"""Is called with an application's response when it is done."""

Begin = Callable[[str, Finish], None]
"""Begins an application with its argument; it calls the second when it is done."""

DONE: Final = "_none_"


@dataclass(slots=True, eq=False)
class Order:
    """An application to be executed; with `lock` nothing else begins before it is done."""

    app: str
    argument: str
    lock: bool
    event_uuid: str = field(default_factory=lambda: str(uuid4()))
    done: asyncio.Future[None] | None = None


class Applications:
    """Executes orders in their order. One that takes its time lets others begin unless it locks.

    `unknown` is called for an application that this FreeSWITCH does not have.
    """

    def __init__(
        self, channel: Channel, known: Mapping[str, Begin], unknown: Callable[[], None]
    ) -> None:
        """Execute on `channel` what is `known`."""
        self._channel = channel
        self._known = known
        self._unknown = unknown
        self._waiting: deque[Order | Callable[[], None]] = deque()
        self._running: list[Order] = []

    def execute(self, order: Order) -> None:
        """Have an application executed when its turn comes."""
        self._waiting.append(order)
        self._advance()

    def then(self, call: Callable[[], None]) -> None:
        """Call something when its turn comes: a hang-up waits for its turn, too."""
        self._waiting.append(call)
        self._advance()

    def flush(self) -> None:
        """Forget what waits."""
        for order in self._waiting:
            if isinstance(order, Order):
                _set_done(order)
        self._waiting.clear()

    def abandon(self) -> None:
        """End everything: the channel hangs up."""
        self.flush()
        while self._running:
            self._finish(self._running[-1], DONE)

    def _advance(self) -> None:
        while self._waiting and not any(run.lock for run in self._running):
            order = self._waiting.popleft()
            if isinstance(order, Order):
                self._begin(order)
            else:
                order()

    def _begin(self, order: Order) -> None:
        begin = self._known.get(order.app)
        if begin is None:
            self._unknown()
            _set_done(order)
            return
        channel = self._channel
        channel.learn("executing")
        channel.set("current_loop", "1")
        channel.set("total_loops", "1")
        self._running.append(order)
        channel.begin(order.app, order.argument, order.event_uuid)
        begin(order.argument, lambda response: self._finish(order, response))

    def _finish(self, order: Order, response: str) -> None:
        if order not in self._running:
            return
        self._running.remove(order)
        channel = self._channel
        channel.complete(order.app, order.argument, order.event_uuid, response)
        channel.set("current_loop", None)
        channel.set("total_loops", None)
        _set_done(order)
        self._advance()


def _set_done(order: Order) -> None:
    if order.done is not None and not order.done.done():
        order.done.set_result(None)
