"""The stream server: takes the WebSockets that mod_audio_stream opens with a channel's sound."""

from collections.abc import Callable

from porteiro.lines.freeswitch.stream_connection import StreamConnection, StreamObserver
from porteiro.lines.freeswitch.stream_options import StreamOptions
from porteiro.lines.listening import PbxListener
from porteiro.wire.audio_stream import StreamPath

__all__ = ["StreamConnection", "StreamObserver", "StreamOptions", "StreamServer"]


class StreamServer(PbxListener[StreamConnection]):
    """The one port on which all streams of sound arrive.

    `arrived` is called with each stream, once, on the event loop, as soon as its sample rate
    is known; it attaches an observer or closes the stream. A path for which `known` returns
    False is answered with 404, one that makes no sense with 400.
    """

    def __init__(
        self,
        options: StreamOptions,
        arrived: Callable[[StreamConnection], None],
        known: Callable[[StreamPath], bool],
    ) -> None:
        """Make a server that is not open yet."""
        super().__init__(options.allow)
        self.options = options
        self._arrived = arrived
        self._known = known

    def connection(self) -> StreamConnection:
        """Return the stream that a connection may become."""
        return StreamConnection(self)

    def knows(self, path: StreamPath) -> bool:
        """Return whether the extension of `path` is served."""
        return self._known(path)

    def arrived(self, connection: StreamConnection) -> None:
        """Hand a stream over."""
        self._waiting.discard(connection)
        self._arrived(connection)
