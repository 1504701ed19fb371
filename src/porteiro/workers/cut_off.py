"""Calls whose worker died: each goes on in another process, or ends, and that is told once."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from porteiro.calls.board import Change, ChangeStream, JsonValue
from porteiro.calls.returns import RETURN_S

DIED: Final = "broken: its worker died"
"""The end of a call that no other process took up, nor recorded."""
_TOLD_S: Final = 2 * RETURN_S
"""Within this the process that takes the place has told what became of a call, if it can."""


class CutOff:
    """Tells that calls are suspended, and their end where nobody else does."""

    def __init__(self, changes: ChangeStream) -> None:
        """Publish to `changes`."""
        self._changes = changes
        self._waiting: dict[str, asyncio.TimerHandle] = {}

    def add(self, call_ids: Iterable[str]) -> None:
        """Learn which calls a worker had that is gone."""
        loop = asyncio.get_running_loop()
        for call_id in call_ids:
            self._publish(call_id, "suspended", {"reason": DIED, "seconds": RETURN_S})
            self._waiting[call_id] = loop.call_later(_TOLD_S, self._ended, call_id)

    def told(self, call_id: str, kind: str) -> None:
        """Learn what a worker told of a call."""
        if kind in ("started", "resumed", "ended") and call_id in self._waiting:
            self._waiting.pop(call_id).cancel()

    def _ended(self, call_id: str) -> None:
        del self._waiting[call_id]
        self._publish(call_id, "ended", {"decision": "no_decision", "end": DIED})

    def _publish(self, call_id: str, kind: str, data: dict[str, JsonValue]) -> None:
        self._changes.publish(Change(datetime.now(UTC), call_id, kind, data))
