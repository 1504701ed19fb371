"""One visit in which one thing breaks at one step, and what everybody heard of it."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from porteiro.audio.clip import Clip
from porteiro.calls.archive import VisitFilter, VisitsPage
from porteiro.calls.board import ChangeStream
from porteiro.calls.ports import GateOrder, PlayoutObserver, RingRequest, Transcript, TurnRequest
from porteiro.calls.reception import Reception, ReceptionOptions
from porteiro.calls.services import CallOptions, Services
from porteiro.calls.visit import Visit
from porteiro.clock import LoopClock
from porteiro.dialogue.events import RingResult
from porteiro.dialogue.guide import Guide
from porteiro.dialogue.phrases import FIXED
from porteiro.dialogue.terms import Decision, Question, Role, Understood
from porteiro.errors import DialerError, GateError, SpeechError, StorageError
from porteiro.speech.phrase_cache import Progress
from porteiro.speech.preference import Choice, Preference
from porteiro.speech.preference_voices import KeptVoices, PreferredVoices
from porteiro.storage.visits.spool import SpooledVisits, VisitsOptions
from tests.fakes import FRAME_S, RATE, Rules
from tests.marked_sound import Sounds
from tests.town import EXTENSIONS, PLACES, AtOnce, Ears, Person, Turn

EXTENSION, PLACE = EXTENSIONS[0], PLACES[0]


class JumpingClock(LoopClock):
    """The loop's clock, with a calendar that somebody sets anew."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def wall(self) -> datetime:
        return super().wall() + self.ahead


class Phone(Person):
    """A phone that keeps when it sounded, and whose PBX may stop reading."""

    def __init__(self, sounds: Sounds, role: Role, call_id: str | None = None) -> None:
        super().__init__(sounds, role, call_id)
        self.sounded: list[tuple[float, float, str]] = []
        self.stalled = False
        self.waited_s = 0.0
        """The longest silence within one phrase, for more of it to be made."""
        self._there_s = self._sounds_until = 0.0

    def play(self, clip: Clip, ended: PlayoutObserver) -> None:
        began = asyncio.get_running_loop().time()

        def told(played_s: float, *, finished: bool) -> None:
            pcm = bytes(clip.pcm[: 2 * round(played_s * RATE)])
            words = [each.marked.text for each in self._sounds.read(pcm)]
            if any(pcm):
                self.sounded.append((began, began + played_s, " ".join(words) or "[tone]"))
            ended(played_s, finished=finished)

        self._there_s, self._sounds_until = clip.seconds, began + clip.seconds
        super().play(clip, told)

    def _tick(self, clip: Clip) -> None:
        if clip is self.clip and not clip.complete:
            self._wait_for_more(clip, asyncio.get_running_loop().time())
        if not self.stalled:
            super()._tick(clip)

    def _wait_for_more(self, clip: Clip, now: float) -> None:
        more_s, self._there_s = clip.seconds - self._there_s, clip.seconds
        if more_s:  # it sounds from now on, where what was there before is over
            self._sounds_until = max(self._sounds_until, now) + more_s
        self.waited_s = max(self.waited_s, now - self._sounds_until)

    @property
    def played_s(self) -> float:
        return 0.0 if self.stalled else super().played_s

    def hang_up(self) -> None:
        self.closes_when_hung_up = not self.stalled
        super().hang_up()


@dataclass
class Broken:
    """What is broken now."""

    things: set[str] = field(default_factory=set)

    async def check(self, what: str, error: Exception) -> None:
        """Hang or fail as it is broken."""
        if f"{what} hangs" in self.things:
            await asyncio.Event().wait()
        if f"{what} fails" in self.things:
            raise error


class BrokenEars(Ears):
    """Ears that break."""

    broken: Broken

    def open(self, request: TurnRequest) -> "BrokenTurn":
        turn = BrokenTurn(self, request)
        turn.broken = self.broken
        self.open_turns.add(turn)
        return turn


class BrokenTurn(Turn):
    """A turn of theirs."""

    broken: Broken

    async def finish(self) -> Transcript:
        await self.broken.check("transcriber", SpeechError("no ears today"))
        if "worker dies" in self.broken.things:
            await asyncio.sleep(1.5)  # it is started again, and dies of the same turn
            raise SpeechError("the recognition worker ended twice")
        heard = await super().finish()
        if "rubbish" in self.broken.things:
            return Transcript(
                "zxq \N{REPLACEMENT CHARACTER} 9e99 sim não", float("nan"), sure=False
            )
        return heard


class Mind(Rules):
    """An understanding that breaks."""

    def __init__(self, broken: Broken) -> None:
        self._broken = broken

    async def understand(
        self, call_id: str, said: str, asked: Question | None, guide: Guide
    ) -> Understood:
        await self._broken.check("understanding", SpeechError("no mind today"))
        return await super().understand(call_id, said, asked, guide)


