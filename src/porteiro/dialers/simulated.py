"""A resident's phone that answers by itself: for the demo and for tests, never for a site."""

from collections.abc import Awaitable, Callable

import structlog

from porteiro.calls.ports import RingRequest
from porteiro.dialogue.events import RingResult

log = structlog.get_logger()

Answer = Callable[[RingRequest], Awaitable[RingResult]]
"""What the simulated phone does when it is rung; cancelling it stops the ringing."""


class SimulatedDialer:
    """Hands every attempt to a function that plays the phone; a `Dialer`."""

    def __init__(self, answer: Answer) -> None:
        """Let `answer` be every resident's phone, and say so loudly."""
        self._answer = answer
        log.warning("the dialer is simulated: no resident's phone will ring")

    async def ring(self, request: RingRequest) -> RingResult:
        """Have the simulated phone rung; returns and raises what it does."""
        log.warning(
            "a simulated phone rings",
            call_id=request.call_id,
            attempt=request.attempt,
            pd_number=request.number,
        )
        return await self._answer(request)
