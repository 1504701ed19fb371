"""Several gates as one."""

import asyncio
from collections import OrderedDict

from porteiro.calls.ports import Gate, GateOrder
from porteiro.errors import GateError

_REMEMBERED_CALLS = 1024


class SeveralGates:
    """Announces each order to every gate; a `Gate` confirmed when all have confirmed.

    When an order is tried again, only those that did not confirm it hear it again: a gate
    that has opened for a call is not told to open once more.
    """

    def __init__(self, gates: tuple[Gate, ...]) -> None:
        """Announce to `gates`, all at once."""
        self._gates = gates
        self._pending: OrderedDict[str, tuple[Gate, ...]] = OrderedDict()

    async def announce(self, order: GateOrder) -> None:
        """Announce to those that have not confirmed this call's order yet.

        Raises `GateError` with the reasons of those that did not confirm.
        """
        gates = self._pending.pop(order.call_id, self._gates)
        async with asyncio.TaskGroup() as group:
            tries = [group.create_task(_failure(gate, order)) for gate in gates]
        failures = [task.result() for task in tries]
        failed = tuple(gate for gate, why in zip(gates, failures, strict=True) if why is not None)
        if failed:
            self._pending[order.call_id] = failed
            if len(self._pending) > _REMEMBERED_CALLS:
                self._pending.popitem(last=False)
            raise GateError("; ".join(str(why) for why in failures if why is not None))


async def _failure(gate: Gate, order: GateOrder) -> GateError | None:
    try:
        await gate.announce(order)
    except GateError as error:
        return error
    return None
