"""Every setting: its name, its default, what it may be and what it means."""

import os
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from pydantic import SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from porteiro.settings.freeswitch import FreeSwitchSettings
from porteiro.settings.kinds import LOCAL_NETWORKS, Host, LogFormat, LogLevel, Networks, Seconds
from porteiro.settings.reach import ReachSettings
from porteiro.settings.source import SourceSettings
from porteiro.settings.speech import SpeechSettings
from porteiro.settings.turns import TurnSettings
from porteiro.settings.variable import var


def _cores() -> int:
    return os.cpu_count() or 1


class Settings(SourceSettings, SpeechSettings, TurnSettings, FreeSwitchSettings, ReachSettings):
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
    api_port: int = var(
        "API_PORT",
        8082,
        "a port from 0 to 65535",
        "Port of the HTTP API; 0 takes any free one",
        ge=0,
        le=65535,
    )
    api_host: Host = var(
        "PORTEIRO_API_HOST",
        "127.0.0.1",
        "an IP address or a host name",
        "Address of the HTTP API; any other than loopback needs a token",
    )
    api_token: SecretStr | None = var(
        "PORTEIRO_API_TOKEN",
        None,
        "at least 16 characters",
        "Bearer token of the HTTP API",
        min_length=16,
    )

    # --------------------------------------------------------------------- calls
    data_dir: Path = var(
        "PORTEIRO_DATA_DIR",
        Path("./data"),
        "a folder",
        "Where all that Porteiro reads and writes lives",
    )
    workers: int = var(
        "PORTEIRO_WORKERS",
        1,
        "a number from 1 to 64",
        "Processes that answer calls, each for its extensions; 1: one process does it all",
        ge=1,
        le=64,
    )
    max_calls: int = var(
        "PORTEIRO_MAX_CALLS",
        500,
        "a number from 1 to 10000",
        "Calls at once; more are told that we are busy",
        ge=1,
        le=10_000,
    )
    max_extension_calls: int = var(
        "PORTEIRO_MAX_CALLS_PER_EXTENSION",
        0,
        "a number from 0 to 10000",
        "Calls at once on one extension; 0: only the whole counts",
        ge=0,
        le=10_000,
    )
    max_lag_ms: int = var(
        "PORTEIRO_MAX_LAG_MS",
        100,
        "milliseconds from 0 to 5000",
        "Lag of the event loop beyond which running calls come first and new ones are told that "
        "we are busy; 0: never",
        ge=0,
        le=5000,
    )
    drain_s: Seconds = var(
        "PORTEIRO_DRAIN_SECONDS",
        120.0,
        "seconds from 0 to 3600",
        "How long a stop waits for the calls in progress; then they are told and hung up",
        ge=0,
        le=3600,
    )
    max_call_s: Seconds = var(
        "PORTEIRO_MAX_CALL_SECONDS",
        300.0,
        "seconds from 10 to 3600",
        "No call lives longer",
        ge=10,
        le=3600,
    )
    hangup_delay_s: Seconds = var(
        "PORTEIRO_HANGUP_DELAY_SECONDS",
        5.0,
        "seconds from 0 to 60",
        "Longest wait for the end of a farewell's playing, beyond its own length",
        ge=0,
        le=60,
    )
    pbx_allow: Networks = var(
        "PORTEIRO_PBX_ALLOW",
        LOCAL_NETWORKS,
        "networks separated by commas, such as 10.0.0.0/8,192.168.1.5",
        "Addresses that lines are taken from",
        min_length=1,
    )

    # -------------------------------------------------------------------- speech
    voice: str = var(
        "PORTEIRO_VOICE",
        "pt-br",
        "the name of an espeak-ng voice, such as pt-br",
        "Voice that people hear",
        pattern=r"^[a-z0-9][A-Za-z0-9+-]{0,39}$",
    )
    max_transcriptions: int = var(
        "MAX_CONCURRENT_TRANSCRIPTIONS",
        _cores,
        "a number from 1 to 256",
        "Turns recognized at once; unset: one a core",
        ge=1,
        le=256,
    )
    max_synthesis: int = var(
        "MAX_CONCURRENT_SYNTHESIS",
        _cores,
        "a number from 1 to 256",
        "Phrases synthesized at once; unset: one a core",
        ge=1,
        le=256,
    )

    # ----------------------------------------------------------------------- log
    log_format: LogFormat | None = var(
        "PORTEIRO_LOG_FORMAT",
        None,
        "console or json, or unset",
        "Form of the log; unset: console on a terminal, JSON lines otherwise",
    )
    log_level: LogLevel = var(
        "PORTEIRO_LOG_LEVEL",
        "info",
        "debug, info, warning or error",
        "How much is logged",
    )
    log_personal: bool = var(
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
            "PORTEIRO_FREESWITCH_ESL_PASSWORD": self.dialer == "esl" and not self.esl_password,
            "PORTEIRO_GATE_URL": "http" in self.gates and not self.gate_url,
            "AMQP_URL": "amqp" in (self.dialer, *self.gates) and not self.amqp_url,
        }
        why = {
            "AMQP_URL": "PORTEIRO_DIALER or PORTEIRO_GATE names amqp",
            "PORTEIRO_API_TOKEN": f"PORTEIRO_API_HOST={self.api_host} is not loopback",
            "PORTEIRO_GATE_URL": "PORTEIRO_GATE names http",
        }
        lines = [
            f"{name} is not set, and must be: {why.get(name, f'PORTEIRO_DIALER={self.dialer}')}"
            for name, wrong in missing.items()
            if wrong
        ]
        lines += [
            f"{name} is not set, and must be: {reason}"
            for name, reason in self.missing_for_speech().items()
        ]
        if self.workers > 1 and self.dialer == "esl":
            lines.append(
                f"PORTEIRO_WORKERS={self.workers}, but PORTEIRO_DIALER=esl: FreeSWITCH's lines all "
                "come to one process, so set PORTEIRO_WORKERS=1"
            )
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
