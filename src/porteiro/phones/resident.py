"""Residents' phones that ring, are answered by themselves, and behave like people."""

import asyncio
import random
from collections.abc import AsyncIterable, Callable, Coroutine
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import structlog

from porteiro.calls.board import Change, ChangeStream
from porteiro.calls.ports import RingRequest
from porteiro.dialogue.events import RingResult
from porteiro.dialogue.terms import Role
from porteiro.errors import SpeechError
from porteiro.phones.audiosocket import dial
from porteiro.phones.person import Part, Person, Temper
from porteiro.phones.reactions import Behaviour, Resident
from porteiro.phones.telephone import Telephone
from porteiro.phones.voice import WOMAN, Voice

log = structlog.get_logger()

PickedUp = Callable[[Telephone], None]
"""Is told of each phone that was picked up, to watch or to record it."""


@dataclass(frozen=True, slots=True)
class ResidentOptions:
    """How simulated residents are: what they do, how fast, and in which voice.

    A phone rings for `rings_s` seconds before it is picked up. The same `seed` gives
    the same reaction times.
    """

    behaviour: Behaviour = Behaviour.AUTHORIZES
    rings_s: float = 2.0
    voice: Voice = WOMAN
    temper: Temper = field(default_factory=Temper)
    seed: int = 0


class SimulatedResidents:
    """Every resident of a condominium, whatever makes their phones ring.

    `answer` is what a simulated dialer hands its calls to; `pick_up` takes a phone that a
    PBX has rung. It is an async context manager: leaving it hangs up and ends all of their calls.
    """

    def __init__(
        self,
        changes: ChangeStream,
        options: ResidentOptions,
        picked_up: PickedUp = lambda _: None,
    ) -> None:
        """Let residents learn from `changes` what they are asked."""
        self._changes = changes
        self._options = options
        self._picked_up = picked_up
        self._calls = asyncio.TaskGroup()
        self._living: set[asyncio.Task[None]] = set()
        self._chance = random.Random(options.seed)  # noqa: S311  reaction times, no secret

    async def __aenter__(self) -> Self:
        """Be ready to be rung."""
        await self._calls.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up every phone that is still talking."""
        for call in self._living:
            call.cancel()
        await self._calls.__aexit__(kind, error, trace)

    def pick_up(self, phone: Telephone) -> None:
        """Have a resident talk on a phone that was picked up just now."""
        self._picked_up(phone)
        self._begin(self._talk_on(phone))

    async def answer(self, request: RingRequest) -> RingResult:
        """Let the phone ring, and pick it up; cancelling it stops the ringing.

        Returns ANSWERED once the phone is connected to the return port, NO_ANSWER when
        nobody came within the request's limit, FAILED when the port cannot be reached.
        """
        if self._options.behaviour is Behaviour.NEVER_ANSWERS:
            await asyncio.sleep(request.limit_s)
            return RingResult.NO_ANSWER
        await asyncio.sleep(self._options.rings_s)
        connected: asyncio.Future[RingResult] = asyncio.get_running_loop().create_future()
        self._begin(self._talk(request, connected))
        return await connected

    def _begin(self, call: Coroutine[None, None, None]) -> None:
        task = self._calls.create_task(call)
        self._living.add(task)
        task.add_done_callback(self._living.discard)

    async def _talk(self, request: RingRequest, connected: asyncio.Future[RingResult]) -> None:
        """Be on the phone, from picking it up to the end of the call."""
        try:
            with self._changes.subscribe() as changes:
                async with dial(request.host, request.port, request.call_id) as phone:
                    self._picked_up(phone)
                    if not connected.done():
                        connected.set_result(RingResult.ANSWERED)
                    await self._live(phone, changes)
        except OSError as error:
            log.warning("simulated resident failed", call_id=request.call_id, error=str(error))
            if not connected.done():
                connected.set_result(RingResult.FAILED)

    async def _talk_on(self, phone: Telephone) -> None:
        with self._changes.subscribe() as changes:
            await self._live(phone, changes)

    async def _live(self, phone: Telephone, changes: AsyncIterable[Change]) -> None:
        """Be a resident on the phone until the call ends."""
        options = self._options
        part = Part(Role.RESIDENT, Resident(options.behaviour), options.voice, options.temper)
        chance = random.Random(self._chance.random())  # noqa: S311  reaction times, no secret
        try:
            await Person(part, phone, chance).live(changes)
        except* SpeechError as error:
            log.warning("simulated resident failed", call_id=phone.call_id, error=str(error))
            phone.hang_up()
