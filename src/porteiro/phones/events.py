"""A server's event stream, read from outside: what `porteiro call` can show of a call."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import aiohttp
import msgspec

from porteiro.errors import PorteiroError

_LONGEST_LINE: Final = 1 << 20


class EventsError(PorteiroError):
    """The server's events cannot be had; the message says why."""

    retryable = True


class _Event(msgspec.Struct, frozen=True):
    """One change as the API writes it; what is not needed here is left out."""

    call_id: str = ""
    kind: str = ""
    data: dict[str, object] = {}


@dataclass(frozen=True, slots=True)
class Told:
    """Something Porteiro told of a call: `kind`, whom it concerns, and the words in it."""

    kind: str
    role: str
    text: str


async def told(api: str, call_id: str, token: str = "") -> AsyncIterator[Told]:
    """Yield what the server at `api` (its base URL) tells of one call, until it ends.

    Raises:
        EventsError: If the API cannot be reached or refuses.
    """
    url = f"{api.rstrip('/')}/api/events"
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    limits = aiohttp.ClientTimeout(total=None, sock_connect=5)
    try:
        async with (
            aiohttp.ClientSession(timeout=limits, read_bufsize=_LONGEST_LINE) as session,
            session.get(url, headers=headers) as answer,
        ):
            if answer.status != 200:
                raise EventsError(f"{url} answers {answer.status} {answer.reason}")
            async for line in answer.content:
                event = _parsed(line)
                if event is not None and event.call_id == call_id:
                    words = event.data.get("text") or event.data.get("state") or ""
                    yield Told(event.kind, str(event.data.get("role", "")), str(words))
    except (aiohttp.ClientError, ValueError) as error:
        raise EventsError(f"{url} cannot be read: {error}") from error


def _parsed(line: bytes) -> _Event | None:
    """Return the change that a line of the stream carries, None where it carries none."""
    if not line.startswith(b"data: "):
        return None
    try:
        return msgspec.json.decode(line[6:], type=_Event)
    except msgspec.DecodeError:
        return None
