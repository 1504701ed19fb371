"""Calls that a Porteiro before this one left behind: taken up by their lines, or recorded."""

import asyncio
from datetime import timedelta

import structlog

from porteiro.calls.board import Change, JsonValue
from porteiro.calls.keeping import keep
from porteiro.calls.replay import Past
from porteiro.calls.services import Services
from porteiro.calls.visit import Visit
from porteiro.condominiums.extension import Extension
from porteiro.dialogue.returning import END
from porteiro.dialogue.terms import Role
from porteiro.errors import StorageError

_log = structlog.get_logger()

RETURN_S = 30.0
"""How long after the start a line may come back."""
_OLDEST = timedelta(minutes=10)
"""No line waits for a call that was last heard of before this."""


class Returns:
    """Knows the calls that were interrupted, for as long as their lines may come back."""

    def __init__(self, services: Services) -> None:
        """Wait for the lines of what `services.logs` has left over."""
        self._services = services
        self._waiting: dict[str, Past] = {}
        self._over: list[Past] = []
        self._spent: set[str] = set()
        self.look()

    def look(self) -> None:
        """Wait as well for the lines of what has been left over since."""
        logs = self._services.logs
        oldest = self._services.clock.wall() - _OLDEST
        self._spent |= logs.damaged()
        for past in logs.left_over():
            if past.restarted.announced:
                self._spent.add(past.begun.call_id)
            if past.ended > oldest and any(past.expects(role) for role in Role):
                self._waiting[past.begun.call_id] = past
            else:
                self._over.append(past)

    @property
    def any(self) -> bool:
        """Whether there is anything to do at all."""
        return bool(self._waiting or self._over)

    def take(self, call_id: str, extension: Extension, role: Role) -> Past | None:
        """Return the past of the call that a line takes up, once; None where there is none."""
        past = self._waiting.get(call_id)
        if past is None or past.begun.extension_id != extension.extension_id:
            return None
        if not past.expects(role):
            return None
        return self._waiting.pop(call_id)

    def spent(self, call_id: str) -> bool:
        """Whether a call of this id told the gate, or may have: no new one may do so again."""
        return call_id in self._spent

    async def give_up(self) -> None:
        """Record what cannot be taken up, and after a while what was not."""
        await self._end_all()
        waiting = dict(self._waiting)
        if waiting:
            _log.warning(
                "calls were interrupted: their lines are waited for",
                calls=len(waiting),
                seconds=RETURN_S,
            )
            await asyncio.sleep(RETURN_S)
            for call_id, past in waiting.items():
                if self._waiting.get(call_id) is past:
                    self._over.append(self._waiting.pop(call_id))
            await self._end_all()

    async def _end_all(self) -> None:
        while self._over:
            await self._end(self._over.pop())

    async def _end(self, past: Past) -> None:
        """Record a visit as far as it is known, and forget the call."""
        log = await self._services.logs.claim(past.saved)
        if log is None:
            return  # another process has it
        visit = past.visit
        visit.ended = past.ended
        visit.end = past.conversation.facts.end or END
        if past.restarted.announced:
            visit.gate = visit.gate or "unknown"
        recorded = False
        try:
            await keep(self._services.visits, visit)
            recorded = True
        except StorageError as error:
            _log.error("interrupted visit not recorded", call_id=visit.call_id, reason=str(error))
        finally:
            if recorded and past.damage:
                log.set_aside()
            else:
                log.close(keep=not recorded)
        self._tell(visit)
        _log.warning(
            "interrupted call ended", call_id=visit.call_id, end=visit.end, damage=past.damage
        )

    def _tell(self, visit: Visit) -> None:
        """Tell whoever follows the calls that this one has ended, after all."""
        ended = visit.ended or visit.started
        told: dict[str, JsonValue] = {
            "decision": visit.decision,
            "end": visit.end,
            "seconds": round((ended - visit.started).total_seconds(), 3),
        }
        told["at_s"] = told["seconds"]
        now = self._services.clock.wall()
        self._services.changes.publish(Change(now, visit.call_id, "ended", told))
