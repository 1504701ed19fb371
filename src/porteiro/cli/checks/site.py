"""What this machine is to listen on: the extensions' ports and the API's."""

import socket

from porteiro.cli.checks.finding import Finding, bad, doubtful, good
from porteiro.cli.checks.neighbours import is_served
from porteiro.cli.checks.source import source
from porteiro.condominiums.extension import Extension
from porteiro.settings import Settings


async def site(settings: Settings) -> list[Finding]:
    """Check what is to be served, and that every port of it can be listened on."""
    served, found = await source(settings)
    return found + await _ports(settings, served.extensions)


async def _ports(settings: Settings, extensions: tuple[Extension, ...]) -> list[Finding]:
    needed = [
        (extension.ip, port, f"extension {extension.number}")
        for extension in extensions
        for port in (extension.port, extension.return_port)
    ]
    needed.append((settings.api_host, settings.api_port, "the API (API_PORT)"))
    offered: list[tuple[str, int, str]] = []
    for name, port in settings.freeswitch_ports.items():
        named = (settings.freeswitch_host, port, f"FreeSWITCH ({name})")
        (needed if settings.insists_on(name) else offered).append(named)
    taken = _taken(needed)
    lost = _taken(offered)
    total = len(needed) + len(offered)
    if not taken and not lost:
        return [good(f"the {total} ports to listen on are free")]
    if await is_served(settings):
        return [good(f"a running Porteiro listens on {len(taken + lost)} of the {total} ports")]
    return [
        *(
            bad(f"port {port} of {whose} is taken by another program: stop it, or choose another")
            for port, whose in taken
        ),
        *(
            doubtful(f"port {port} is taken by another program: no lines come from {whose}")
            for port, whose in lost
        ),
    ]


def _taken(wanted: list[tuple[str, int, str]]) -> list[tuple[int, str]]:
    return [(port, whose) for ip, port, whose in wanted if not _is_free(ip, port)]


def _is_free(host: str, port: int) -> bool:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        socket.create_server(address[:2], family=family).close()
    except OSError:
        return False
    return True
