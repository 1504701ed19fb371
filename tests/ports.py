"""Free ports of loopback that stay free until the test that asked for one uses it.

A port found by binding 0 is one of those that the kernel goes on handing out: to another test's
server, or to a connection, before it is used. These lie below that range, and each process
that runs tests has its own.
"""

import socket
from collections.abc import Iterator
from functools import cache
from itertools import cycle

_FIRST, _BEHIND = 10_000, 32_768  # Linux hands out ports from 32,768 on
_BLOCK = 512
_STEP = 16
"""How far apart ports are that are asked for one after the other: some tests move them a bit."""


def free_port() -> int:
    """Return a port of loopback that nobody listens on, and no other test will."""
    return next(port for port in _ours() if _is_free(port))


@cache
def _ours() -> Iterator[int]:
    """Yield the ports of this process over and over, those unused for longest first."""
    first = _claimed()
    block = range(first, first + _BLOCK)
    return cycle([port for offset in range(_STEP) for port in block[offset::_STEP]])


def _claimed() -> int:
    """Return the first port of a block that is this process's as long as it lives."""
    for first in range(_FIRST, _BEHIND - _BLOCK, _BLOCK):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0porteiro-tests-{first}")
        except OSError:
            claim.close()
        else:
            _claims.append(claim)
            return first
    raise OSError(f"more processes run tests than there are blocks of {_BLOCK} ports")


_claims: list[socket.socket] = []


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
