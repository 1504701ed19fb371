"""Playing by files, as the community mod_audio_stream makes it possible."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from porteiro.audio.clip import Clip
from porteiro.audio.energy import block_bytes, level
from porteiro.lines.freeswitch.playback import FilePlayer, OutwardStream
from porteiro.lines.freeswitch.playback_paced import PacedPlayback
from porteiro.wire.audio_stream import stream_audio

_log = structlog.get_logger()

_FIRST_S: Final = 0.4
"""The least that the first piece of a growing clip holds: until the next one follows."""
_LONGEST_S: Final = 3.0
_SEARCHED_S: Final = 1.0
"""Over how much of a long piece's end the quietest place is looked for, to cut there."""
_SOON_S: Final = 0.3
"""How long before the sound runs out whatever there is of a growing clip is handed over."""
_SHORTEST_S: Final = 0.1
_FILES_AT_ONCE: Final = 2
"""One that plays and one to follow it without a pause."""
_FILE_S: Final = 1.5
"""How long the module may take to write a file; it takes some milliseconds."""
_OVERDUE_S: Final = 2.0


@dataclass(eq=False, slots=True)
class _Piece:
    """A part of what is played in one turn; its length and when it was sent, in seconds."""

    turn: int
    seconds: float
    sent_at: float
    played_again: bool = False


class FilePlayback(PacedPlayback):
    """A `StreamPlayback` for a module that writes what it is sent to a file.

    For each piece the module fires an event with a file's name (`file_ready`), in order, and
    the control half then plays it. A phrase that is there as a whole is one piece of up to 3 s;
    one that is still being made is handed over from 0.4 s on, in pieces ever longer. A file
    that fails, or is broken off by somebody else, is played once more and then counts as
    played, so that the conversation goes on. A module that fires no event is taken for one
    that plays by itself.
    """

    def __init__(self, stream: OutwardStream, player: FilePlayer) -> None:
        """Play on `stream` by `player`; needs a running event loop."""
        super().__init__(stream, asyncio.get_running_loop())
        self._player = player
        self._awaited: deque[_Piece] = deque()  # sent, their files not ready; of any turn
        self._playing: list[_Piece] = []  # files of this clip that the player has
        self._least_s = _FIRST_S
        self._began_at: float | None = None
        self._runs_out_at = 0.0
        self._warned = False

    def file_ready(self, path: str) -> None:
        """Learn that the module wrote the next piece to the file `path`."""
        if not self._awaited:
            _log.warning("a file that nobody asked for is not played", call_id=self._stream.call_id)
            return
        piece = self._awaited.popleft()
        if piece.turn == self._turn:
            now = self._loop.time()
            self._runs_out_at = max(now, self._runs_out_at) + piece.seconds
            self._play_file(piece, path)
            self._pulse()

    # ----------------------------------------------------------------- handing pieces over

    def _pulse(self) -> None:
        clip = self._clip
        if clip is None:
            return
        now = self._loop.time()
        self._give_up(now)
        waiting = any(piece.turn == self._turn for piece in self._awaited)
        if not (waiting or self._stream.unread or len(self._playing) >= _FILES_AT_ONCE):
            waiting = self._send(clip, now)
        all_given = clip.complete and not self._left_s(clip)
        if not all_given or waiting or self._playing:
            self._again()
        elif self._runs_out_at > now:
            self._again(self._runs_out_at - now)
        else:
            self._finish_soon()

    def _send(self, clip: Clip, now: float) -> bool:
        """Send the next piece where one is due; return whether."""
        left_s = self._left_s(clip)
        if not self._given:
            self._least_s, self._began_at, self._runs_out_at = _FIRST_S, None, 0.0
        running_out = self._given > 0 and self._runs_out_at - now < _SOON_S
        due = left_s >= (_SHORTEST_S if running_out else self._least_s)
        if not left_s or not (due or clip.complete):
            return False
        pcm = self._cut(clip)
        self._least_s = min(2 * self._least_s, _LONGEST_S)
        self._stream.send_text(stream_audio(pcm, clip.sample_rate))
        self._awaited.append(_Piece(self._turn, len(pcm) / 2 / clip.sample_rate, now))
        return True

    def _cut(self, clip: Clip) -> bytes:
        """Take the next piece; a long one ends where it is quiet, where a pause hurts least."""
        pcm = self._take(clip, _LONGEST_S)
        if not self._left_s(clip):
            return pcm
        block = block_bytes(clip.sample_rate)
        searched = range(len(pcm) - round(_SEARCHED_S / 0.02) * block, len(pcm), block)
        end = block // 4 * 2 + min(searched, key=lambda at: level(pcm[at : at + block]))
        self._given -= len(pcm) - end
        return pcm[:end]

    def _give_up(self, now: float) -> None:
        """Go on without what should have come long ago."""
        while self._awaited and now - self._awaited[0].sent_at > _FILE_S:
            piece = self._awaited.popleft()
            if piece.turn == self._turn:
                self._runs_out_at = max(piece.sent_at, self._runs_out_at) + piece.seconds
            self._warn(
                "no mod_audio_stream::play event came: set STREAM_PLAYBACK=true on the channel, "
                "or PORTEIRO_STREAM_PLAYBACK to how the module plays"
            )
        if self._playing and now - self._runs_out_at > _OVERDUE_S:
            self._playing.clear()
            self._warn("FreeSWITCH did not tell the end of a file, which is taken as played")

    def _warn(self, event: str) -> None:
        if not self._warned:
            self._warned = True
            _log.warning(event, call_id=self._stream.call_id, peer=self._stream.peer)

    # ------------------------------------------------------------------- what the player has

    def _play_file(self, piece: _Piece, path: str) -> None:
        self._playing.append(piece)
        if self._began_at is None:
            self._began_at = self._loop.time()
        self._player.play_file(path, self._done_with(piece, path))

    def _done_with(self, piece: _Piece, path: str) -> Callable[[bool], None]:
        return partial(self._done, piece, path)

    def _done(self, piece: _Piece, path: str, whole: bool) -> None:  # noqa: FBT001  FilePlayer's
        if piece not in self._playing:
            return
        self._playing.remove(piece)
        now = self._loop.time()
        if not whole and not piece.played_again and not self._playing:
            piece.played_again = True
            self._runs_out_at = now + piece.seconds
            self._play_file(piece, path)
            return
        if not whole:
            self._warn("FreeSWITCH did not play a file to its end; it is taken as played")
        if not self._playing:
            self._runs_out_at = now
        self._pulse()

    def _heard_s(self) -> float:
        if self._began_at is None:
            return 0.0
        given_s = self._given / 2 / self._stream.sample_rate
        return min(given_s, self._loop.time() - self._began_at)

    def _silence(self) -> None:
        if self._playing:
            self._playing.clear()
            self._player.break_off()
        self._began_at, self._runs_out_at = None, 0.0
