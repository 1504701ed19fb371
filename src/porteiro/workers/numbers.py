"""The extensions whose FreeSWITCH lines come to a worker: its own and all the others'."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from porteiro.condominiums.extension import Extension


class Served(Protocol):
    """What a worker serves on ports of its own."""

    @property
    def wanted(self) -> Mapping[int, Extension]:
        """The extensions that are to be served, by id."""
        ...

    @property
    def served(self) -> Mapping[int, Extension]:
        """Those that are."""
        ...

    @property
    def changes(self) -> int:
        """How often either may have changed."""
        ...


class Numbers:
    """Every extension, as whoever looks a number up wants it."""

    def __init__(self, own: Served) -> None:
        """Know those of this worker."""
        self._own = own
        self._others: Mapping[int, Extension] = {}
        self._told = 0

    def know(self, others: Iterable[Extension]) -> None:
        """Know those that live in other workers, in place of those known before."""
        self._others = {one.extension_id: one for one in others}
        self._told += 1

    @property
    def wanted(self) -> Mapping[int, Extension]:
        """Every extension, as it is set."""
        return {**self._others, **self._own.wanted}

    @property
    def served(self) -> Mapping[int, Extension]:
        """Those of this worker, as they are really served."""
        return self._own.served

    @property
    def changes(self) -> int:
        """How often any may have changed."""
        return self._own.changes + self._told
