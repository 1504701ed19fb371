"""Dial strings and the arguments of `originate`, taken apart as FreeSWITCH does."""

import re
from dataclasses import dataclass
from typing import Final

_ORIGINATE: Final = re.compile(
    r"\s*(?:\{(?P<variables>.*?)\})?(?P<target>\S+)\s+(?P<rest>.+)", re.DOTALL
)
_APPLICATION: Final = re.compile(r"&(?P<app>\w+)(?:\((?P<argument>.*)\))?\s*", re.DOTALL)
_TARGET: Final = re.compile(r"\s*(?:\{(?P<variables>.*?)\})?(?P<target>\S+)\s*", re.DOTALL)
_VARIABLE: Final = re.compile(r"\s*([^=,]+)=('(?:[^']*)'|(?:\\,|[^,])*)")


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to ring, and the variables that their channel gets."""

    endpoint: str
    variables: dict[str, str]

    @property
    def number(self) -> str:
        """Return the number in an endpoint such as `user/1001` or `sofia/external/1001@host`."""
        return self.endpoint.rpartition("/")[2].partition("@")[0]

    @property
    def timeout_s(self) -> float:
        """Return how long it may ring, in seconds."""
        return float(
            self.variables.get("originate_timeout") or self.variables.get("leg_timeout") or 60
        )


@dataclass(frozen=True, slots=True)
class Origination:
    """An `originate`: whom to ring, and the application that they are put to."""

    target: Target
    app: str
    argument: str


def origination(argument: str) -> Origination | None:
    """Return what `originate` is asked to do; None if it makes no sense."""
    found = _ORIGINATE.fullmatch(argument)
    app = _APPLICATION.fullmatch(found["rest"]) if found else None
    if not found or not app:
        return None
    target = Target(found["target"], _variables(found["variables"] or ""))
    return Origination(target, app["app"], (app["argument"] or "").strip("'"))


def target(argument: str) -> Target | None:
    """Return whom `bridge` is to ring; None if it makes no sense."""
    found = _TARGET.fullmatch(argument)
    return Target(found["target"], _variables(found["variables"] or "")) if found else None


def _variables(text: str) -> dict[str, str]:
    known = {}
    for found in _VARIABLE.finditer(text):
        value = found[2]
        quoted = len(value) > 1 and value[0] == value[-1] == "'"
        known[found[1].strip()] = value[1:-1] if quoted else value.replace("\\,", ",")
    return known
