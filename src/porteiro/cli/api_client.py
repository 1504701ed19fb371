"""Talking to the running server's API from the command line."""

import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Self, TypeVar
from urllib.parse import urlsplit

import aiohttp
import msgspec
from cyclopts import Parameter

from porteiro.errors import PorteiroError, SettingsError
from porteiro.settings import Settings, load

FAILED: Final = 1
USAGE_ERROR: Final = 2
_LIMIT_S: Final = 30.0
_ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  told apart, not listened on
_SHOWN: Final = 200

Told = TypeVar("Told")

Document = dict[str, object]
"""One answer of the API, as it came."""

Url = Annotated[str, Parameter(name="--url")]
AsJson = Annotated[bool, Parameter(name="--json", negative="")]


class ApiError(PorteiroError):
    """The server cannot be reached, refuses, or is no Porteiro; the message says which."""


class UsageError(PorteiroError):
    """What stands on the command line makes no sense."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the API is, and the token that it asks for."""

    url: str
    token: str = ""

    @classmethod
    def of(cls, settings: Settings, url: str = "") -> Self:
        """Return the place named by `url`, or else by the settings.

        Raises `UsageError` for what is no address.
        """
        token = settings.api_token.get_secret_value() if settings.api_token else ""
        if url:
            return cls(_checked(url), token)
        if settings.api_port == 0:
            raise UsageError("API_PORT=0 takes any port: say which with --url http://HOST:PORT")
        host = _ANYWHERE.get(settings.api_host, settings.api_host)
        name = f"[{host}]" if ":" in host else host
        return cls(f"http://{name}:{settings.api_port}", token)


class Api:
    """The API of one server; every failure is one `ApiError` that says what to do."""

    def __init__(self, session: aiohttp.ClientSession, place: Place) -> None:
        """Use `session`, which its owner closes."""
        self._session = session
        self._place = place

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> Document:
        """Return the answer to a GET."""
        return await self._answer("GET", path, query, None)

    async def post(self, path: str, body: Mapping[str, object] | None = None) -> Document:
        """Return the answer to a POST."""
        return await self._answer("POST", path, None, body)

    async def _answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: Mapping[str, object] | None,
    ) -> Document:
        headers = {"Authorization": f"Bearer {self._place.token}"} if self._place.token else {}
        url = self._place.url
        try:
            async with self._session.request(
                method,
                url + path,
                params=query,
                json=body,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=_LIMIT_S),
                allow_redirects=False,
            ) as answer:
                return _read(answer.status, await answer.read(), _bare(url))
        except TimeoutError:
            raise ApiError(f"{_bare(url)} does not answer within {_LIMIT_S:g} s") from None
        except aiohttp.ClientConnectorError:
            raise ApiError(
                f"no server at {_bare(url)}: start it with porteiro serve, or say with --url "
                "where it is"
            ) from None
        except aiohttp.ClientError as error:
            raise ApiError(f"{_bare(url)} answers no HTTP ({type(error).__name__})") from None


async def talk(command: str, url: str, work: Callable[[Api], Awaitable[None]]) -> int:
    """Do `work` with the server's API; return the exit status, having said what went wrong."""
    try:
        place = Place.of(load(), url)
        async with aiohttp.ClientSession() as session:
            await work(Api(session, place))
    except (SettingsError, UsageError) as error:
        return refused(command, str(error), USAGE_ERROR)
    except ApiError as error:
        return refused(command, str(error), FAILED)
    return 0


def refused(command: str, reason: str, status: int) -> int:
    """Say on standard error why a command did nothing; return its exit status."""
    print(f"porteiro {command}: {reason}", file=sys.stderr)  # noqa: T201  one clear line
    return status


def told(document: Document, kind: type[Told]) -> Told:
    """Return an answer as the type that this version knows; what it does not know is left out.

    Raises `ApiError` for an answer of another form.
    """
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise ApiError(f"the server is of another version than this command: {error}") from None


def _checked(url: str) -> str:
    parts = urlsplit(url)
    try:
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.query or parts.fragment or "@" in parts.netloc:
        raise UsageError(f"--url {_bare(url)} is no address such as http://127.0.0.1:8082")
    return url.rstrip("/")


def _bare(url: str) -> str:
    """Return an address without the password that may stand in it."""
    scheme, slashes, rest = url.partition("://")
    host = rest.rpartition("@")[2] if slashes else url.rpartition("@")[2]
    return f"{scheme}{slashes}{host}" if slashes else host


def _read(status: int, body: bytes, where: str) -> Document:
    try:
        decoded = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        decoded = None
    document: Document = decoded if isinstance(decoded, dict) else {}
    if document.get("status") == "success" and 200 <= status < 300:
        return document
    message = str(document.get("message") or "")
    if document.get("status") != "error" or not message:
        raise ApiError(f"what answers at {where} is no Porteiro (HTTP {status}): see --url")
    said = " ".join(message.split())[:_SHOWN]
    if status == 401:
        raise ApiError(f"{where} asks for another token: set PORTEIRO_API_TOKEN to the server's")
    raise ApiError(f"{said} (HTTP {status})")
