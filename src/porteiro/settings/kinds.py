"""The kinds of values that settings take, each checked as it is read."""

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

Network = IPv4Network | IPv6Network

LOCAL_NETWORKS = (
    "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,::1/128,fc00::/7,fe80::/10"
)
"""Loopback, private, link-local and unique local addresses: where a PBX usually is."""


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _networks(value: object) -> object:
    parts = _split(value)
    return tuple(ip_network(str(p)) for p in parts) if isinstance(parts, tuple) else parts


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _names(value: object) -> object:
    parts = _split(_lower(value))
    return tuple(dict.fromkeys(parts)) if isinstance(parts, tuple) else parts


def _particular(host: str) -> str:
    """Refuse an address to listen on where one to connect to is meant."""
    if host in ("0.0.0.0", "::"):  # noqa: S104  nothing listens here
        raise ValueError
    return host


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError
    return value


def _broker_url(value: SecretStr) -> SecretStr:
    """Check it here: pydantic cannot hold a secret against a pattern."""
    url = value.get_secret_value()
    parts = urlsplit(url)
    if parts.scheme not in ("amqp", "amqps") or not parts.hostname or parts.port == 0:
        raise ValueError
    if any(character.isspace() for character in url):
        raise ValueError
    return value


def _url_of(*schemes: str) -> Callable[[str], str]:
    def checked(value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in schemes or not (parts.hostname or parts.path):
            raise ValueError
        if any(character.isspace() for character in value):
            raise ValueError
        return value

    return checked


BrokerUrl = Annotated[SecretStr, AfterValidator(_broker_url)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
Host = Annotated[str, Field(pattern=r"^[0-9A-Za-z.:_-]{1,253}$")]
PeerHost = Annotated[Host, AfterValidator(_particular)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Seconds = Number
Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)]
DialerName = Annotated[
    Literal["webhook", "ami", "amqp", "esl", "simulated"], BeforeValidator(_lower)
]
AudioMode = Annotated[Literal["dual", "websocket", "audiosocket"], BeforeValidator(_lower)]
Playback = Annotated[Literal["esl-file", "binary", "stream-audio"], BeforeValidator(_lower)]
GateNames = Annotated[tuple[Literal["log", "http", "amqp"], ...], NoDecode, BeforeValidator(_names)]
TranscriberNames = Annotated[
    tuple[Literal["openai", "azure", "deepgram", "vosk", "wyoming", "whisper", "embedded"], ...],
    NoDecode,
    BeforeValidator(_names),
]
SynthesizerNames = Annotated[
    tuple[Literal["openai", "azure", "wyoming", "piper", "embedded"], ...],
    NoDecode,
    BeforeValidator(_names),
]
UnderstandingNames = Annotated[
    tuple[Literal["openai", "service", "embedded"], ...], NoDecode, BeforeValidator(_names)
]
Interrupting = Annotated[
    tuple[Literal["visitor", "resident", "none"], ...], NoDecode, BeforeValidator(_names)
]
EvidenceName = Annotated[Literal["auto", "segments", "logprobs", "none"], BeforeValidator(_lower)]
EffortName = Annotated[Literal["none", "minimal", "low"], BeforeValidator(_lower)]
WebSocketUrl = Annotated[str, AfterValidator(_url_of("ws", "wss"))]
WyomingUrl = Annotated[str, AfterValidator(_url_of("tcp", "unix"))]
LogFormat = Annotated[Literal["console", "json"], BeforeValidator(_lower)]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)]
