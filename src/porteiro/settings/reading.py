"""Reading the settings, and saying clearly what is wrong with them."""

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import get_args
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values
from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from porteiro.errors import SettingsError
from porteiro.settings.model import Settings

LATER = frozenset(("DUAL_MODE_CORRELATION_RETRY", "DUAL_MODE_EVENT_LOOP_INTERVAL"))
"""Names of earlier deployments that are read past: nothing polls any more."""

_CREDENTIALS = re.compile(r"(?<=://)[^/@]*@")
_SHOWN = 80

VARIABLES: Mapping[str, FieldInfo] = {
    str(field.validation_alias): field for field in Settings.model_fields.values()
}
"""Every variable of this version, by name."""


def load(env_file: Path | None = Path(".env")) -> Settings:
    """Read the settings from the environment and, below it, from `env_file` where there is one.

    Raises `SettingsError` with one line for each wrong value.
    """
    try:
        return Settings(_env_file=env_file, _env_file_encoding="utf-8")  # type: ignore[call-arg]
    except ValidationError as error:
        raise SettingsError("\n".join(_lines(error))) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{env_file} cannot be read: {error}") from error


def notices(env_file: Path | None = Path(".env")) -> list[str]:
    """Return what a careful reader would point out: unknown names, and names without effect."""
    found = {name.upper() for name, value in os.environ.items() if value}
    if env_file is not None and env_file.is_file():
        found |= {name.upper() for name, value in dotenv_values(env_file).items() if value}
    known = [*VARIABLES, *LATER]
    lines = [f"{name} has no effect in this version" for name in sorted(found & LATER)]
    for name in sorted(found - set(known)):
        if name.startswith("PORTEIRO_"):
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
            hint = f"; did you mean {close[0]}?" if close else ""
            lines.append(f"{name} is no setting of Porteiro{hint}")
    return lines


def secrets(settings: Settings) -> tuple[str, ...]:
    """Return every secret value, for whoever must keep them out of what is shown."""
    values = (getattr(settings, name) for name in Settings.model_fields)
    broker = settings.amqp_url.get_secret_value() if settings.amqp_url else None
    urls = (
        *(settings.dialer_url, settings.gate_url, settings.ai_api_url, broker),
        *(settings.openai_url, settings.deepgram_url, settings.vosk_url, settings.models_url),
    )
    inside = [urlsplit(url).password for url in urls if url]
    return (
        *(value.get_secret_value() for value in values if isinstance(value, SecretStr)),
        *(unquote(password) for password in inside if password),
    )


def _lines(error: ValidationError) -> list[str]:
    lines: dict[str, None] = {}
    for detail in error.errors(include_url=False):
        if detail["loc"]:
            lines[_line(str(detail["loc"][0]), detail)] = None
        else:
            lines |= dict.fromkeys(str(detail["ctx"]["error"]).splitlines())
    return list(lines)


def _line(name: str, detail: ErrorDetails) -> str:
    field = VARIABLES[name]
    extra = field.json_schema_extra
    allowed = extra["allowed"] if isinstance(extra, dict) else ""
    if _is_secret(field.annotation):
        return f"{name}: its value (not shown) is not allowed; allowed: {allowed}"
    value = detail["input"]
    if isinstance(value, tuple | list):
        value = ",".join(map(str, value))
    shown = _CREDENTIALS.sub("***@", str(value))[:_SHOWN]
    return f"{name}={shown!r} is not allowed; allowed: {allowed}"


def _is_secret(kind: object) -> bool:
    """Tell whether a value of this type is a secret, however the type is dressed."""
    return kind is SecretStr or any(map(_is_secret, get_args(kind)))
