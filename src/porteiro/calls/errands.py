"""What a call has others do: ring a resident, tell the gate, hand the visitor over."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from porteiro.calls.journal import Journal
from porteiro.calls.ports import Dialer, Gate, GateOrder, Handover, RingRequest
from porteiro.calls.saved import Announced, CallLog, Rung, Written
from porteiro.calls.talking import Spawn
from porteiro.condominiums.extension import Extension
from porteiro.dialogue.effects import Announce, HandOver, Ring
from porteiro.dialogue.events import Event, GateAnswered, RingEnded, RingResult
from porteiro.dialogue.terms import Decision
from porteiro.errors import DialerError, GateError

_UNMARKED = (
    "it was not told: the disk did not take in time that it is about to be, and so a restart "
    "might have opened it again; look at the disk of PORTEIRO_DATA_DIR"
)


@dataclass(frozen=True, slots=True)
class ErrandOptions:
    """How often and how long errands are tried. Times are in seconds.

    `host` is our own address as the PBX sees it: residents' lines are told to come there.
    """

    host: str = "127.0.0.1"
    mark_s: float = 5.0
    """How long the disk may take to hold that the gate is about to be told."""
    gate_tries: int = 3
    gate_pause_s: float = 0.5
    gate_limit_s: float = 10.0
    handover_limit_s: float = 3.0


class Errands:
    """The errands of one call; each reports back to the conversation."""

    def __init__(
        self,
        call_id: str,
        extension: Extension,
        journal: Journal,
        outside: "Outside",
        options: ErrandOptions,
    ) -> None:
        """Run errands for one call; the tasks they need belong to that call."""
        self._call_id = call_id
        self._extension = extension
        self._journal = journal
        self._log = outside.log
        self._outside = outside
        self._options = options
        self._ringing: dict[int, asyncio.Task[None]] = {}
        self._announced = False

    # ------------------------------------------------------------------------- ringing

    def ring(self, effect: Ring) -> None:
        """Have a number rung; of an apartment without one, only the log learns."""
        if not effect.number:
            self._journal.trouble("dialer", "the apartment has no number that can be dialed")
            return
        attempt_id = str(uuid4())
        self._journal.ringing(effect.attempt, attempt_id, effect.number)
        request = RingRequest(
            call_id=self._call_id,
            attempt_id=attempt_id,
            attempt=effect.attempt,
            number=effect.number,
            extension=self._extension.number,
            host=self._options.host,
            port=self._extension.return_port,
            limit_s=effect.limit_s,
        )
        self._log.add(Rung(self._now(), effect.attempt, attempt_id, effect.number))
        self._ringing[effect.attempt] = self._outside.spawn(self._ring(request))

    def stop_ringing(self) -> None:
        """Stop what still rings."""
        for attempt, task in self._ringing.items():
            task.cancel()
            self._journal.ring_ended(RingEnded(attempt, RingResult.NO_ANSWER, "stopped"))
        self._ringing.clear()

    async def _ring(self, request: RingRequest) -> None:
        await self._log.written()  # or a restarted Porteiro would ring again
        try:
            ended = RingEnded(request.attempt, await self._dial(request))
        except DialerError as error:
            self._journal.trouble("dialer", str(error))
            ended = RingEnded(request.attempt, RingResult.FAILED, str(error))
        self._ringing.pop(request.attempt, None)
        self._outside.post(ended)

    async def _dial(self, request: RingRequest) -> RingResult:
        if self._outside.dialer is None:
            raise DialerError("PORTEIRO_DIALER is not set")
        return await self._outside.dialer.ring(request)

    # ---------------------------------------------------------------------------- gate

    def was_announced(self) -> None:
        """Learn that the decision was announced before Porteiro was restarted."""
        self._announced = True
        if not self._journal.visit.gate:
            self._journal.gate("unknown")

    def announce(self, effect: Announce, condominium_id: int) -> asyncio.Task[None] | None:
        """Tell the building's systems the decision, once a call and never again."""
        if self._announced:
            return None
        self._announced = True
        order = GateOrder(
            call_id=self._call_id,
            condominium_id=condominium_id,
            decision=effect.decision,
            apartment=effect.apartment,
            resident=effect.resident,
            visitor=effect.visitor,
            purpose=effect.purpose,
            timestamp=self._outside.wall(),
        )
        self._log.add(Announced(self._now()))
        return self._outside.spawn(self._announce(order))

    async def _announce(self, order: GateOrder) -> None:
        """Try until it is confirmed, or for good in vain."""
        reason = "not confirmed in time"
        if not await self._marked(order):
            self._gate_answered(GateAnswered(opened=False, reason=_UNMARKED))
            return
        try:
            async with asyncio.timeout(self._options.gate_limit_s):
                for tries in range(1, self._options.gate_tries + 1):
                    try:
                        await self._outside.gate.announce(order)
                    except GateError as error:
                        reason = str(error)
                        self._journal.trouble("gate", f"try {tries}: {reason}")
                        if not error.retryable:
                            break
                        await asyncio.sleep(self._options.gate_pause_s * tries)
                    else:
                        self._gate_answered(GateAnswered(opened=True))
                        return
        except TimeoutError:
            self._journal.trouble("gate", reason)
        self._gate_answered(GateAnswered(opened=False, reason=reason))

    async def _marked(self, order: GateOrder) -> bool:
        """Whether no restarted Porteiro will open the gate again; to keep it closed may be said."""
        written = await self._log.written(durable=True, limit_s=self._options.mark_s)
        if written is not Written.UNKNOWN or order.decision is not Decision.AUTHORIZED:
            return True
        self._journal.trouble("gate", _UNMARKED)
        return False

    def _gate_answered(self, event: GateAnswered) -> None:
        """Note it at once: nobody is left to take the event of a call that is over."""
        self._journal.gate_answered(event)
        self._outside.post(event)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._outside.wall(), UTC)

    # ------------------------------------------------------------------------ handover

    def hand_over(self, effect: HandOver) -> None:
        """Have the PBX send the visitor on to a human once we hang up."""
        self._outside.spawn(self._hand_over(effect.number))

    async def _hand_over(self, number: str) -> None:
        handover = self._outside.handover
        if handover is None:
            self._journal.trouble("handover", "no dialer of ours can tell the PBX where to go")
            return
        try:
            async with asyncio.timeout(self._options.handover_limit_s):
                await handover.hand_over(self._call_id, number)
        except (DialerError, TimeoutError) as error:
            self._journal.trouble("handover", str(error) or "took too long")


@dataclass(frozen=True, slots=True)
class Outside:
    """The world as errands need it; `post` reports to the conversation, `wall` is Unix time.

    What a restarted Porteiro must not do again is written to `log` before it is done.
    """

    dialer: Dialer | None
    gate: Gate
    handover: Handover | None
    spawn: Spawn
    post: Callable[[Event], None]
    wall: Callable[[], float]
    log: CallLog
