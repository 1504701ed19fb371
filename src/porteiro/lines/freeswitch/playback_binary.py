"""Playing by raw binary frames, as the commercial mod_audio_stream does."""

import asyncio

from porteiro.audio.clip import Clip
from porteiro.audio.frame_clock import FrameClock
from porteiro.audio.playout import Playout
from porteiro.calls.ports import PlayoutObserver
from porteiro.lines.freeswitch.playback import OutwardStream


class BinaryPlayback:
    """A `StreamPlayback` that sends a frame each 20 ms while there is something to say.

    What was sent cannot be taken back, so it is never ahead: stopping is heard within a
    frame. A frame that comes late once makes the module fall silent for 20 ms and then be a
    frame behind for good, which is all the buffer that it needs.
    """

    def __init__(self, stream: OutwardStream, frames: FrameClock) -> None:
        """Play on `stream`; needs a running event loop."""
        self._stream = stream
        self._frames = frames
        self._playout = Playout(stream.sample_rate, asyncio.get_running_loop().call_soon)
        self._closed = False

    @property
    def played_s(self) -> float:
        """How much of the clip that plays now was sent, in seconds."""
        return self._playout.position_s

    def play(self, clip: Clip, ended: PlayoutObserver) -> None:
        """Play `clip` from the next frame on."""
        self._playout.play(clip, ended)
        if self._closed:
            self._playout.stop()
        else:
            self._frames.add(self)

    def stop(self) -> None:
        """Send nothing more."""
        self._playout.stop()

    def close(self) -> None:
        """Leave the frame clock."""
        self._closed = True
        self._frames.remove(self)
        self._playout.stop()

    def send_frame(self) -> None:
        """Send the next 20 ms; while the peer does not read, what plays waits for it."""
        if self._stream.unread:
            return
        frame = self._playout.next_frame()
        if frame is not None:
            self._stream.send_sound(frame)
        elif self._playout.idle:
            self._frames.remove(self)
