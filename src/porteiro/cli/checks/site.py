"""What this machine is to listen on: the extensions' ports and the API's."""

import socket

from porteiro.cli.checks.finding import Finding, bad, good
from porteiro.cli.checks.neighbours import is_served
from porteiro.cli.checks.source import source
from porteiro.condominiums.extension import Extension
from porteiro.settings import Settings


async def site(settings: Settings) -> list[Finding]:
    """Check what is to be served, and that every port of it can be listened on."""
    served, found = await source(settings)
    return found + await _ports(settings, served.extensions)


async def _ports(settings: Settings, extensions: tuple[Extension, ...]) -> list[Finding]:
    wanted = [
        (extension.ip, port, f"extension {extension.number}")
        for extension in extensions
        for port in (extension.port, extension.return_port)
    ]
    wanted.append((settings.api_host, settings.api_port, "the API (API_PORT)"))
    taken = [(port, whose) for ip, port, whose in wanted if not _is_free(ip, port)]
    if not taken:
        return [good(f"the {len(wanted)} ports to listen on are free")]
    if await is_served(settings):
        return [good(f"a running Porteiro listens on {len(taken)} of the {len(wanted)} ports")]
    return [
        bad(f"port {port} of {whose} is taken by another program: stop it, or choose another port")
        for port, whose in taken
    ]


def _is_free(host: str, port: int) -> bool:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        socket.create_server(address[:2], family=family).close()
    except OSError:
        return False
    return True
