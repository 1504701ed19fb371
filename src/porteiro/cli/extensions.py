"""`porteiro extensions`: the extensions of the running server."""

from typing import Annotated, Final

from cyclopts import Parameter
from msgspec import Struct
from rich.text import Text

from porteiro.cli.api_client import (
    Api,
    ApiError,
    AsJson,
    Document,
    Url,
    UsageError,
    talk,
    told,
)
from porteiro.cli.tables import counted, plain, show_json, show_line, show_table

_HEADINGS: Final = ("ID", "AI NUMBER", "RETURN", "address", "ports", "COND.", "STATE", "CALLS")
_SOURCES: Final = {
    "database": "from the database",
    "file": "from the local copy: there was no database at the last look",
    "default": "the default extension: there is neither a database nor a local copy",
}

Loose = int | str | None
"""A value of a row, as it stands in the database where the row is refused."""


class Extension(Struct):
    """One extension, as the API shows it."""

    id: Loose = None
    ramal_ia: Loose = None
    ramal_retorno: Loose = None
    ip: Loose = None
    porta_ia: Loose = None
    porta_retorno: Loose = None
    condominio_id: Loose = None
    status: str = ""
    calls: int = 0
    reason: str | None = None
    porta_ia_configurada: Loose = None
    porta_retorno_configurada: Loose = None


class Status(Struct):
    """What is served, as the API shows it."""

    extensions: list[Extension]
    calls: int = 0
    source: str = ""


class Refreshed(Struct):
    """What a refresh changed."""

    removed: int = 0
    updated: int = 0
    added: int = 0
    total_active: int = 0


class RefreshAnswer(Struct):
    """The answer to a refresh."""

    stats: Refreshed


async def extensions(
    *,
    restart: str = "",
    refresh: Annotated[bool, Parameter(negative="")] = False,
    as_json: AsJson = False,
    url: Url = "",
) -> int:
    """Show the extensions of the running server; or read them anew, or restart one.

    The exit status is 0 if it was done, 1 if the server cannot be reached or refuses, 2 if
    the command line or the settings make no sense.

    Parameters
    ----------
    restart
        Close and open the ports of this extension, by its id or its AI number; its calls
        go on.
    refresh
        Have the server read the database again now.
    as_json
        Print the API's answer, for programs.
    url
        The server's API, such as http://127.0.0.1:8082; by default where the settings
        (API_PORT, PORTEIRO_API_HOST) say, with the token of PORTEIRO_API_TOKEN.
    """

    async def work(api: Api) -> None:
        if restart and refresh:
            raise UsageError("give --restart or --refresh, not both")
        if restart:
            await _restart(api, restart, as_json=as_json)
        elif refresh:
            await _refresh(api, as_json=as_json)
        else:
            await _show(api, as_json=as_json)

    return await talk("extensions", url, work)


async def _show(api: Api, *, as_json: bool) -> None:
    answer = await api.get("/api/status")
    if as_json:
        show_json(answer)
        return
    status = told(answer, Status)
    show_table(_HEADINGS, [_row(extension) for extension in status.extensions])
    for extension in status.extensions:
        if extension.reason:
            show_line(f"{_number(extension)}: {extension.reason}")
    served = counted(len(status.extensions), "extension")
    source = _SOURCES.get(status.source, status.source)
    show_line(f"{served}, {counted(status.calls, 'call')}; {source}")


async def _restart(api: Api, named: str, *, as_json: bool) -> None:
    """Restart the extension whose id or AI number was given."""
    status = told(await api.get("/api/status"), Status)
    chosen = [e for e in status.extensions if named in (_text(e.id), _text(e.ramal_ia))]
    if not chosen:
        raise ApiError(
            f"no extension has the id or the AI number {named!r}: see porteiro extensions"
        )
    if len(chosen) > 1:
        raise UsageError(
            f"{named!r} is the id of one extension and the AI number of another: name the one "
            "that is meant by what it alone has"
        )
    body: Document = (
        {"extension_id": chosen[0].id}
        if isinstance(chosen[0].id, int)
        else {"ramal": _text(chosen[0].ramal_ia)}
    )
    answer = await api.post("/api/restart", body)
    if as_json:
        show_json(answer)
    else:
        show_line(f"{_number(chosen[0])}: {answer.get('message') or 'restarted'}")


async def _refresh(api: Api, *, as_json: bool) -> None:
    answer = await api.post("/api/refresh")
    if as_json:
        show_json(answer)
        return
    stats = told(answer, RefreshAnswer).stats
    show_line(
        f"{stats.added} added, {stats.updated} updated, {stats.removed} removed; "
        f"{counted(stats.total_active, 'extension')} served"
    )


def _row(extension: Extension) -> tuple[str | Text, ...]:
    return (
        _text(extension.id),
        _text(extension.ramal_ia),
        _text(extension.ramal_retorno),
        _text(extension.ip),
        _ports(extension),
        _text(extension.condominio_id),
        plain(extension.status, "" if extension.status == "ativo" else "red"),
        str(extension.calls),
    )


def _ports(extension: Extension) -> str:
    """Return both ports; where one was moved, with those that they should have been."""
    ports = (extension.porta_ia, extension.porta_retorno)
    configured = (extension.porta_ia_configurada, extension.porta_retorno_configurada)
    meant = tuple(port if c is None else c for port, c in zip(ports, configured, strict=True))
    shown = "/".join(map(_text, ports))
    return shown if meant == ports else f"{shown} (not {'/'.join(map(_text, meant))})"


def _number(extension: Extension) -> str:
    return _text(extension.ramal_ia) or f"id {_text(extension.id)}"


def _text(value: Loose) -> str:
    return "" if value is None else str(value).strip()
