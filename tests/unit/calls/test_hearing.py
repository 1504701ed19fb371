"""A turn whose words are made out: what is told after its end belongs to no turn."""

import asyncio
from dataclasses import dataclass, field

import pytest

from porteiro.calls.hearing import HeardTurn, Hearing
from porteiro.calls.listening import TakenTurn
from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.clock import LoopClock
from porteiro.dialogue.events import Event, Heard
from porteiro.dialogue.guide import Guide
from porteiro.dialogue.terms import Question, Role, Understood
from tests.house import House

pytestmark = pytest.mark.virtual_time


class Ear:
    """Hears "é o Pedro", and keeps whom it may tell more."""

    closed_grammar = False

    def open(self, request: TurnRequest) -> "Ear":
        self.request = request
        return self

    def feed(self, pcm: bytes) -> None:
        pass

    async def finish(self) -> Transcript:
        return Transcript("é o Pedro", 0.9, sure=True)

    def cancel(self) -> None:
        pass


class SlowMind:
    """Takes a second for everything."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def understand(
        self, call_id: str, said: str, asked: Question | None, guide: Guide
    ) -> Understood:
        self.asked.append(said)
        await asyncio.sleep(1.0)
        return Understood(visitor=said)


@dataclass
class Owner:
    """The leg of a turn."""

    role: Role = Role.VISITOR
    answerable: bool = True
    told: list[Event] = field(default_factory=list)

    def tell(self, event: Event) -> None:
        self.told.append(event)

    def awaits_words(self, since: float) -> None:
        pass

    def taken(self, turn: HeardTurn) -> None:
        pass


async def test_words_that_are_told_after_the_turn_s_end_change_nothing() -> None:
    ear, mind, owner = Ear(), SlowMind(), Owner()
    expected: list[float] = []
    hearing = Hearing(
        call_id="call",
        clock=LoopClock(),
        spawn=asyncio.get_running_loop().create_task,
        transcriber=ear,
        understanding=mind,
        vocabulary=lambda _: (),
        silence=lambda _, __: 0.7,
        guide=House().condominium.guide,
        trouble=lambda part, reason: pytest.fail(f"{part}: {reason}"),
    )
    turn = HeardTurn(1, TurnRequest(Question.VISITOR, 8000), hearing, owner)
    sink = turn.open(expected.append)
    making_out = asyncio.create_task(turn.done(sink, TakenTurn(0.0, 1.0)))
    await asyncio.sleep(0.5)
    ear.request.partial("é o Paulo")
    await asyncio.sleep(0.2)
    hand_over = await making_out
    assert hand_over is not None
    hand_over()
    (heard,) = owner.told
    assert isinstance(heard, Heard)
    assert heard.understood == Understood(visitor="é o Pedro")
    assert mind.asked == ["é o Pedro"]
    assert len(expected) == 1
