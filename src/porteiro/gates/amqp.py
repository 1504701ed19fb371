"""A gate behind a message queue: one message an order."""

from dataclasses import dataclass

from porteiro.calls.ports import GateOrder
from porteiro.errors import GateError, MessagingError
from porteiro.gates.order import announced
from porteiro.messaging.amqp import AmqpPublisher


@dataclass(frozen=True, slots=True)
class AmqpGateOptions:
    """The queue that takes orders."""

    queue: str = "fila_autorizacao"


class AmqpGate:
    """Puts each order into a queue; a `Gate` confirmed by the broker.

    Every try of one order carries the same message id, the call id, so that an opener can
    tell a repetition, whose confirmation was lost, from a second order.
    """

    def __init__(self, publisher: AmqpPublisher, options: AmqpGateOptions) -> None:
        """Publish through `publisher`, which its owner closes."""
        self._publisher = publisher
        self._options = options

    async def announce(self, order: GateOrder) -> None:
        """Put the order into the queue once.

        Raises `GateError` when the broker has not confirmed that it keeps it; it may all
        the same.
        """
        try:
            await self._publisher.publish(
                self._options.queue,
                announced(order),
                message_id=order.call_id,
                correlation_id=order.call_id,
            )
        except MessagingError as error:
            raise GateError(str(error)) from error
