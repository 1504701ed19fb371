"""How the stream server treats its peers."""

from dataclasses import dataclass

from porteiro.lines.pbx_allow import PRIVATE_NETWORKS, Network


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """The limits of a stream server; times in seconds.

    `allow`: the networks that PBXs connect from. `accept_s`: how long a connection may take
    for its whole handshake; FreeSWITCH itself gives up after 1 s. `sound_timeout_s`: how long
    to wait for the first sound, which tells the sample rate, before 8 kHz is assumed.
    `stalled_s`: how long a peer may read nothing. `closing_s`: how long the peer has to
    answer our close. `compression`: whether permessage-deflate is granted to who offers it;
    sound hardly shrinks by it, and a frame takes four times the work.
    `max_frame_bytes`: the longest message taken, inflated; 64 KiB are 2 s at 16 kHz.
    """

    allow: tuple[Network, ...] = PRIVATE_NETWORKS
    accept_s: float = 2.0
    sound_timeout_s: float = 0.2
    stalled_s: float = 2.0
    closing_s: float = 1.0
    compression: bool = False
    max_frame_bytes: int = 65536
