"""Which PBXs may bring lines: AudioSocket itself knows no authentication."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

import structlog

_log = structlog.get_logger()

_LOG_EVERY_S: Final = 5.0

Network = IPv4Network | IPv6Network

PRIVATE_NETWORKS: Final[tuple[Network, ...]] = tuple(
    ip_network(text)
    for text in (
        "127.0.0.0/8",
        "::1/128",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)
"""Loopback and the private ranges (RFC 1918, RFC 4193, link-local)."""


class PbxAllowList:
    """Admits connections by their address, and logs those it refuses, at most one in 5 s."""

    def __init__(self, networks: Sequence[Network]) -> None:
        """Admit what comes from `networks`."""
        self._networks = tuple(networks)
        self._refused = 0
        self._last_logged_s: float | None = None

    def admits(self, host: str, now_s: float) -> bool:
        """Return whether a connection from the address `host` may bring a line."""
        try:
            address = ip_address(host.partition("%")[0])
        except ValueError:  # no address at all: the peer was gone before it was accepted
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if any(address in network for network in self._networks):
            return True
        self._refused += 1
        if self._last_logged_s is None or now_s - self._last_logged_s >= _LOG_EVERY_S:
            _log.warning(
                "refused a connection from outside PORTEIRO_PBX_ALLOW; add its network there "
                "if it is the PBX",
                peer=host,
                refused=self._refused,
            )
            self._last_logged_s = now_s
            self._refused = 0
        return False
