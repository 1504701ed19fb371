"""The port of visitors: a crowd before the door is thinned out before it costs anything."""

from collections.abc import Callable
from dataclasses import dataclass

from porteiro.audio.frame_clock import FrameClock
from porteiro.calls.ports import Line
from porteiro.lines.audiosocket import AudioSocketListener, AudioSocketOptions
from porteiro.lines.line import AudioSocketLine


@dataclass(slots=True)
class Crowd:
    """Those who have connected to any of the visitors' ports and are no line yet.

    `room` returns how many lines may still be of use: taken in, or told why not. Of each
    connection beyond it `turned_away` is told.
    """

    room: Callable[[], int]
    turned_away: Callable[[], None]
    waiting: int = 0


class VisitorListener(AudioSocketListener):
    """One extension's port of visitors.

    A connection for which there is no room is reset at once, so that the PBX's dialplan goes
    on to a human: a thousand of them cost as little as can be.
    """

    def __init__(
        self,
        options: AudioSocketOptions,
        frames: FrameClock,
        arrived: Callable[[Line], None],
        crowd: Crowd,
    ) -> None:
        """Make a listener that is not open yet; `crowd` is of all these ports together."""
        super().__init__(options, frames, arrived)
        self._crowd = crowd

    def nameless(self, connection: AudioSocketLine) -> None:
        """Keep a connection in mind until it has arrived, or reset it."""
        if self._crowd.waiting >= self._crowd.room():
            self._crowd.turned_away()
            connection.abort("refused")
            return
        self._crowd.waiting += 1
        super().nameless(connection)

    def arrived(self, line: AudioSocketLine) -> None:
        """Hand a line over."""
        self._leaves(line)
        super().arrived(line)

    def gone(self, connection: AudioSocketLine) -> None:
        """Forget a connection."""
        self._leaves(connection)
        super().gone(connection)

    def _leaves(self, connection: AudioSocketLine) -> None:
        if connection in self._waiting:
            self._crowd.waiting -= 1
