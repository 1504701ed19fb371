"""The calls as the API asks for them: of this process, or of workers that must be asked."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

from porteiro.calls.board import CallBoard, CallView, ChangeStream, LegEnd
from porteiro.dialogue.terms import Role


class AllCalls(Protocol):
    """Every call, wherever it is; those elsewhere are asked for, which may take a moment.

    A worker that does not answer raises `WorkerError` where its answer would matter.
    """

    async def living(self) -> Sequence[CallView]:
        """Return every call in progress, oldest first; perhaps without its story."""
        ...

    async def find(self, call_id: str) -> CallView | None:
        """Return a call in progress, or one that ended while its record is still kept."""
        ...

    async def hang_up(self, call_id: str, role: Role) -> LegEnd:
        """Hang one leg up now; the conversation learns of it as of any hang-up."""
        ...

    def by_extension(self) -> Mapping[int, int]:
        """Return how many calls are in progress, by extension id; never waits."""
        ...

    @property
    def changes(self) -> ChangeStream:
        """Every change of every call, from now on."""
        ...


class OwnCalls:
    """The calls of this process."""

    def __init__(self, board: CallBoard) -> None:
        """Show the calls on `board`."""
        self._board = board

    async def living(self) -> Sequence[CallView]:
        """Return every call in progress, oldest first."""
        return self._board.living()

    async def find(self, call_id: str) -> CallView | None:
        """Return a call in progress, or one that ended while its record is still kept."""
        return self._board.find(call_id)

    async def hang_up(self, call_id: str, role: Role) -> LegEnd:
        """Hang one leg up now."""
        return self._board.hang_up(call_id, role)

    def by_extension(self) -> Mapping[int, int]:
        """Return how many calls are in progress, by extension id."""
        return Counter(view.extension_id for view in self._board.living())

    @property
    def changes(self) -> ChangeStream:
        """Every change of every call, from now on."""
        return self._board.changes
