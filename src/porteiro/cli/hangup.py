"""`porteiro hangup`: ends one leg of a call on the running server."""

from uuid import UUID

from porteiro.cli.api_client import Api, AsJson, Url, UsageError, talk
from porteiro.cli.tables import show_json, show_line
from porteiro.dialogue.terms import Role


async def hangup(
    call_id: str, /, *, role: Role = Role.VISITOR, as_json: AsJson = False, url: Url = ""
) -> int:
    """Hang up one leg of a call now; without the visitor, the whole call ends.

    The exit status is 0 if it was hung up, 1 if there is no such call or leg or the server
    cannot be reached, 2 if the command line or the settings make no sense.

    Parameters
    ----------
    call_id
        The call's id, as porteiro calls shows it.
    role
        Whose leg to hang up.
    as_json
        Print the API's answer, for programs.
    url
        The server's API, such as http://127.0.0.1:8082; by default where the settings
        (API_PORT, PORTEIRO_API_HOST) say, with the token of PORTEIRO_API_TOKEN.
    """

    async def work(api: Api) -> None:
        answer = await api.post("/api/hangup", {"call_id": _dashed(call_id), "role": role.value})
        if as_json:
            show_json(answer)
        else:
            show_line(str(answer.get("message") or f"the {role}'s leg is hung up"))

    return await talk("hangup", url, work)


def _dashed(call_id: str) -> str:
    try:
        return str(UUID(call_id))
    except ValueError:
        raise UsageError(f"{call_id!r} is no call id: see porteiro calls") from None
