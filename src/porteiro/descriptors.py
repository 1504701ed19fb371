"""How many file descriptors the process needs, and may have."""

import resource

import structlog

_log = structlog.get_logger()

_A_CALL, _AN_EXTENSION, _BESIDE = 4, 2, 512


def descriptors_wanted(calls: int, extensions: int) -> int:
    """Return how many descriptors this many calls and listening extensions take."""
    return calls * _A_CALL + extensions * _AN_EXTENSION + _BESIDE


def descriptors_allowed() -> int | None:
    """Return how many the process may raise its limit to; None where there is no bound."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if hard in (resource.RLIM_INFINITY, -1) else hard


def raise_descriptor_limit(calls: int, extensions: int) -> None:
    """Let the process hold the sockets of its calls and extensions, or say that it cannot."""
    wanted = descriptors_wanted(calls, extensions)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted:
        return
    most = descriptors_allowed()
    allowed = wanted if most is None else min(wanted, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))
    if allowed < wanted:
        _log.warning(
            "too few file descriptors for PORTEIRO_MAX_CALLS and the extensions: "
            "raise the limit (ulimit -n)",
            wanted=wanted,
            allowed=allowed,
        )
