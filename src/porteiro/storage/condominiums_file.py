"""What is particular to each condominium: `condominios.json`, which need not be there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from porteiro.errors import StorageError
from porteiro.storage.json_rows import Row, RowError, read_json, seconds, text, whole

_LARGEST_ID = 2**31 - 1
_LONGEST_TEXT = 300
_VOICE = re.compile(r"[a-z0-9][A-Za-z0-9+-]{0,39}")
_FALLBACK = re.compile(r"[0-9A-Za-z@.:+*#_-]{0,64}")
_KNOWN = frozenset(
    (
        *("condominium_id", "name", "greeting", "voice", "silence_seconds"),
        *("attempts", "ring_seconds", "fallback_number"),
    )
)


@dataclass(frozen=True, slots=True)
class Profile:
    """A condominium's own ways; times in seconds. Defaults hold where its row says nothing."""

    name: str = ""
    greeting: str = "Portaria, em que posso ajudar?"
    voice: str = "pt-br"
    silence_s: float = 0.7
    attempts: int = 2
    ring_s: float = 25.0
    fallback_number: str = ""


@dataclass(frozen=True, slots=True)
class CondominiumsRead:
    """The profiles by condominium id, and a line for each row refused."""

    default: Profile
    profiles: Mapping[int, Profile] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def of(self, condominium_id: int) -> Profile:
        """Return a condominium's profile; the default one where it has none of its own."""
        return self.profiles.get(condominium_id, self.default)


def read_condominiums(path: Path, default: Profile) -> CondominiumsRead:
    """Read the profiles; without a file, or where it is no JSON, `default` holds for all."""
    try:
        rows = _rows(path)
    except StorageError as error:
        return CondominiumsRead(default, {}, (str(error),))
    profiles: dict[int, Profile] = {}
    problems: list[str] = []
    for place, row in enumerate(rows, 1):
        try:
            condominium_id, profile = _profile(row, default)
            profiles[_new(condominium_id, profiles)] = profile
        except RowError as error:
            problems.append(f"{path}, row {place} is refused: {error}")
    return CondominiumsRead(default, profiles, tuple(problems))


def _rows(path: Path) -> list[object]:
    content = read_json(path)
    if content is None:
        return []
    if not isinstance(content, list):
        raise StorageError(f"{path} holds no list of condominiums")
    return content


def _new(condominium_id: int, profiles: Mapping[int, Profile]) -> int:
    if condominium_id in profiles:
        raise RowError(f"condominium {condominium_id} has an earlier row")
    return condominium_id


def _profile(row: object, default: Profile) -> tuple[int, Profile]:
    if not isinstance(row, dict):
        raise RowError("it is no object")
    unknown = sorted(map(str, row.keys() - _KNOWN))
    if unknown:
        raise RowError(f"{unknown[0]!r} is no setting; known are {', '.join(sorted(_KNOWN))}")
    name = _phrase(row, "name", default.name)
    greeting = f"{name}, em que posso ajudar?" if name else default.greeting
    silence, ring = seconds(row, "silence_seconds", 0.2, 5), seconds(row, "ring_seconds", 5, 120)
    return whole(row, "condominium_id", 0, _LARGEST_ID), replace(
        default,
        name=name,
        greeting=_phrase(row, "greeting", greeting),
        voice=_matching(_VOICE, row, "voice", default.voice),
        silence_s=default.silence_s if silence is None else silence,
        attempts=whole(row, "attempts", 1, 10) if "attempts" in row else default.attempts,
        ring_s=default.ring_s if ring is None else ring,
        fallback_number=_matching(_FALLBACK, row, "fallback_number", default.fallback_number),
    )


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
