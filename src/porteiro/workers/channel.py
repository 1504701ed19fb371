"""One end of the connection between the parent and a worker."""

import asyncio
import socket
from collections.abc import Callable
from typing import Final, Generic, Self, TypeVar, cast

import msgspec
import structlog

from porteiro.errors import ProtocolError
from porteiro.workers.framing import Framing, framed

_log = structlog.get_logger()

Message = TypeVar("Message")

_FULL: Final = 8 * 1024 * 1024
"""How many bytes may wait to be taken before what can be left out is left out."""


class Channel(asyncio.Protocol, Generic[Message]):
    """Sends messages, and hands over those that come, until either side closes.

    What is no message of the other side's closes it as well. Nothing here ever waits.
    """

    def __init__(
        self, decoder: msgspec.json.Decoder[Message], took: Callable[[Message], None]
    ) -> None:
        """Hand each message to `took`, on the event loop."""
        self._decode = decoder.decode
        self._took = took
        self._framing = Framing()
        self._transport: asyncio.Transport | None = None
        self.closed = asyncio.Event()

    @classmethod
    async def over(
        cls,
        sock: socket.socket,
        decoder: msgspec.json.Decoder[Message],
        took: Callable[[Message], None],
    ) -> Self:
        """Return a channel over a connected socket, which belongs to it from now on."""
        loop = asyncio.get_running_loop()
        _, channel = await loop.create_connection(lambda: cls(decoder, took), sock=sock)
        return channel

    @property
    def full(self) -> bool:
        """Whether the other side does not keep up."""
        return self._transport is not None and self._transport.get_write_buffer_size() > _FULL

    def send(self, message: object) -> None:
        """Send a message; once the channel is closed it goes nowhere.

        Raises `ProtocolError` when it is too large.
        """
        data = framed(msgspec.json.encode(message))
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """Close, once what was sent has been taken."""
        if self._transport is not None:
            self._transport.close()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Hand over every message that is whole."""
        try:
            for body in self._framing.receive(data):
                self._took(self._decode(body))
        except (ProtocolError, msgspec.DecodeError) as error:
            _log.error("the other process does not keep to the protocol", reason=str(error))
            if self._transport is not None:
                self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  the loop's form
        """Tell whoever waits that it is over."""
        self.closed.set()
