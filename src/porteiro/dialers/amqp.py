"""Ringing by asking another program over a message queue: one message an attempt."""

from dataclasses import dataclass

from porteiro.calls.ports import RingRequest
from porteiro.clock import Clock
from porteiro.dialogue.events import RingResult
from porteiro.errors import DialerError, MessagingError
from porteiro.messaging.amqp import AmqpPublisher, Json


@dataclass(frozen=True, slots=True)
class AmqpDialerOptions:
    """The queue that takes requests to ring, and the license that they carry."""

    queue: str = "api-to-voip1"
    license: str = ""


class AmqpDialer:
    """Puts each attempt into a queue; a `Dialer` that learns no more than "accepted".

    The program that reads the queue makes the number ring and has its line come to the
    extension's return port with the call id.
    """

    def __init__(self, publisher: AmqpPublisher, options: AmqpDialerOptions, clock: Clock) -> None:
        """Publish through `publisher`, which its owner closes; `clock` dates the requests."""
        self._publisher = publisher
        self._options = options
        self._clock = clock

    async def ring(self, request: RingRequest) -> RingResult:
        """Hand the attempt over; ACCEPTED once the broker has confirmed that it keeps it.

        Raises `DialerError` when it has not. Cancelling it cannot take back what was sent.
        """
        try:
            await self._publisher.publish(
                self._options.queue,
                self._click_to_call(request),
                message_id=request.attempt_id,
                correlation_id=request.call_id,
            )
        except MessagingError as error:
            raise DialerError(str(error)) from error
        return RingResult.ACCEPTED

    def _click_to_call(self, request: RingRequest) -> dict[str, Json]:
        return {
            "data": {
                "destiny": "IA",
                "guid": request.call_id,
                "license": self._options.license,
                "origin": request.number,
            },
            "operation": {
                "eventcode": "8001",
                "guid": f"cmd-{request.call_id}",
                "msg": "",
                "timestamp": int(self._clock.wall().timestamp()),
                "type": "clicktocall",
            },
        }
