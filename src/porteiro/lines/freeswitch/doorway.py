"""FreeSWITCH's ports are shared by all: a crowd of visitors is thinned out, residents never."""

import asyncio
import sys
from typing import Final, Protocol

from porteiro.dialogue.terms import Role
from porteiro.lines.visitors import Crowd

Key = tuple[str, Role]
"""What both halves of a leg have in common: the call id, and whose leg it is."""


class Door(Protocol):
    """Who says whether a half may come in, once it is known whose it is."""

    def admits(self, whose: Key) -> bool:
        """Return whether there is room for this leg; the same for both of its halves."""
        ...

    def leaves(self, whose: Key) -> None:
        """Learn that a half admitted became a line, or ended before."""
        ...


class Doorway:
    """One verdict a leg: the half that comes first asks, the other is treated alike.

    Who is turned away is remembered for `remembered_s` seconds, so that a person whom the
    dialplan takes to a human meanwhile is not taken in by their second half.
    """

    def __init__(self, crowd: Crowd, remembered_s: float) -> None:
        """Count visitors in `crowd` until they leave; needs a running event loop to refuse."""
        self._crowd = crowd
        self._remembered_s = remembered_s
        self._coming: set[Key] = set()
        self._turned_away: set[Key] = set()

    def admits(self, whose: Key) -> bool:
        """Return whether there is room for this leg; a resident is awaited and has room."""
        if whose[1] is Role.RESIDENT or whose in self._coming:
            return True
        if whose in self._turned_away:
            return False
        if self._crowd.waiting >= self._crowd.room():
            self._turn_away(whose)
            return False
        self._coming.add(whose)
        self._crowd.waiting += 1
        return True

    def leaves(self, whose: Key) -> None:
        """Give the room of one who was coming to the next. Idempotent."""
        if whose in self._coming:
            self._coming.discard(whose)
            self._crowd.waiting -= 1

    def _turn_away(self, whose: Key) -> None:
        self._crowd.turned_away()
        self._turned_away.add(whose)
        loop = asyncio.get_running_loop()
        loop.call_later(self._remembered_s, self._turned_away.discard, whose)


def no_crowd() -> Crowd:
    """Return a crowd for which there is always room."""
    return Crowd(lambda: sys.maxsize, lambda: None)


WIDE_OPEN: Final[Door] = Doorway(no_crowd(), 0.0)
"""Turns nobody away."""
