"""Handing messages to the queues of an AMQP broker, each confirmed by it."""

import asyncio
import json
from collections.abc import Mapping
from types import TracebackType
from typing import Self, TypeAlias

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import AMQPError, ChannelNotFoundEntity, DeliveryError, PublishError

from porteiro.errors import MessagingError
from porteiro.messaging.connection import BROKER_ERRORS, AmqpConnection, AmqpOptions

__all__ = ["AmqpOptions", "AmqpPublisher", "Json"]

Json: TypeAlias = "str | int | float | Mapping[str, Json] | None"


class AmqpPublisher:
    """Publishes over one connection of the process, for the length of an `async with` block.

    The broker need not be there when the block begins, nor stay.
    """

    def __init__(self, options: AmqpOptions) -> None:
        """Make it for a broker. Raises `SettingsError` where the URL makes no sense."""
        self._options = options
        self._connection = AmqpConnection(options)
        self._declaring = asyncio.Lock()
        self._declared: set[str] = set()
        self._declared_with: AbstractChannel | None = None
        self._side: AbstractChannel | None = None

    async def __aenter__(self) -> Self:
        """Begin to connect; does not wait for it."""
        await self._connection.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect; what is being published then fails."""
        await self._connection.__aexit__(kind, error, trace)

    async def publish(
        self, queue: str, body: Mapping[str, Json], *, message_id: str, correlation_id: str
    ) -> None:
        """Put `body` as a persistent JSON message into a queue, and wait until that is confirmed.

        A queue that exists is used as it is; one that does not is made durable. Raises
        `MessagingError` where the broker is away, refuses, or does not confirm in time; the
        message may be in the queue all the same then, or come to be, as it may when this
        is cancelled.
        """
        message = Message(
            json.dumps(body).encode("ascii"),
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=DeliveryMode.PERSISTENT,
            message_id=message_id,
            correlation_id=correlation_id,
            app_id="porteiro",
        )
        channel: AbstractChannel | None = None
        broker = self._connection.name
        try:
            async with asyncio.timeout(self._options.publish_s):
                channel = await self._connection.open_channel()
                await self._put(channel, queue, message)
        except TimeoutError:
            raise self._late(channel) from None
        except DeliveryError:
            raise MessagingError(
                f"{broker} refused a message for the queue {queue!r}: is it full?"
            ) from None
        except BROKER_ERRORS as error:
            why = f" ({error})" if isinstance(error, AMQPError) else ""
            raise MessagingError(f"{broker} broke off before it confirmed{why}") from None

    async def _put(self, channel: AbstractChannel, queue: str, message: Message) -> None:
        try:
            await self._declare(channel, queue)
            await channel.default_exchange.publish(message, queue)
        except PublishError:  # unroutable: the queue was deleted since it was declared
            self._declared.discard(queue)
            await self._declare(channel, queue)
            await channel.default_exchange.publish(message, queue)

    def _late(self, channel: AbstractChannel | None) -> MessagingError:
        waited = f"within {self._options.publish_s:g} s"
        if channel is None:
            return MessagingError(f"{self._connection.name} is away: no connection {waited}")
        trouble = f"it did not confirm a message {waited}"
        self._connection.give_up(channel, trouble)
        return MessagingError(
            f"{self._connection.name} hangs or has an alarm: {trouble}; see rabbitmqctl status"
        )

    # ------------------------------------------------------------------------ queues

    async def _declare(self, channel: AbstractChannel, queue: str) -> None:
        """Make sure that the queue is there, once a connection.

        Raises `MessagingError` where the broker does not let us use it.
        """
        async with self._declaring:
            if channel is not self._declared_with:
                self._declared_with, self._side = channel, None
                self._declared.clear()
            if queue in self._declared:
                return
            try:
                await self._find_or_make(queue)
            except AMQPError as error:
                raise MessagingError(
                    f"{self._connection.name} does not let us use the queue {queue!r}: {error}"
                ) from None
            self._declared.add(queue)

    async def _find_or_make(self, queue: str) -> None:
        # Asked for passively first: one that exists with other arguments must serve as it is.
        try:
            await (await self._side_channel()).declare_queue(queue, passive=True)
        except ChannelNotFoundEntity:
            await (await self._side_channel()).declare_queue(queue, durable=True)

    async def _side_channel(self) -> AbstractChannel:
        """Return a channel for questions that the broker may answer by closing it."""
        if self._side is None or self._side.is_closed:
            self._side = await self._connection.another_channel()
        return self._side
