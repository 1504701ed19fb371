"""How FreeSWITCH's lines are taken, joined and spoken on."""

from dataclasses import dataclass
from typing import Literal

from porteiro.lines.freeswitch.stream_options import StreamOptions
from porteiro.lines.pbx_allow import PRIVATE_NETWORKS, Network

Mode = Literal["dual", "websocket"]
"""Whether lines have a control half, or sound alone."""

PlaybackKind = Literal["esl-file", "binary", "stream-audio"]
"""How a stream is spoken on: by the community module, the commercial one, or a fork."""


@dataclass(frozen=True, slots=True)
class FreeSwitchOptions:
    """How lines come together and end; times in seconds.

    `correlation_s`: how long one half waits for the other. `cause_s`: how long after the
    sound's end the hang-up may take that says why; both come within 10 ms. `closing_s`:
    how long FreeSWITCH has to end a channel after our hang-up, or after its sound ended
    without one. `stalled_s`: how long it may read nothing. `fallback_channel`: the dial
    string of a human porter, with `{number}` in it. `allow`: the networks of PBXs. `watch_s`:
    the time between two looks at whether both ports still listen.
    """

    mode: Mode = "dual"
    playback: PlaybackKind = "esl-file"
    correlation_s: float = 5.0
    cause_s: float = 0.05
    closing_s: float = 1.0
    stalled_s: float = 2.0
    fallback_channel: str = "user/{number}"
    allow: tuple[Network, ...] = PRIVATE_NETWORKS
    compression: bool = False
    watch_s: float = 1.0

    @property
    def stream(self) -> StreamOptions:
        """The limits of the sound half."""
        return StreamOptions(
            self.allow,
            stalled_s=self.stalled_s,
            closing_s=self.closing_s,
            compression=self.compression,
        )
