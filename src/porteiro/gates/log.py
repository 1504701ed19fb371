"""A gate that is an event in the log, for whatever follows the log."""

import structlog

from porteiro.calls.ports import GateOrder
from porteiro.gates.order import action

log = structlog.get_logger()


class LogGate:
    """Writes each decision to the log; a `Gate` that always confirms."""

    async def announce(self, order: GateOrder) -> None:
        """Log the order, with names and apartment as personal data."""
        log.info(
            "gate",
            call_id=order.call_id,
            condominium_id=order.condominium_id,
            action=action(order),
            authorization_result=order.decision.value,
            intent_type=order.purpose.value if order.purpose else None,
            pd_apartment=order.apartment,
            pd_resident=order.resident,
            pd_visitor=order.visitor,
        )
