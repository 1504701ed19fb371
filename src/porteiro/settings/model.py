"""Every setting: its name, its default, what it may be and what it means."""

import os
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from porteiro.settings.kinds import (
    LOCAL_NETWORKS,
    DialerName,
    GateNames,
    Host,
    HttpUrl,
    LogFormat,
    LogLevel,
    Networks,
    PeerHost,
    Seconds,
)


def _var(name: str, default: Any, allowed: str, meaning: str, **limits: Any) -> Any:  # noqa: ANN401  as pydantic's Field
    """Declare one variable: its name, default, what it may be, and what it means."""
    limits |= {"default_factory": default} if callable(default) else {"default": default}
    return Field(
        validation_alias=name,
        description=meaning,
        json_schema_extra={"allowed": allowed},
        **limits,
    )


def _cores() -> int:
    return os.cpu_count() or 1


class Settings(BaseSettings):
    """Every setting of this version; times in seconds.

    Read it with `load`, which turns what is wrong into one `SettingsError`.
    """

    model_config = SettingsConfigDict(
        env_file=None,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        validate_default=True,
    )

    # ------------------------------------------------------------------ HTTP API
    api_port: int = _var(
        "API_PORT",
        8082,
        "a port from 0 to 65535",
        "Port of the HTTP API; 0 takes any free one",
        ge=0,
        le=65535,
    )
    api_host: Host = _var(
        "PORTEIRO_API_HOST",
        "127.0.0.1",
        "an IP address or a host name",
        "Address of the HTTP API; any other than loopback needs a token",
    )
    api_token: SecretStr | None = _var(
        "PORTEIRO_API_TOKEN",
        None,
        "at least 16 characters",
        "Bearer token of the HTTP API",
        min_length=16,
    )

    # --------------------------------------------------------------------- calls
    data_dir: Path = _var(
        "PORTEIRO_DATA_DIR",
        Path("./data"),
        "a folder",
        "Where all that Porteiro reads and writes lives",
    )
    max_calls: int = _var(
        "PORTEIRO_MAX_CALLS",
        500,
        "a number from 1 to 10000",
        "Calls at once; more are told that we are busy",
        ge=1,
        le=10_000,
    )
    max_call_s: Seconds = _var(
        "PORTEIRO_MAX_CALL_SECONDS",
        300.0,
        "seconds from 10 to 3600",
        "No call lives longer",
        ge=10,
        le=3600,
    )
    hangup_delay_s: Seconds = _var(
        "PORTEIRO_HANGUP_DELAY_SECONDS",
        5.0,
        "seconds from 0 to 60",
        "Longest wait for the end of a farewell's playing, beyond its own length",
        ge=0,
        le=60,
    )
    silence_s: Seconds = _var(
        "SILENCE_THRESHOLD_SECONDS",
        0.7,
        "seconds from 0.2 to 5",
        "How long a person must be silent before their turn is over",
        ge=0.2,
        le=5,
    )
    pbx_allow: Networks = _var(
        "PORTEIRO_PBX_ALLOW",
        LOCAL_NETWORKS,
        "networks separated by commas, such as 10.0.0.0/8,192.168.1.5",
        "Addresses that lines are taken from",
        min_length=1,
    )

    # -------------------------------------------------------------------- speech
    voice: str = _var(
        "PORTEIRO_VOICE",
        "pt-br",
        "the name of an espeak-ng voice, such as pt-br",
        "Voice that people hear",
        pattern=r"^[a-z0-9][A-Za-z0-9+-]{0,39}$",
    )
    max_transcriptions: int = _var(
        "MAX_CONCURRENT_TRANSCRIPTIONS",
        _cores,
        "a number from 1 to 256",
        "Turns recognized at once; unset: one a core",
        ge=1,
        le=256,
    )
    max_synthesis: int = _var(
        "MAX_CONCURRENT_SYNTHESIS",
        _cores,
        "a number from 1 to 256",
        "Phrases synthesized at once; unset: one a core",
        ge=1,
        le=256,
    )

    # ------------------------------------------------------ reaching the resident
    dialer: DialerName | None = _var(
        "PORTEIRO_DIALER",
        None,
        "webhook, ami or simulated, or unset (amqp and esl are not in this version)",
        "How a resident's phone is made to ring; unset: no resident is ever reached",
    )
    dialer_url: HttpUrl | None = _var(
        "PORTEIRO_DIALER_URL",
        None,
        "an http:// or https:// address",
        "Where the webhook dialer posts",
    )
    dialer_host: PeerHost = _var(
        "PORTEIRO_DIALER_HOST",
        "127.0.0.1",
        "an IP address or a host name, but not 0.0.0.0",
        "Our own address as the PBX sees it: the resident's line is told to come here",
    )
    ami_host: PeerHost = _var(
        "PORTEIRO_AMI_HOST",
        "127.0.0.1",
        "an IP address or a host name, but not 0.0.0.0",
        "Asterisk's manager interface",
    )
    ami_port: int = _var(
        "PORTEIRO_AMI_PORT",
        5038,
        "a port from 1 to 65535",
        "Its port",
        ge=1,
        le=65535,
    )
    ami_username: str | None = _var(
        "PORTEIRO_AMI_USERNAME",
        None,
        "a name without line breaks",
        "Its user",
        pattern=r"^[^\r\n]+$",
    )
    ami_secret: SecretStr | None = _var(
        "PORTEIRO_AMI_SECRET",
        None,
        "the user's secret",
        "The user's secret",
    )
    ami_channel: str = _var(
        "PORTEIRO_AMI_CHANNEL",
        "PJSIP/{number}",
        "an Asterisk channel that holds {number} once",
        "The channel that rings a number, such as PJSIP/{number}@trunk",
        pattern=r"^[^{}\r\n,]+/[^{}\r\n,]*\{number\}[^{}\r\n,]*$",
    )
    ring_attempts: int = _var(
        "PORTEIRO_RING_ATTEMPTS",
        2,
        "a number from 1 to 10",
        "Attempts to reach a resident, over every number the apartment has",
        ge=1,
        le=10,
    )
    ring_s: Seconds = _var(
        "PORTEIRO_RING_SECONDS",
        25.0,
        "seconds from 5 to 120",
        "How long an attempt rings",
        ge=5,
        le=120,
    )
    fallback_number: str = _var(
        "PORTEIRO_FALLBACK_NUMBER",
        "",
        "a phone number or extension, or unset",
        "A human porter for visitors whom nobody can understand",
        pattern=r"^[0-9A-Za-z@.:+*#_-]{0,64}$",
    )

    # ---------------------------------------------------------------------- gate
    gates: GateNames = _var(
        "PORTEIRO_GATE",
        "log",
        "any of log, http, separated by commas (amqp, mqtt and dtmf are not in this version)",
        "Where a decision is announced",
        min_length=1,
    )
    gate_url: HttpUrl | None = _var(
        "PORTEIRO_GATE_URL",
        None,
        "an http:// or https:// address",
        "Where the http gate posts",
    )

    # ----------------------------------------------------------------------- log
    log_format: LogFormat | None = _var(
        "PORTEIRO_LOG_FORMAT",
        None,
        "console or json, or unset",
        "Form of the log; unset: console on a terminal, JSON lines otherwise",
    )
    log_level: LogLevel = _var(
        "PORTEIRO_LOG_LEVEL",
        "info",
        "debug, info, warning or error",
        "How much is logged",
    )
    log_personal: bool = _var(
        "PORTEIRO_LOG_PERSONAL",
        False,  # noqa: FBT003  a default like the others
        "true or false",
        "Whether names, numbers and words said may stand in the log (LGPD)",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        """Refuse what is right by itself but not together; one line each."""
        missing = {
            "PORTEIRO_API_TOKEN": self.api_token is None and not is_loopback(self.api_host),
            "PORTEIRO_DIALER_URL": self.dialer == "webhook" and not self.dialer_url,
            "PORTEIRO_AMI_USERNAME": self.dialer == "ami" and not self.ami_username,
            "PORTEIRO_AMI_SECRET": self.dialer == "ami" and not self.ami_secret,
            "PORTEIRO_GATE_URL": "http" in self.gates and not self.gate_url,
        }
        why = {
            "PORTEIRO_API_TOKEN": f"PORTEIRO_API_HOST={self.api_host} is not loopback",
            "PORTEIRO_GATE_URL": "PORTEIRO_GATE names http",
        }
        lines = [
            f"{name} is not set, and must be: {why.get(name, f'PORTEIRO_DIALER={self.dialer}')}"
            for name, wrong in missing.items()
            if wrong
        ]
        if lines:
            raise ValueError("\n".join(lines))
        return self


def is_loopback(host: str) -> bool:
    """Return whether `host` is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
