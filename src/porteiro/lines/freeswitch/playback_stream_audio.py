"""Playing by `streamAudio` messages, as forks of mod_audio_stream do."""

import asyncio
from typing import Final

from porteiro.audio.clip import Clip
from porteiro.lines.freeswitch.playback import OutwardStream
from porteiro.lines.freeswitch.playback_paced import PacedPlayback
from porteiro.wire.audio_stream import STOP_AUDIO, stream_audio

_START_S: Final = 0.4
"""The module plays from so much sound on."""
_REFILL_S: Final = 0.8
_MOST_S: Final = 1.2
"""Far from the 2 s beyond which the module drops sound, by more than its clock may differ."""
_MESSAGE_S: Final = 0.2


class StreamAudioPlayback(PacedPlayback):
    """A `StreamPlayback` for a module that keeps a buffer and plays from it.

    The buffer's level is known by the clock alone. While there is sound it is held between 0.8
    and 1.2 s; an empty one is filled with 0.4 s at least, by silence where a clip is shorter,
    since less would wait there unheard. `stopAudio` empties it, so stopping is heard at once.
    """

    def __init__(self, stream: OutwardStream, loop: asyncio.AbstractEventLoop) -> None:
        """Play on `stream`."""
        super().__init__(stream, loop)
        self._dry_at = 0.0  # when the module's buffer will be empty
        self._over_at = 0.0  # when what the clip gave of that will have been heard

    def _pulse(self) -> None:
        clip = self._clip
        if clip is None:
            return
        now = self._loop.time()
        if not self._stream.unread:
            self._fill(clip, now)
        if clip.complete and not self._left_s(clip):
            if self._over_at > now:
                self._again(self._over_at - now)
            else:
                self._finish_soon()
            return
        self._again()

    def _fill(self, clip: Clip, now: float) -> None:
        """Bring the buffer to its level."""
        ahead_s = max(0.0, self._dry_at - now)
        left_s = self._left_s(clip)
        if ahead_s > _REFILL_S or not left_s:
            return
        starting = ahead_s == 0.0
        if starting and left_s < _START_S and not clip.complete:
            return
        self._dry_at = now + ahead_s
        room_s = _MOST_S - ahead_s
        while room_s > 0.0 and (piece := self._take(clip, min(_MESSAGE_S, room_s))):
            self._send(piece)
            room_s -= _MESSAGE_S
        self._over_at = self._dry_at
        missing = round((now + _START_S - self._dry_at) * clip.sample_rate)
        if starting and missing > 0:
            self._send(bytes(2 * missing))

    def _send(self, pcm: bytes) -> None:
        rate = self._stream.sample_rate
        self._stream.send_text(stream_audio(pcm, rate))
        self._dry_at += len(pcm) / 2 / rate

    def _heard_s(self) -> float:
        waiting_s = max(0.0, self._over_at - self._loop.time())
        return max(0.0, self._given / 2 / self._stream.sample_rate - waiting_s)

    def _silence(self) -> None:
        if self._dry_at > self._loop.time():
            self._stream.send_text(STOP_AUDIO)
        self._dry_at = self._over_at = 0.0
