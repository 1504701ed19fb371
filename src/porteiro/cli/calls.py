"""`porteiro calls`: the calls in progress on the running server."""

from datetime import datetime
from typing import Final

from msgspec import Struct, field

from porteiro.cli.api_client import Api, AsJson, Url, talk, told
from porteiro.cli.tables import counted, moment, show_json, show_line, show_table

_HEADINGS: Final = ("CALL ID", "SINCE", "EXTENSION", "APT.", "state")


class Collected(Struct):
    """What the visitor has told so far, as far as the table shows it."""

    apartment: str = ""


class Call(Struct):
    """A call in progress, as far as the table shows it."""

    call_id: str
    state: str = ""
    extension: str = ""
    started: datetime | None = None
    collected: Collected = field(default_factory=Collected)


class Calls(Struct):
    """Every call in progress."""

    calls: list[Call]


async def calls(*, as_json: AsJson = False, url: Url = "") -> int:
    """Show the calls in progress on the running server, oldest first.

    The exit status is 0 if they are shown, 1 if the server cannot be reached or refuses, 2
    if the command line or the settings make no sense.

    Parameters
    ----------
    as_json
        Print the API's answer, for programs.
    url
        The server's API, such as http://127.0.0.1:8082; by default where the settings
        (API_PORT, PORTEIRO_API_HOST) say, with the token of PORTEIRO_API_TOKEN.
    """

    async def work(api: Api) -> None:
        answer = await api.get("/api/calls")
        if as_json:
            show_json(answer)
            return
        living = told(answer, Calls).calls
        if living:
            show_table(_HEADINGS, [_row(call) for call in living])
        show_line(f"{counted(len(living), 'call')} in progress")

    return await talk("calls", url, work)


def _row(call: Call) -> tuple[str, ...]:
    return (
        call.call_id,
        moment(call.started).rpartition(" ")[2],
        call.extension,
        call.collected.apartment or "-",
        call.state.replace("_", " "),
    )
