"""A reception with a world of fakes around it, for tests of calls on the virtual clock."""

import asyncio
from dataclasses import dataclass, field

from porteiro.calls.board import CallView, ChangeStream
from porteiro.calls.reception import Reception, ReceptionOptions
from porteiro.calls.services import CallOptions, Services
from porteiro.clock import LoopClock
from porteiro.condominiums.condominium import Condominium
from porteiro.condominiums.directory import Directory
from porteiro.condominiums.extension import Extension
from porteiro.dialogue.terms import Role
from tests.fakes import (
    FakeDialer,
    FakeGate,
    FakeLine,
    FakeTranscriber,
    FakeVisits,
    FakeVoices,
    Rules,
    Utterances,
)
from tests.stage import APARTMENTS

EXTENSION = Extension(10, "2018519", "2018520", "127.0.0.1", 8101, 8201, 15)
OTHER = Extension(11, "2018521", "2018522", "127.0.0.1", 8103, 8203, 16)
SENTENCE = "sou o Pedro, tenho uma entrega pra Renata do 501"


@dataclass
class House:
    """Everything a test needs to let people call."""

    max_calls: int = 100
    limits: ReceptionOptions | None = None
    lag_s: float = 0.0
    utterances: Utterances = field(default_factory=Utterances)
    voices: FakeVoices = field(default_factory=FakeVoices)
    dialer: FakeDialer = field(default_factory=FakeDialer)
    gate: FakeGate = field(default_factory=FakeGate)
    visits: FakeVisits = field(default_factory=FakeVisits)

    def __post_init__(self) -> None:
        self.transcriber = FakeTranscriber(self.utterances)
        services = Services(
            clock=LoopClock(),
            voices=self.voices,
            transcriber=self.transcriber,
            understanding=Rules(),
            gate=self.gate,
            visits=self.visits,
            changes=ChangeStream(),
            dialer=self.dialer,
        )
        self.condominium = Condominium(
            15,
            "Condomínio Apoena",
            "Condomínio Apoena, em que posso ajudar?",
            Directory(APARTMENTS),
        )
        self.reception = Reception(
            services,
            lambda _: self.condominium,
            CallOptions(),
            self.limits or ReceptionOptions(max_calls=self.max_calls),
            lambda: self.lag_s,
        )

    def line(self, call_id: str | None = None) -> FakeLine:
        return FakeLine(self.utterances, call_id)

    async def visitor(self, call_id: str | None = None) -> FakeLine:
        """Let a visitor's line come in."""
        line = self.line(call_id)
        self.reception.arrived(EXTENSION, Role.VISITOR, line)
        await asyncio.sleep(0.1)
        return line

    async def resident(self, call_id: str, extension: Extension = EXTENSION) -> FakeLine:
        """Let a resident's line come in."""
        line = self.line(call_id)
        self.reception.arrived(extension, Role.RESIDENT, line)
        await asyncio.sleep(0.1)
        return line

    async def ringing(self) -> FakeLine:
        """Have a visitor say all that is needed, so that Renata's phone rings."""
        visitor = await self.visitor()
        await visitor.speaks(SENTENCE)
        await self.until(visitor, "ringing")
        return visitor

    async def asking(self) -> tuple[FakeLine, FakeLine]:
        """Have a resident hear out who is at the gate; return the visitor's line and theirs."""
        visitor = await self.ringing()
        resident = await self.resident(visitor.call_id)
        await resident.hears_out()
        return visitor, resident

    def view(self, line: FakeLine) -> CallView:
        """Return the line's call as it is seen from outside."""
        view = self.reception.find(line.call_id)
        assert view is not None
        return view

    def state(self, line: FakeLine) -> str:
        view = self.reception.find(line.call_id)
        return view.state if view is not None else "unknown"

    def said(self, line: FakeLine, speaker: str) -> list[str]:
        """Return what somebody said in the line's call: words, or the keys of our phrases."""
        transcript = self.view(line).visit.transcript
        return [said.key or said.text for said in transcript if said.speaker == speaker]

    async def until(self, line: FakeLine, state: str, limit_s: float = 120.0) -> None:
        """Wait until the line's call is in `state`."""
        async with asyncio.timeout(limit_s):
            while self.state(line) != state:  # noqa: ASYNC110  virtual time costs nothing
                await asyncio.sleep(0.02)

    async def over(self, limit_s: float = 400.0) -> None:
        """Wait until no call is left, and no task but the test's own."""
        async with asyncio.timeout(limit_s):
            while self.reception.living() or len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
