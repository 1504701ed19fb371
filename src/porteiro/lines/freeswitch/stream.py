"""The stream server: takes the WebSockets that mod_audio_stream opens with a channel's sound."""

from collections.abc import Callable

from porteiro.errors import ProtocolError
from porteiro.lines.freeswitch.doorway import WIDE_OPEN, Door
from porteiro.lines.freeswitch.stream_connection import StreamConnection, StreamObserver
from porteiro.lines.freeswitch.stream_options import StreamOptions
from porteiro.lines.listening import PbxListener
from porteiro.wire.audio_stream import StreamPath, requested_path

__all__ = ["StreamConnection", "StreamObserver", "StreamOptions", "StreamServer"]


class StreamServer(PbxListener[StreamConnection]):
    """The one port on which all streams of sound arrive.

    `arrived` is called with each stream, once, on the event loop, as soon as its sample rate
    is known; it attaches an observer or closes the stream. A path for which `known` returns
    False is answered with 404, one that makes no sense with 400. For whom `door` has no room
    is reset as soon as the request's first line is there, which costs as little as can be.
    """

    def __init__(
        self,
        options: StreamOptions,
        arrived: Callable[[StreamConnection], None],
        known: Callable[[StreamPath], bool],
        door: Door = WIDE_OPEN,
    ) -> None:
        """Make a server that is not open yet."""
        super().__init__(options.allow)
        self.options = options
        self._arrived = arrived
        self._known = known
        self._door = door

    def connection(self) -> StreamConnection:
        """Return the stream that a connection may become."""
        return StreamConnection(self)

    def knows(self, path: StreamPath) -> bool:
        """Return whether the extension of `path` is served."""
        return self._known(path)

    def turns_away(self, request: bytes) -> bool:
        """Return whether there is no room for whoever a request begins like this for."""
        try:
            path = requested_path(request)
        except ProtocolError:
            return False  # it gets an answer that says what is wrong
        return path is not None and self._known(path) and not self.has_room(path)

    def has_room(self, path: StreamPath) -> bool:
        """Return whether there is room for the leg of `path`."""
        return self._door.admits((path.call_id, path.role))

    def gone(self, connection: StreamConnection) -> None:
        """Forget a stream."""
        self._door.leaves((connection.call_id, connection.role))
        super().gone(connection)

    def arrived(self, connection: StreamConnection) -> None:
        """Hand a stream over."""
        self._waiting.discard(connection)
        self._arrived(connection)
