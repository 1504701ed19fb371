"""How a listener treats its peers."""

from dataclasses import dataclass
from typing import Protocol

from porteiro.lines.pbx_allow import PRIVATE_NETWORKS, Network


class ConnectionLimits(Protocol):
    """The limits of any connection from a PBX; times in seconds."""

    @property
    def stalled_s(self) -> float:
        """How long a peer may read nothing."""
        ...

    @property
    def closing_s(self) -> float:
        """How long the peer has to close after our goodbye."""
        ...


@dataclass(frozen=True, slots=True)
class AudioSocketOptions:
    """The limits of an AudioSocket listener; times in seconds.

    `allow`: the networks that PBXs connect from. `id_timeout_s`: how long a connection may
    say nothing before its call id. `sound_timeout_s`: how long to wait for the first sound,
    which tells the format, before 8 kHz linear is assumed. `stalled_s`: how long a peer may
    read nothing. `closing_s`: how long the PBX has to close after a hang-up.
    """

    allow: tuple[Network, ...] = PRIVATE_NETWORKS
    id_timeout_s: float = 5.0
    sound_timeout_s: float = 0.2
    stalled_s: float = 2.0
    closing_s: float = 1.0
