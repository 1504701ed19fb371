"""The calls of all workers, asked for where they are."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Final

import structlog

from porteiro.calls.board import CallView, ChangeStream, LegEnd
from porteiro.dialogue.terms import Role
from porteiro.errors import WorkerError
from porteiro.workers.fleet import Fleet
from porteiro.workers.messages import Find, Found, HangUp, HungUp, Living, Look, SomeCalls
from porteiro.workers.process import WorkerProcess

_log = structlog.get_logger()

_ANSWER_S: Final = 2.0
_LOOK_S: Final = 1.0


class WorkersCalls:
    """Every call of every worker. No state of a call is kept here."""

    def __init__(self, fleet: Fleet, changes: ChangeStream) -> None:
        """Ask the workers of `fleet`; `changes` has the changes of all of them."""
        self._fleet = fleet
        self._changes = changes

    @property
    def changes(self) -> ChangeStream:
        """Every change of every call, from now on."""
        return self._changes

    def by_extension(self) -> Mapping[int, int]:
        """Return how many calls are in progress, by extension id."""
        calls: Counter[int] = Counter()
        for seat in self._fleet.seats:
            calls.update(seat.calls_on)
        return calls

    async def look(self) -> None:
        """Have every worker say how it stands; one that does not is shown as it last did."""
        await asyncio.gather(*map(self._look, self._there()))

    async def living(self) -> Sequence[CallView]:
        """Return every call in progress, oldest first, without its story.

        Those of a worker that does not answer are missing: it is about to be replaced.
        """
        found = await asyncio.gather(*map(self._living, self._there()))
        return sorted((view for some in found for view in some), key=lambda v: v.visit.started)

    async def find(self, call_id: str) -> CallView | None:
        """Return a call, living or ended, of whichever worker has it.

        Raises `WorkerError` where none has, and one did not answer.
        """
        found: CallView | None = None
        silent: WorkerError | None = None
        for process in self._there():
            try:
                answer = await process.ask(lambda number: Find(number, call_id), _ANSWER_S)
            except WorkerError as error:
                silent = error
                continue
            # Of a call that ended in one worker and lives in another, the living one is meant.
            if isinstance(answer, Found) and answer.call and (found is None or answer.call.legs):
                found = answer.call
        if found is None and silent is not None:
            raise silent
        return found

    async def hang_up(self, call_id: str, role: Role) -> LegEnd:
        """Hang one leg up, in whichever worker has the call.

        Raises `WorkerError` where none has, and one did not answer.
        """
        silent: WorkerError | None = None
        for process in self._there():
            try:
                answer = await process.ask(lambda number: HangUp(number, call_id, role), _ANSWER_S)
            except WorkerError as error:
                silent = error
                continue
            if isinstance(answer, HungUp) and answer.end is not LegEnd.NO_SUCH_CALL:
                return answer.end
        if silent is not None:
            raise silent
        return LegEnd.NO_SUCH_CALL

    def _there(self) -> list[WorkerProcess]:
        return [seat.process for seat in self._fleet.seats if seat.process is not None]

    async def _look(self, process: WorkerProcess) -> None:
        with suppress(WorkerError):
            await process.ask(Look, _LOOK_S)

    async def _living(self, process: WorkerProcess) -> list[CallView]:
        views: list[CallView] = []
        try:
            async with aclosing(process.ask_for_all(Living, _ANSWER_S)) as answers:
                async for answer in answers:
                    if isinstance(answer, SomeCalls):
                        views += answer.calls
                        if not answer.more:
                            break
        except WorkerError as error:
            _log.warning("a worker's calls are not told of", reason=str(error))
        return views
