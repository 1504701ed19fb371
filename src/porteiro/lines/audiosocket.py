"""The AudioSocket server: listens on a port and hands over the lines that Asterisk brings."""

from collections.abc import Callable

from porteiro.audio.frame_clock import FrameClock
from porteiro.calls.ports import Line
from porteiro.lines.line import AudioSocketLine
from porteiro.lines.listening import PbxListener
from porteiro.lines.options import AudioSocketOptions

__all__ = ["AudioSocketListener", "AudioSocketOptions"]


class AudioSocketListener(PbxListener[AudioSocketLine]):
    """One listening port of an extension.

    `arrived` is called with each line, once, on the event loop, as soon as its call id and
    the format of its sound are known; it attaches a listener or hangs up.
    """

    def __init__(
        self, options: AudioSocketOptions, frames: FrameClock, arrived: Callable[[Line], None]
    ) -> None:
        """Make a listener that is not open yet."""
        super().__init__(options.allow)
        self.options = options
        self.frames = frames
        self._arrived = arrived

    def connection(self) -> AudioSocketLine:
        """Return the line that a connection may become."""
        return AudioSocketLine(self)

    def arrived(self, line: AudioSocketLine) -> None:
        """Hand a line over."""
        self._waiting.discard(line)
        self._arrived(line)
