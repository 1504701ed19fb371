"""A listening port for PBXs: who may connect, and what has connected but is no line yet."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from socket import SO_ACCEPTCONN, SOL_SOCKET
from typing import Final, Generic, Protocol, TypeVar

from porteiro.lines.pbx_allow import Network, PbxAllowList

_BACKLOG: Final = 1024


class Abortable(Protocol):
    """A connection that can be cut off."""

    def abort(self, cause: str = "local") -> None:
        """Cut it off, for the reason `cause`."""
        ...


_Connection = TypeVar("_Connection", bound=Abortable)


class PbxListener(ABC, Generic[_Connection]):
    """One listening port. Its subclass says what a connection to it is."""

    def __init__(self, allow: Sequence[Network]) -> None:
        """Make a listener, not open yet, for PBXs in the networks `allow`."""
        self._allowed = PbxAllowList(allow)
        self._waiting: set[_Connection] = set()
        self._server: asyncio.Server | None = None

    @abstractmethod
    def connection(self) -> asyncio.Protocol:
        """Return the protocol of a connection to come."""

    async def open(self, host: str, port: int) -> None:
        """Listen on `host`:`port`; port 0 takes a free one. Raises `OSError` if it is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self.connection, host, port, backlog=_BACKLOG)

    @property
    def port(self) -> int:
        """The port it listens on; 0 while it is closed."""
        if self._server is None or not self._server.sockets:
            return 0
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def serving(self) -> bool:
        """Whether the kernel still takes connections for it."""
        if self._server is None or not self._server.is_serving() or not self._server.sockets:
            return False
        try:
            listening = self._server.sockets[0].getsockopt(SOL_SOCKET, SO_ACCEPTCONN)
        except OSError:
            return False
        return bool(listening)

    async def close(self) -> None:
        """Stop listening. Lines that arrived go on; connections that had not are ended."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in tuple(self._waiting):
            connection.abort("the listener was closed")
        await asyncio.sleep(0)  # the event loop closes the port in its next round

    def admits(self, host: str) -> bool:
        """Return whether the address `host` may connect."""
        return self._allowed.admits(host, asyncio.get_running_loop().time())

    def nameless(self, connection: _Connection) -> None:
        """Keep a connection in mind until it has arrived."""
        self._waiting.add(connection)

    def gone(self, connection: _Connection) -> None:
        """Forget a connection."""
        self._waiting.discard(connection)
