"""`porteiro visits`: the log of visits of the running server."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Final, Literal

from cyclopts import Parameter
from cyclopts.validators import Number
from msgspec import Struct
from rich.text import Text

from porteiro.cli.api_client import Api, ApiError, AsJson, Document, Url, UsageError, talk, told
from porteiro.cli.tables import counted, moment, plain, show_json, show_line, show_table

_HEADINGS: Final = ("WHEN", "COND.", "APT.", "purpose", "visitor", "resident", "decision")
_PAGE: Final = 100
_STYLES: Final = {"authorized": "green", "denied": "red"}


class Visit(Struct):
    """A visit, as far as the table shows it."""

    started: datetime | None = None
    condominium_id: int | None = None
    apartment: str | None = ""
    purpose: str | None = None
    visitor: str | None = ""
    resident: str | None = ""
    decision: str = ""
    gate: str | None = ""


class Page(Struct):
    """One page of the log; `next_cursor` leads to the one after it."""

    visits: list[Document]
    next_cursor: str | None = None


_Condominium = Annotated[int | None, Parameter(help="Only this condominium's, by its id.")]
_Apartment = Annotated[str, Parameter(help="Only this apartment's.")]
_Decision = Annotated[
    Literal["authorized", "denied", "no_decision"] | None,
    Parameter(help="Only those with this decision."),
]
_Since = Annotated[
    str,
    Parameter(
        help="Only from this day or moment on: 2026-11-20, or 2026-11-20T08:00; in this machine's "
        "time unless it says otherwise."
    ),
]
_Until = Annotated[str, Parameter(help="Only before this day or moment.")]
_Limit = Annotated[int, Parameter(validator=Number(gte=1), help="How many to show.")]
_All = Annotated[
    bool,
    Parameter(name="--all", negative="", help="Show every one, whatever --limit says."),
]


async def visits(  # noqa: PLR0913  one parameter an option of the command
    *,
    condominium: _Condominium = None,
    apartment: _Apartment = "",
    decision: _Decision = None,
    since: _Since = "",
    until: _Until = "",
    limit: _Limit = 50,
    all_: _All = False,
    as_json: AsJson = False,
    url: Url = "",
) -> int:
    """Show the log of visits, newest first: who came, for whom, and what was decided.

    It holds personal data (LGPD). The exit status is 0 if it is shown, 1 if the server
    cannot be reached or refuses, 2 if the command line or the settings make no sense.

    Parameters
    ----------
    as_json
        Print one JSON document, {"status", "visits", "next_cursor"}, for programs.
    url
        The server's API, such as http://127.0.0.1:8082; by default where the settings
        (API_PORT, PORTEIRO_API_HOST) say, with the token of PORTEIRO_API_TOKEN.
    """

    async def work(api: Api) -> None:
        wanted = {
            "condominium_id": "" if condominium is None else str(condominium),
            "apartment": apartment,
            "decision": decision or "",
            "since": _moment("--since", since),
            "until": _moment("--until", until),
        }
        query = {name: value for name, value in wanted.items() if value}
        await _show(api, query, None if all_ else limit, as_json=as_json)

    return await talk("visits", url, work)


async def _show(api: Api, query: Mapping[str, str], limit: int | None, *, as_json: bool) -> None:
    """Print what is asked for: `limit` visits, or all."""
    found: list[Document] = []
    cursor: str | None = None
    async with aclosing(_pages(api, query, limit)) as pages:
        async for page in pages:
            found += page.visits
            cursor = page.next_cursor
    if as_json:
        show_json({"status": "success", "visits": found, "next_cursor": cursor})
        return
    if found:
        show_table(_HEADINGS, [_row(told(visit, Visit)) for visit in found])
    more = "; there are more: see --limit and --all" if cursor else ""
    show_line(f"{counted(len(found), 'visit')}{more}")


async def _pages(api: Api, query: Mapping[str, str], limit: int | None) -> AsyncGenerator[Page]:
    """Yield page after page until there are `limit` visits, or no more."""
    cursor: str | None = None
    left = limit
    while left is None or left > 0:
        size = _PAGE if left is None else min(left, _PAGE)
        more = {"cursor": cursor} if cursor else {}
        page = told(await api.get("/api/visits", {**query, **more, "limit": str(size)}), Page)
        yield page
        if not page.next_cursor:
            return
        if page.next_cursor == cursor or not page.visits:
            raise ApiError("the server's pages of visits lead nowhere: see its log")
        cursor = page.next_cursor
        left = None if left is None else left - len(page.visits)


def _moment(option: str, given: str) -> str:
    """Return a day or a moment in the form that the API takes; empty for none."""
    if not given:
        return ""
    try:
        return datetime.fromisoformat(given).astimezone().isoformat()
    except (ValueError, OverflowError):
        raise UsageError(
            f"{option} {given!r} is no day or moment such as 2026-11-20 or 2026-11-20T08:00"
        ) from None


def _row(visit: Visit) -> tuple[str | Text, ...]:
    return (
        moment(visit.started)[:16],
        "-" if visit.condominium_id is None else str(visit.condominium_id),
        visit.apartment or "-",
        visit.purpose or "-",
        visit.visitor or "-",
        visit.resident or "-",
        _outcome(visit),
    )


def _outcome(visit: Visit) -> Text:
    if visit.gate == "failed":
        return plain(f"{visit.decision}, but the gate failed", "red")
    return plain(visit.decision, _STYLES.get(visit.decision, ""))
