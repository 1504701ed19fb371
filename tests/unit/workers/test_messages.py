"""What parent and workers tell each other comes as it was meant, or not at all."""

from datetime import UTC, datetime

import msgspec
import pytest

from porteiro.calls.admission import AdmissionLimits, Capacity, Refusal
from porteiro.calls.board import CallView, LegEnd
from porteiro.condominiums.directory import Apartment
from porteiro.condominiums.extension import DEFAULT
from porteiro.condominiums.profile import Profile
from porteiro.dialogue.terms import Role
from porteiro.workers.messages import (
    ORDERS,
    REPORTS,
    Begin,
    BreakOff,
    Drain,
    End,
    Find,
    Found,
    HangUp,
    Happened,
    HungUp,
    Lag,
    Living,
    Look,
    Lost,
    Order,
    Ready,
    Refused,
    Report,
    Residents,
    Restart,
    Serve,
    Served,
    SomeCalls,
    Standing,
)
from tests.visit_records import visit

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
VIEW = CallView(visit(), 10, "ringing", (Role.VISITOR,), (Role.VISITOR,))

EVERY_ORDER: tuple[Order, ...] = (
    Begin({"DB_PASSWORD": "secret"}, 2),
    Residents(None, [Apartment("501", ("Renata Oliveira",), ("1001",))]),
    Serve(1, [DEFAULT], [], True, Profile(), {15: Profile("Apoena")}, [None, 15]),
    Restart(2, 10),
    Look(3),
    Living(4),
    Find(5, "id"),
    HangUp(6, "id", Role.RESIDENT),
    Drain(),
    BreakOff("the server stops"),
    End(),
)
EVERY_REPORT: tuple[Report, ...] = (
    Ready(),
    Refused("PORTEIRO_VOICE is wrong"),
    Standing(
        1,
        {10: 2},
        Capacity(2, AdmissionLimits(5), 0.01, Refusal.LAG, NOW, ("1000",), 1, {Refusal.CALLS: 3}),
        4,
        {"waiting": 1},
        [("transcriber", "vosk", "well")],
        [("pocketsphinx", 1, 2)],
        Lag([1, 2], 0.5),
        idle=False,
    ),
    Served(2, [DEFAULT], {11: "taken"}, "no port"),
    SomeCalls(3, [VIEW], more=True),
    Found(4, VIEW),
    Found(4, None),
    HungUp(5, LegEnd.NO_SUCH_LEG),
    Happened(NOW, "id", "started", msgspec.Raw(b'{"at_s":1}')),
    Lost(7),
)


@pytest.mark.parametrize("order", EVERY_ORDER, ids=lambda one: type(one).__name__)
def test_every_order_comes_as_it_was_meant(order: Order) -> None:
    # Both read anew: lists that were sent as tuples come as lists.
    assert ORDERS.decode(msgspec.json.encode(order)) == order


@pytest.mark.parametrize("report", EVERY_REPORT, ids=lambda one: type(one).__name__)
def test_every_report_comes_as_it_was_meant(report: Report) -> None:
    assert REPORTS.decode(msgspec.json.encode(report)) == report


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b'{"type":"Ready2"}',
        b'{"type":"Look","number":"x"}',
        b'{"type":"HangUp","number":1,"call_id":"id","role":"nobody"}',
        b'{"type":"Ready"}',
        b"\xff",
    ],
)
def test_what_is_no_order_is_refused(text: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        ORDERS.decode(text)
