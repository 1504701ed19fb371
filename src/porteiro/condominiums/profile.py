"""What is particular to one condominium: its words and its ways, from a row of any source."""

import re
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from porteiro.condominiums.fields import Row, RowError, seconds, text, whole

LARGEST_ID = 2**31 - 1
GATES = ("log", "http", "amqp")
"""Where a condominium's decisions can be announced."""

_LONGEST_TEXT = 300
_VOICE = re.compile(r"[a-z0-9][A-Za-z0-9+-]{0,39}")
_FALLBACK = re.compile(r"[0-9A-Za-z@.:+*#_-]{0,64}")
_KNOWN = frozenset(
    (
        *("condominium_id", "name", "greeting", "voice", "silence_seconds"),
        *("attempts", "ring_seconds", "fallback_number"),
        *("gate", "gate_url", "retention_days"),
    )
)


@dataclass(frozen=True, slots=True)
class Profile:
    """A condominium's own ways; times in seconds. Defaults hold where its row says nothing.

    `gates` names where its decisions are announced, empty for wherever all are; `gate_url`
    is where its http gate posts, empty likewise. Visits are kept for `retention_days`; 0
    keeps them for ever.
    """

    name: str = ""
    greeting: str = "Portaria, em que posso ajudar?"
    voice: str = "pt-br"
    silence_s: float = 0.7
    attempts: int = 2
    ring_s: float = 25.0
    fallback_number: str = ""
    gates: tuple[str, ...] = ()
    gate_url: str = ""
    retention_days: int = 0


def read_profile(row: object, default: Profile) -> tuple[int, Profile]:
    """Return the condominium's id and its profile.

    What `row` leaves out, or has as None, is as in `default`.

    Raises `RowError` with the field that makes no sense.
    """
    if not isinstance(row, dict):
        raise RowError("it is no object")
    unknown = sorted(map(str, row.keys() - _KNOWN))
    if unknown:
        raise RowError(f"{unknown[0]!r} is no setting; known are {', '.join(sorted(_KNOWN))}")
    name = _phrase(row, "name", default.name)
    greeting = f"{name}, em que posso ajudar?" if name else default.greeting
    silence, ring = seconds(row, "silence_seconds", 0.2, 5), seconds(row, "ring_seconds", 5, 120)
    return whole(row, "condominium_id", 0, LARGEST_ID), replace(
        default,
        name=name,
        greeting=_phrase(row, "greeting", greeting),
        voice=_matching(_VOICE, row, "voice", default.voice),
        silence_s=default.silence_s if silence is None else silence,
        attempts=_number(row, "attempts", 1, 10, default.attempts),
        ring_s=default.ring_s if ring is None else ring,
        fallback_number=_matching(_FALLBACK, row, "fallback_number", default.fallback_number),
        gates=_gates(row, default.gates),
        gate_url=_address(row, default.gate_url),
        retention_days=_number(row, "retention_days", 0, 36_500, default.retention_days),
    )


def profile_row(condominium_id: int, profile: Profile) -> dict[str, object]:
    """Return a row that `read_profile` reads as this profile."""
    return {
        "condominium_id": condominium_id,
        "name": profile.name,
        "greeting": profile.greeting,
        "voice": profile.voice,
        "silence_seconds": profile.silence_s,
        "attempts": profile.attempts,
        "ring_seconds": profile.ring_s,
        "fallback_number": profile.fallback_number,
        "gate": ",".join(profile.gates),
        "gate_url": profile.gate_url,
        "retention_days": profile.retention_days,
    }


def _number(row: Row, name: str, lowest: int, highest: int, default: int) -> int:
    return default if row.get(name) is None else whole(row, name, lowest, highest)


def _phrase(row: Row, name: str, default: str) -> str:
    phrase = " ".join(text(row, name, default).split())
    if len(phrase) > _LONGEST_TEXT:
        raise RowError(f"{name} is longer than {_LONGEST_TEXT} characters")
    return phrase


def _matching(pattern: re.Pattern[str], row: Row, name: str, default: str) -> str:
    value = text(row, name, default)
    if not pattern.fullmatch(value):
        raise RowError(f"{name} is {value!r}, which cannot be")
    return value


def _gates(row: Row, default: tuple[str, ...]) -> tuple[str, ...]:
    names = [name.strip().lower() for name in text(row, "gate").split(",") if name.strip()]
    for name in names:
        if name not in GATES:
            raise RowError(f"gate is {name!r}, not any of {', '.join(GATES)}")
    return tuple(dict.fromkeys(names)) or default


def _address(row: Row, default: str) -> str:
    written = text(row, "gate_url", default)
    if not written:
        return ""
    try:
        parts = urlsplit(written)
        fits = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise RowError("gate_url is no http:// or https:// address")  # it may hold a password
    return written
