"""What is set up for this site: extensions and their ports, condominiums, directories."""

import socket

from porteiro.assembly import default_profile
from porteiro.cli.checks.finding import Finding, bad, doubtful, good
from porteiro.cli.checks.neighbours import is_served
from porteiro.condominiums.extension import DEFAULT, Extension
from porteiro.condominiums.extension_rows import as_row, judge, named
from porteiro.settings import Settings
from porteiro.storage.local_files import EXTENSIONS_COPY, LocalFiles, read_local_files


async def site(settings: Settings) -> list[Finding]:
    """Check the data folder's files, and that every port they name can be listened on."""
    files = read_local_files(settings.data_dir, default_profile(settings))
    judged = judge([as_row(DEFAULT)] if files.rows is None else files.rows)
    extensions = tuple(judged.accepted.values())
    found = [bad(problem) for problem in files.problems]
    found += [
        bad(f"{EXTENSIONS_COPY}: {named(row)} is refused: {row.reason}") for row in judged.refused
    ]
    if files.rows is None:
        found.append(
            doubtful("no ramais_config.json: extension 1000 is served, on ports 8080 and 8081")
        )
    elif not extensions:
        found.append(bad("ramais_config.json leaves no extension to serve"))
    found += _directories(files, extensions)
    return found + await _ports(settings, extensions)


def _directories(files: LocalFiles, extensions: tuple[Extension, ...]) -> list[Finding]:
    found: list[Finding] = []
    for condominium_id in sorted({extension.condominium_id for extension in extensions}):
        count = len(files.register.condominium(condominium_id).guide.apartments())
        known = f"condominium {condominium_id} has {count} apartments in apartamentos.json"
        found.append(good(known) if count else doubtful(f"{known}: no resident can be reached"))
    return found


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
