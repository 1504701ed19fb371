"""The official client, built once: what it may cost, and plain words for what goes wrong.

No exception of the client's is ever a cause of ours: it holds what the server answered, which
may repeat the key or what a visitor said.
"""

import logging
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

import httpx2
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, OpenAIError

from porteiro.errors import SpeechError
from porteiro.speech.openai.refusals import refusal

_KEPT_OPEN_S = 55.0
"""How long an unused connection is kept: a new one costs a visitor a TLS handshake."""


@dataclass(frozen=True, slots=True)
class OpenAIOptions:
    """Where the server is, and its key; a server of one's own may need none.

    An answer of more than `longest` bytes is not read on: 87 s of speech. `connections` at
    most are open at once.
    """

    base_url: str = "https://api.openai.com/v1"
    key: str = field(default="", repr=False)
    longest: int = 4 * 1024 * 1024
    connections: int = 400


@dataclass(frozen=True, slots=True)
class Server:
    """A client that is open, and what its server is called in messages."""

    client: AsyncOpenAI
    name: str


@asynccontextmanager
async def server_at(options: OpenAIOptions) -> AsyncIterator[Server]:
    """Build the client that all three parts share, and close it at the end of the block.

    Raises `SpeechError` when the address is none, or the key can be none.
    """
    _silence_libraries()
    name = _host(options.base_url)
    if not options.key.isascii() or not options.key.isprintable() or " " in options.key:
        raise SpeechError(
            "PORTEIRO_OPENAI_KEY holds what no key holds (a space, an accent): copy it again",
            retryable=False,
        )
    async with AsyncOpenAI(
        base_url=options.base_url,
        api_key=options.key or "none",
        max_retries=0,  # the next provider is tried instead
        http_client=_transport(options),
    ) as client:
        yield Server(client, name)


@contextmanager
def plain_words(server: Server, setting: str, limit_s: float) -> Iterator[None]:
    """Turn whatever fails inside into a `SpeechError`; `setting` names the model's variable."""
    try:
        yield
    except APIStatusError as error:
        raise refusal(server.name, setting, error) from None
    except (TimeoutError, httpx2.TimeoutException):
        raise _late(server, limit_s) from None
    except (APIConnectionError, httpx2.HTTPError) as error:
        raise _lost(server, error, limit_s) from None
    except OpenAIError:
        raise SpeechError(f"{server.name} answered with something else than promised") from None


def _host(url: str) -> str:
    """Return the host of an http(s) URL: all of it that a message may show."""
    try:
        parts = urlsplit(url)
        httpx2.URL(url)
        host = parts.hostname if parts.scheme in ("http", "https") else None
    except (ValueError, httpx2.InvalidURL):
        host = None
    if not host or " " in host:
        raise SpeechError(
            "PORTEIRO_OPENAI_URL is no address: write it as https://host/v1", retryable=False
        )
    return host


def _transport(options: OpenAIOptions) -> httpx2.AsyncClient:
    """Return an HTTP client that follows no redirect and reads no endless answer."""

    async def bounded(response: httpx2.Response) -> None:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise SpeechError("the answer is compressed, which was not asked for: it was not read")
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Bounded(response.stream, options.longest)

    return httpx2.AsyncClient(
        verify=_trusted(),
        follow_redirects=False,  # what people say goes where it was meant to go
        headers={"Accept-Encoding": "identity"},
        event_hooks={"response": [bounded]},
        limits=httpx2.Limits(
            max_connections=options.connections,
            max_keepalive_connections=options.connections,
            keepalive_expiry=_KEPT_OPEN_S,
        ),
    )


@cache
def _trusted() -> ssl.SSLContext:
    """Return the authorities that this machine trusts; reading them takes 50 ms."""
    return httpx2.create_ssl_context()


class _Bounded(httpx2.AsyncByteStream):
    """A response's bytes, up to so many."""

    def __init__(self, stream: httpx2.AsyncByteStream, longest: int) -> None:
        self._stream = stream
        self._left = longest

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            self._left -= len(chunk)
            if self._left < 0:
                raise SpeechError("the answer is far longer than any answer: it was not read on")
            yield chunk

    async def aclose(self) -> None:
        """Close the connection's side of it."""
        await self._stream.aclose()


def _silence_libraries() -> None:
    """Keep the libraries' debug lines out of the log: they show what was said."""
    for name in ("openai", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _late(server: Server, limit_s: float) -> SpeechError:
    return SpeechError(f"{server.name} gave no answer within {limit_s:g} s")


def _lost(server: Server, error: BaseException, limit_s: float) -> SpeechError:
    """Return what a connection means that could not be made, or broke."""
    led_to_it = tuple(_causes(error))
    for cause in led_to_it:
        if isinstance(cause, SpeechError):  # we broke it off ourselves, and said why
            return cause
        if isinstance(cause, httpx2.TimeoutException):
            return _late(server, limit_s)
        if isinstance(cause, ssl.SSLError):
            return SpeechError(
                f"{server.name} shows no certificate that is trusted here: check "
                "PORTEIRO_OPENAI_URL (https or http?), or install the authority that signed it",
                retryable=False,
            )
    if any(isinstance(cause, httpx2.ConnectError) for cause in led_to_it):
        return SpeechError(
            f"{server.name} cannot be reached: check PORTEIRO_OPENAI_URL and the network"
        )
    return SpeechError(f"{server.name} broke its answer off")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield `error` and what led to it, the latest first."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
