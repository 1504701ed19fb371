"""How a stream is spoken on: one interface over the three ways that mod_audio_stream has."""

from collections.abc import Callable
from typing import Protocol

from porteiro.audio.clip import Clip
from porteiro.calls.ports import PlayoutObserver


class OutwardStream(Protocol):
    """A stream, as far as it is spoken on."""

    @property
    def call_id(self) -> str:
        """The call id, for the log."""
        ...

    @property
    def peer(self) -> str:
        """FreeSWITCH's address and port, for the log."""
        ...

    @property
    def sample_rate(self) -> int:
        """The rate of its sound in Hz, both ways."""
        ...

    @property
    def unread(self) -> bool:
        """Whether the peer does not read: nothing more is to be sent for now."""
        ...

    def send_sound(self, pcm: bytes | bytearray) -> None:
        """Send sound as one binary message."""
        ...

    def send_text(self, text: str) -> None:
        """Send one text message."""
        ...


class StreamPlayback(Protocol):
    """Plays clips on one stream; the contract of `Line.play` and `Line.stop`."""

    @property
    def played_s(self) -> float:
        """How much of the clip that plays now has been heard, in seconds; 0 without one."""
        ...

    def play(self, clip: Clip, ended: PlayoutObserver) -> None:
        """Play `clip` (at the stream's rate) from now on, in place of what plays.

        `ended` is called once: when the clip was played to its end, or when it was stopped,
        replaced, or the playback closed. Once closed, a clip ends at once, unheard.
        """
        ...

    def stop(self) -> None:
        """Stop playing at once. Idempotent."""
        ...

    def close(self) -> None:
        """Play nothing any more: the line is gone. Idempotent."""
        ...


class FilePlayer(Protocol):
    """The control half, as far as it plays files on the channel."""

    def play_file(self, path: str, done: Callable[[bool], None]) -> None:
        """Play the file `path` after those that were asked for before, without a pause.

        `done` is called once, and not before this returns: with True when the file was
        played to its end, with False when it was broken off, failed, or the channel ended.
        """
        ...

    def break_off(self) -> None:
        """Break off the file that plays and forget those that wait (`uuid_break … all`)."""
        ...
