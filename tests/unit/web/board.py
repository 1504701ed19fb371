"""A board of calls that a test fills by hand."""

from dataclasses import replace
from datetime import UTC, datetime

from porteiro.calls.board import CallView, Change, ChangeStream, LegEnd
from porteiro.calls.visit import Attempt, Line, Turn, Visit
from porteiro.dialogue.terms import Decision, Purpose, Role

CALL_ID = "e69439e9-1489-4bba-b55d-37612b5dffaf"
STARTED = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


def visit() -> Visit:
    """Return a visit with something in each of its fields."""
    return Visit(
        call_id=CALL_ID,
        extension="1000",
        condominium_id=15,
        started=STARTED,
        purpose=Purpose.DELIVERY,
        visitor="João",
        apartment="501",
        resident="Renata Oliveira",
        decision=Decision.AUTHORIZED,
        decided_by="tecla 1",
        gate="opened",
        transcript=[
            Line(0.1, Role.VISITOR, "porteiro", "Em que posso ajudar?", "greeting"),
            Line(3.0, Role.VISITOR, "visitor", "é uma entrega"),
            Line(20.0, Role.RESIDENT, "resident", "tecla 1"),
        ],
        turns=[Turn(3.0, Role.VISITOR, 1200.0, 700.0, 30.0, 1.0, 12.0)],
        attempts=[Attempt(9.0, "a1", "1003030", "answered")],
        states=[(0.0, "greeting"), (4.0, "ringing")],
    )


def change(number: int = 0, call_id: str = CALL_ID) -> Change:
    """Return a change that can be told from others."""
    return Change(STARTED, call_id, "state", {"number": number})


class Board:
    """A `CallBoard` of one call, with the legs given."""

    def __init__(self, legs: tuple[Role, ...] = (Role.VISITOR,), queue: int = 1024) -> None:
        self.call: CallView | None = CallView(visit(), 10, "ringing", legs)
        self.stream = ChangeStream(queue)
        self.hung_up: list[tuple[str, Role]] = []

    def living(self) -> list[CallView]:
        return [self.call] if self.call else []

    def find(self, call_id: str) -> CallView | None:
        return self.call if self.call and self.call.visit.call_id == call_id else None

    def hang_up(self, call_id: str, role: Role) -> LegEnd:
        view = self.find(call_id)
        if view is None:
            return LegEnd.NO_SUCH_CALL
        if role not in view.legs:
            return LegEnd.NO_SUCH_LEG
        self.call = replace(view, legs=tuple(r for r in view.legs if r is not role))
        self.hung_up.append((call_id, role))
        return LegEnd.HUNG_UP

    @property
    def changes(self) -> ChangeStream:
        return self.stream
