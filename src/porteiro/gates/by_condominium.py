"""Each condominium's own gates."""

from collections import OrderedDict
from collections.abc import Callable

from porteiro.calls.ports import Gate, GateOrder
from porteiro.condominiums.profile import Profile
from porteiro.errors import GateError
from porteiro.gates.several import SeveralGates

MakeGate = Callable[[str, str], Gate]
"""Makes the gate of a name ("http"), at a URL where it is not to be the general one.

Raises `GateError`, in words for the operator, where it cannot be made.
"""

_REMEMBERED_CALLS = 1024


class GatesByCondominium:
    """Announces each order to the gates that its condominium's profile names; a `Gate`.

    A try after a failed one goes to the same gates, even if the profile changed between.
    """

    def __init__(
        self, general: tuple[str, ...], profile: Callable[[int], Profile], make: MakeGate
    ) -> None:
        """Announce to the gates named `general` where a profile names none.

        `profile` is asked for a condominium's profile at each order, so that a change
        counts from the next order on; `make` makes each distinct gate once.
        """
        self._general = general
        self._profile = profile
        self._make = make
        self._made: dict[tuple[str, str], Gate] = {}
        self._joined: dict[tuple[Gate, ...], Gate] = {}
        self._pending: OrderedDict[str, Gate] = OrderedDict()

    async def announce(self, order: GateOrder) -> None:
        """Announce to the condominium's gates.

        Raises `GateError` with the reasons of those that did not confirm or cannot be made.
        """
        gate = self._pending.pop(order.call_id, None)
        if gate is None:
            gate = self._gate(self._profile(order.condominium_id))
        try:
            await gate.announce(order)
        except GateError:
            self._pending[order.call_id] = gate
            if len(self._pending) > _REMEMBERED_CALLS:
                self._pending.popitem(last=False)
            raise

    def _gate(self, profile: Profile) -> Gate:
        gates = tuple(self._one(name, profile) for name in profile.gates or self._general)
        if len(gates) == 1:
            return gates[0]
        if any(isinstance(gate, _NoGate) for gate in gates):
            return SeveralGates(gates)
        return self._joined.setdefault(gates, SeveralGates(gates))

    def _one(self, name: str, profile: Profile) -> Gate:
        key = (name, profile.gate_url if name == "http" else "")
        if key not in self._made:
            try:
                self._made[key] = self._make(*key)
            except GateError as error:
                return _NoGate(f"the gate {name!r} of this condominium cannot be used: {error}")
        return self._made[key]


class _NoGate:
    """Stands for a gate that cannot be made, so that those beside it still hear the order."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    async def announce(self, order: GateOrder) -> None:  # noqa: ARG002  a `Gate` like any other
        raise GateError(self._reason)
