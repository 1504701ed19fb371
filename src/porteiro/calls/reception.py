"""Who may join which call: lines that arrive become calls, join them, or are told why not."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Final

import structlog

from porteiro.calls.admission import Admission, AdmissionLimits, Capacity, Refusal
from porteiro.calls.board import CallView, ChangeStream, LegEnd
from porteiro.calls.call import Call
from porteiro.calls.dismissal import DismissalOptions, Dismissals
from porteiro.calls.ports import Line
from porteiro.calls.replay import Past
from porteiro.calls.returns import Returns
from porteiro.calls.services import CallOptions, Services
from porteiro.calls.visit import Visit
from porteiro.condominiums.condominium import Condominium
from porteiro.condominiums.extension import Extension
from porteiro.dialogue.phrases import FIXED
from porteiro.dialogue.terms import Decision, Role

_log = structlog.get_logger()

_WORDS: Final = {
    Refusal.CALLS: FIXED["busy"],
    Refusal.EXTENSION: FIXED["busy"],
    Refusal.LAG: FIXED["busy"],
    Refusal.TAKEN: FIXED["call_taken"],
    Refusal.NOT_EXPECTED: FIXED["not_expected"],
}
"""What is said on a line that is not taken in; DRAINING leaves the words to a human."""

_WORDS_S: Final = 9.0
"""How long somebody may be told what became of their call."""


@dataclass(frozen=True, slots=True)
class ReceptionOptions:
    """How many calls are held at once, and how many ended ones can still be looked at.

    `extension_calls` are those of one extension, `lag_s` is what the loop may be late; 0 is
    no limit for either.
    """

    max_calls: int = 500
    extension_calls: int = 0
    lag_s: float = 0.0
    kept: int = 1000
    dismissal: DismissalOptions = field(default_factory=DismissalOptions)


class Reception:
    """Takes lines in, and owns every call; it is the `CallBoard` of the process."""

    def __init__(
        self,
        services: Services,
        condominium_of: Callable[[Extension], Condominium],
        options: CallOptions,
        limits: ReceptionOptions,
        lag_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """Hold calls with `services`; `condominium_of` tells whose an extension is.

        `lag_s` returns how late the event loop is now, in seconds.
        """
        self._services = services
        self._condominium_of = condominium_of
        self._options = options
        self._limits = limits
        most = AdmissionLimits(limits.max_calls, limits.extension_calls, limits.lag_s)
        self.admission = Admission(most, services.clock, lag_s)
        self._dismissals = Dismissals(services.voices, limits.dismissal)
        self._refused: Counter[Refusal] = Counter()
        self._idle = asyncio.Event()
        self._idle.set()
        self._calls: dict[str, Call] = {}
        self._ended: OrderedDict[str, CallView] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._returns = Returns(services)
        self._await_returns()

    async def look_back(self) -> None:
        """Take up as well what other processes have left behind since the start."""
        await self._services.logs.look_again()
        self._returns.look()
        self._await_returns()

    def _await_returns(self) -> None:
        if self._returns.any:
            self._start(self._returns.give_up(), "interrupted calls")

    def arrived(self, extension: Extension, role: Role, line: Line) -> None:
        """Take in a line that came on one of the extension's two ports."""
        if role is Role.VISITOR:
            self._visitor_arrived(extension, line)
        else:
            self._resident_arrived(extension, line)

    def _visitor_arrived(self, extension: Extension, line: Line) -> None:
        call = self._calls.get(line.call_id)
        refusal = self.admission.judge(extension.number)
        if call is not None:
            self._visitor_again(call, extension, line)
        elif refusal is Refusal.DRAINING:
            self._refuse(extension, line, refusal, refusal)
        elif (past := self._returns.take(line.call_id, extension, Role.VISITOR)) is not None:
            self._begin(past, extension, Role.VISITOR, line)
        elif (words := self._spent(line.call_id)) is not None:
            reason = "a call of this id has told the gate, or may have"
            self._refuse(extension, line, Refusal.TAKEN, reason, words)
        elif refusal is not None:
            self._refuse(extension, line, refusal, refusal)
        else:
            now = self._services.clock.wall()
            visit = Visit(line.call_id, extension.number, extension.condominium_id, now)
            self._begin(visit, extension, Role.VISITOR, line)

    def _spent(self, call_id: str) -> str | None:
        """Return what a visitor is told whose call decided about the gate and is over.

        A gate is told once a call: with this id it must not be told again. None where it was not.
        """
        ended = self._ended.get(call_id)
        if ended is None or not ended.visit.decided_by:
            return FIXED["broken"] if self._returns.spent(call_id) else None
        if ended.visit.decision is Decision.DENIED:
            return FIXED["denied"]
        return FIXED["gate_was_opened" if ended.visit.gate == "opened" else "gate_unknown"]

    def _visitor_again(self, call: Call, extension: Extension, line: Line) -> None:
        """See to a visitor's line with the id of a call in progress: none can be taken over."""
        if call.expects_visitor and _same_door(call.extension, extension):
            call.join(Role.VISITOR, line)
        elif call.visitor_left:
            # The PBX tries again after a line that broke: not before the call it broke is over.
            line.abort()
            _log.info("visitor's line is early", call_id=line.call_id)
        else:
            self._refuse(extension, line, Refusal.TAKEN, "a call of this id is in progress")

    def _resident_arrived(self, extension: Extension, line: Line) -> None:
        call = self._calls.get(line.call_id)
        if call is None:
            past = self._returns.take(line.call_id, extension, Role.RESIDENT)
            if past is not None:
                self._begin(past, extension, Role.RESIDENT, line)
                return
            reason = "no call waits for this id"
        elif not _same_door(call.extension, extension):
            reason = "it came to another extension's return port"
        elif not call.expects_resident:
            reason = "its call waits for no resident now"
        else:
            call.join(Role.RESIDENT, line)
            return
        self._refuse(extension, line, Refusal.NOT_EXPECTED, reason)

    def _begin(self, begins: Visit | Past, extension: Extension, role: Role, line: Line) -> None:
        condominium = self._condominium_of(extension)
        call = Call(begins, extension, condominium, self._services, self._options)
        self._calls[call.call_id] = call
        self._idle.clear()
        self.admission.began(extension.number)
        self._dismissals.keep(_WORDS.values(), condominium.voice)
        self._ended.pop(call.call_id, None)
        call.join(role, line)
        task = self._start(call.run(), f"call {call.call_id}")
        task.add_done_callback(lambda _: self._call_ended(call))

    def _call_ended(self, call: Call) -> None:
        del self._calls[call.call_id]
        self.admission.ended(call.extension.number)
        if not self._calls:
            self._idle.set()
        self._ended[call.call_id] = call.view()
        call.let_go()
        while len(self._ended) > self._limits.kept:
            self._ended.popitem(last=False)

    def _refuse(
        self, extension: Extension, line: Line, why: Refusal, reason: str, words: str = ""
    ) -> None:
        """Tell a line politely that it is not taken in, and hang it up."""
        self._refused[why] += 1
        if why is Refusal.DRAINING:
            line.abort()  # the shipped dialplan goes on to a human
        else:
            voice = self._condominium_of(extension).voice
            limit_s = _WORDS_S if words else 0.0
            if not self._dismissals.dismiss(line, words or _WORDS[why], voice, limit_s):
                return  # told of in one line for many
        _log.warning(
            "line refused",
            call_id=line.call_id,
            extension=extension.number,
            peer=line.peer,
            reason=reason,
        )

    def _start(self, work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
        """Start a task of the reception's own: one that fails is logged and disturbs no other."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)
        return task

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("a call failed", task=task.get_name(), exc_info=task.exception())

    async def close(self) -> None:
        """Remove every call and every line; used when the process stops."""
        self._dismissals.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def awaits_resident(self, extension: Extension) -> bool:
        """Return whether a call still needs this extension's return port to listen."""
        return any(_same_port(call.extension, extension) for call in self._calls.values())

    def room(self) -> int:
        """Return how many more visitors' lines would be taken in, or told why not."""
        refusing = self.admission.look() is not None
        free = 0 if refusing else self._limits.max_calls - len(self._calls)
        return free + self._dismissals.room

    def turned_away(self) -> None:
        """Count a visitor's connection that was reset for want of room."""
        self._refused[self.admission.look() or Refusal.CALLS] += 1
        self._dismissals.count_cut()

    def capacity(self) -> Capacity:
        """Return how much room there is now for calls."""
        return self.admission.capacity(self._dismissals.told, self._refused)

    # ------------------------------------------------------------------------ draining

    @property
    def held(self) -> int:
        """How many calls are in progress."""
        return len(self._calls)

    def stop_taking(self) -> None:
        """Take no call in any more; residents of those in progress still come in."""
        self.admission.drain()

    async def idle(self) -> None:
        """Return as soon as no call is in progress."""
        await self._idle.wait()

    def break_off(self, reason: str) -> None:
        """Have every call tell its people that it cannot go on, and end."""
        for call in self._calls.values():
            call.break_off(reason)

    # ------------------------------------------------------------------ the call board

    @property
    def changes(self) -> ChangeStream:
        """Every change of every call, from now on."""
        return self._services.changes

    def living(self) -> list[CallView]:
        """Return every call in progress, oldest first."""
        return [call.view() for call in self._calls.values()]

    def find(self, call_id: str) -> CallView | None:
        """Return a call in progress, or one of the last that ended."""
        call = self._calls.get(call_id)
        return call.view() if call is not None else self._ended.get(call_id)

    def hang_up(self, call_id: str, role: Role) -> LegEnd:
        """Hang one leg up now."""
        call = self._calls.get(call_id)
        return call.hang_up(role) if call is not None else LegEnd.NO_SUCH_CALL


def _same_port(one: Extension, other: Extension) -> bool:
    return (one.ip, one.return_port) == (other.ip, other.return_port)


def _same_door(told: Extension, reached: Extension) -> bool:
    """Return whether a resident who was `told` an extension's return port came to it.

    While the call was in progress the extension may have been given another port, or its
    port another extension.
    """
    return told.extension_id == reached.extension_id or _same_port(told, reached)
