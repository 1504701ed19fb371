"""A gate order in the words that the building's systems are told it in (SPEC 6)."""

from porteiro.calls.ports import GateOrder
from porteiro.dialogue.terms import Decision

AnnouncedOrder = dict[str, str | float | None]


def action(order: GateOrder) -> str:
    """Return what the gate is to do; whatever is not AUTHORIZED keeps it closed."""
    return "authorize" if order.decision is Decision.AUTHORIZED else "deny"


def announced(order: GateOrder) -> AnnouncedOrder:
    """Return the object that is announced; `timestamp` is in Unix seconds."""
    return {
        "call_id": order.call_id,
        "action": action(order),
        "apartment": order.apartment,
        "resident": order.resident,
        "visitor": order.visitor,
        "intent_type": order.purpose,
        "authorization_result": order.decision,
        "timestamp": order.timestamp,
    }
