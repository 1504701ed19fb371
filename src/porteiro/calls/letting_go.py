"""Taking an ended call apart: what refers to each other would wait for the garbage collector.

Its pass over what hundreds of calls left behind stops everything for a quarter of a second, and
all calls in progress with it. What nothing refers to any more is freed at once.
"""

from collections.abc import Iterable

from porteiro.calls.leg import Leg


class _Nobody:
    """Listens to a line whose call is over."""

    def audio(self, pcm: bytes) -> None:
        """Hear nothing."""

    def key(self, digit: str) -> None:
        """Heed nothing."""

    def held(self) -> None:
        """Be held."""

    def resumed(self) -> None:
        """Go on."""

    def closed(self, cause: str) -> None:
        """Be gone."""


_NOBODY = _Nobody()


def let_go(legs: Iterable[Leg], *others: object) -> None:
    """Empty `legs`, once off their lines, and `others`: nobody may use them any more."""
    for leg in legs:
        leg.line.attach(_NOBODY)
        vars(leg).clear()
    for other in others:
        vars(other).clear()
