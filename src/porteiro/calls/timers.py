"""A call's timers, by name; one that was stopped or started anew never fires late."""

import asyncio
from collections.abc import Callable

from porteiro.dialogue.events import Event, TimerFired


class Timers:
    """Timers that post `TimerFired`; `is_due` tells, once, whether one that came still counts."""

    def __init__(self, post: Callable[[Event], None]) -> None:
        """Post what fires to `post`."""
        self._post = post
        self._running: dict[str, asyncio.TimerHandle] = {}
        self._due: set[str] = set()

    def start(self, name: str, seconds: float) -> None:
        """Start a timer, or start it anew."""
        self.stop(name)
        loop = asyncio.get_running_loop()
        self._running[name] = loop.call_later(seconds, self._fire, name)

    def stop(self, name: str) -> None:
        """Forget a timer, even one that has fired and waits to be handled."""
        self._due.discard(name)
        handle = self._running.pop(name, None)
        if handle is not None:
            handle.cancel()

    def stop_all(self) -> None:
        """Forget every timer."""
        for name in [*self._running]:
            self.stop(name)
        self._due.clear()

    def is_due(self, event: TimerFired) -> bool:
        """Whether this firing was not overtaken by a stop or a new start."""
        if event.name in self._due:
            self._due.remove(event.name)
            return True
        return False

    def _fire(self, name: str) -> None:
        del self._running[name]
        self._due.add(name)
        self._post(TimerFired(name))