class Mouth:
    """Voices with every fixed phrase in memory, which break where one has to be made."""

    def __init__(self, sounds: Sounds, broken: Broken, name: str) -> None:
        self._sounds, self._broken, self._name = sounds, broken, name

    def cached(self, text: str, voice: str, sample_rate: int) -> bytes | None:
        return None if "está no portão" in text else self._sounds.phrase(text)

    async def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        await self._broken.check(self._name, SpeechError("no voice today"))
        yield self._sounds.phrase(text)

    async def warm(
        self, texts: Iterable[str], voice: str, sample_rate: int, progress: Progress | None = None
    ) -> None:
        """Everything is warm."""


class Store:
    """A database of visits that goes away."""

    def __init__(self, broken: Broken) -> None:
        self._broken = broken
        self.visits: list[Visit] = []

    async def add(self, visits: Sequence[Visit]) -> None:
        await self._broken.check("database", StorageError("no database today"))
        self.visits += visits

    async def find(self, wanted: VisitFilter, limit: int, cursor: str | None = None) -> VisitsPage:
        raise NotImplementedError

    async def condominiums(self) -> Sequence[int]:
        raise NotImplementedError

    async def forget(self, condominium_id: int, before: datetime) -> int:
        raise NotImplementedError


class FaultyWorld:
    """A condominium, one visitor and one resident; what is in `broken` does not work."""

    def __init__(self, folder: Path) -> None:
        asyncio.get_running_loop().set_default_executor(AtOnce())
        self.broken, self.sounds, self.clock = Broken(), Sounds(), JumpingClock()
        self.ears = BrokenEars(self.sounds, random.Random(1), sure=False)
        self.ears.broken = self.broken
        self.store = Store(self.broken)
        self.visits = SpooledVisits(VisitsOptions(folder / "visits"), self.store)
        self.visits._thread = AtOnce()
        self.orders: list[tuple[float, GateOrder]] = []
        self.resident: Phone | None = None
        self._picking_up: set[asyncio.Task[None]] = set()
        first, last = (Mouth(self.sounds, self.broken, n) for n in ("first voice", "last voice"))
        choices: list[Choice[KeptVoices]] = [Choice("first", first), Choice("last", last, 5.0)]
        services = Services(
            clock=self.clock,
            voices=PreferredVoices(Preference("speaking", choices, self.clock)),
            transcriber=self.ears,
            understanding=Mind(self.broken),
            gate=self,
            visits=self.visits,
            changes=ChangeStream(),
            dialer=self,
        )
        limits = ReceptionOptions()
        self.reception = Reception(services, lambda _: PLACE, CallOptions(), limits)
        self.visitor = Phone(self.sounds, Role.VISITOR)

    async def announce(self, order: GateOrder) -> None:
        """Be the gate."""
        if order.decision is Decision.AUTHORIZED:
            self.orders.append((asyncio.get_running_loop().time(), order))
        await self.broken.check("gate", GateError("no gate today"))

    async def ring(self, request: RingRequest) -> RingResult:
        """Be the dialer; the resident picks up after a second."""
        await self.broken.check("dialer", DialerError("no PBX today"))
        await asyncio.sleep(1.0)
        if self.resident is None:
            self.resident = Phone(self.sounds, Role.RESIDENT, request.call_id)
            self.reception.arrived(EXTENSION, Role.RESIDENT, self.resident)
            task = asyncio.create_task(answer(self.resident, RESIDENT))
            self._picking_up.add(task)
            task.add_done_callback(self._picking_up.discard)
        return RingResult.ACCEPTED

    @property
    def state(self) -> str:
        view = self.reception.find(self.visitor.call_id)
        return str(view.state) if view is not None else "greeting"


VISITOR = {
    "greeting": "sou o Pedro, tenho uma entrega pra Renata do 501",
    "record_both": "é o Pedro, com uma entrega",
    "record_name": "é o Pedro",
    "read_back_question": "sim",
    "ask_keys": "keys 501#",
    "ask_apartment": "keys 501#",
    "ask_purpose": "é uma entrega",
    "ask_visitor": "meu nome é Pedro",
    "ask_resident": "Renata",
}
"""What a willing visitor says to a question, by the key of its last words."""
RESIDENT = {"authorize_question": "sim", "authorize_keys": "sim", "confirm_authorize_keys": "sim"}
_KEYS = {text: key for key, text in FIXED.items()} | {PLACE.greeting: "greeting"}


async def answer(phone: Phone, answers: dict[str, str]) -> None:
    """Answer every question, as long as the line is there; nothing else is said."""
    answered = 0
    while not phone.gone:
        await phone.hears_out()
        heard = [each for _, each in phone.heard if each.marked.owner == "porteiro"]
        reply = answers.get(_KEYS.get(heard[-1].marked.text, ""), "") if heard else ""
        if len(heard) > answered and reply and not phone.gone:
            answered = len(heard)
            if reply.startswith("keys "):
                phone.press(reply.removeprefix("keys "))
            else:
                await phone.says(reply)
        await asyncio.sleep(FRAME_S)
