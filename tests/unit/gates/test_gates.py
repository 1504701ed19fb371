from dataclasses import replace

import aiohttp
import pytest
from structlog.testing import capture_logs

from porteiro.calls.ports import GateOrder
from porteiro.dialogue.terms import Decision, Purpose
from porteiro.errors import GateError
from porteiro.gates.http import HttpGate, HttpGateOptions
from porteiro.gates.log import LogGate
from porteiro.gates.order import announced
from porteiro.gates.several import SeveralGates
from tests.contract.http_peer import peer_that

ORDER = GateOrder(
    "c1", 15, Decision.AUTHORIZED, "501", "Renata", "João", Purpose.DELIVERY, 1_795_257_000.25
)


class StubbornGate:
    """Fails as often as told before it confirms, and counts."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.heard = 0

    async def announce(self, order: GateOrder) -> None:
        self.heard += 1
        if self.heard <= self.failures:
            raise GateError(f"jammed for {order.call_id}")


@pytest.mark.parametrize("decision", list(Decision))
def test_only_an_authorized_order_says_authorize(decision: Decision) -> None:
    action = announced(replace(ORDER, decision=decision))["action"]
    assert (action == "authorize") is (decision is Decision.AUTHORIZED)


async def test_the_http_gate_posts_the_contract_s_object_under_the_call_s_key() -> None:
    async with peer_that("200") as peer, aiohttp.ClientSession() as session:
        await HttpGate(session, HttpGateOptions(peer.url)).announce(ORDER)
    assert peer.bodies == [
        {
            "call_id": "c1",
            "action": "authorize",
            "apartment": "501",
            "resident": "Renata",
            "visitor": "João",
            "intent_type": "entrega",
            "authorization_result": "authorized",
            "timestamp": 1_795_257_000.25,
        }
    ]
    assert peer.headers[0]["Idempotency-Key"] == "c1"


async def test_the_log_gate_marks_personal_data_as_such() -> None:
    with capture_logs() as logs:
        await LogGate().announce(ORDER)
    (entry,) = logs
    assert (entry["event"], entry["action"], entry["call_id"]) == ("gate", "authorize", "c1")
    personal = {name for name in entry if name.startswith("pd_")}
    assert personal == {"pd_apartment", "pd_resident", "pd_visitor"}
    assert not {"Renata", "João", "501"} & {v for n, v in entry.items() if n not in personal}


async def test_of_several_gates_only_those_that_failed_hear_the_order_again() -> None:
    good, bad = StubbornGate(0), StubbornGate(2)
    gates = SeveralGates((good, bad))
    for _ in range(2):
        with pytest.raises(GateError, match="jammed for c1"):
            await gates.announce(ORDER)
    await gates.announce(ORDER)
    assert (good.heard, bad.heard) == (1, 3)


async def test_a_gate_that_fails_does_not_keep_the_others_from_the_order() -> None:
    good, bad = StubbornGate(0), StubbornGate(1)
    with pytest.raises(GateError):
        await SeveralGates((bad, good)).announce(ORDER)
    assert good.heard == 1


async def test_one_call_s_failure_says_nothing_about_another_call_s_order() -> None:
    good, bad = StubbornGate(0), StubbornGate(1)
    gates = SeveralGates((good, bad))
    with pytest.raises(GateError):
        await gates.announce(ORDER)
    await gates.announce(replace(ORDER, call_id="c2"))
    assert (good.heard, bad.heard) == (2, 2)
