"""Whose a FreeSWITCH line is: the extension that its address names, as it is served now."""

from collections.abc import Mapping
from typing import Protocol

from porteiro.calls.ports import Line
from porteiro.calls.reception import Reception
from porteiro.condominiums.extension import Extension
from porteiro.condominiums.register import CurrentRegister
from porteiro.dialogue.terms import Role


class KnownExtensions(Protocol):
    """The extensions that there are."""

    @property
    def wanted(self) -> Mapping[int, Extension]:
        """Every extension, by id, as it is set."""
        ...

    @property
    def served(self) -> Mapping[int, Extension]:
        """Those that are served, as they are."""
        ...

    @property
    def changes(self) -> int:
        """How often any may have changed so far."""
        ...


class Desk:
    """Sees FreeSWITCH's lines to the reception, once there is one.

    FreeSWITCH's ports are known, and open, before anything is served: until `opens`, no
    extension is known, and no line gets past its address.
    """

    def __init__(self, register: CurrentRegister) -> None:
        """Know the condominiums of `register`."""
        self._register = register
        self._known: KnownExtensions | None = None
        self._reception: Reception | None = None
        self._by_number: dict[str, Extension] = {}
        self._as_of = -1

    def opens(self, known: KnownExtensions, reception: Reception) -> None:
        """See the lines of the `known` extensions to `reception` from now on."""
        self._known, self._reception = known, reception

    def closes(self) -> None:
        """Know no extension any more."""
        self._known = self._reception = None

    def extension(self, number: str) -> Extension | None:
        """Return the extension of this number; None where none is served."""
        if self._known is None:
            return None
        if self._as_of != self._known.changes:
            self._as_of = self._known.changes
            # As it is served, where it is; FreeSWITCH needs none of its own two ports.
            known = {**self._known.wanted, **self._known.served}
            self._by_number = {one.number: one for one in known.values()}
        return self._by_number.get(number)

    def arrived(self, extension: Extension, role: Role, line: Line) -> None:
        """Take in a line that is whole."""
        if self._reception is None:
            line.hang_up()
        else:
            self._reception.arrived(extension, role, line)

    def room(self) -> int:
        """Return how many more visitors would be taken in, or told why not."""
        return 0 if self._reception is None else self._reception.room()

    def turned_away(self) -> None:
        """Count a visitor for whom there was no room."""
        if self._reception is not None:
            self._reception.turned_away()

    def fallback(self, extension: Extension) -> str:
        """Return the number of the condominium's human porter, empty where it has none."""
        return self._register.condominium_of(extension).fallback_number
