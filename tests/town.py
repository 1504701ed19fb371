"""A town of condominiums behind one reception, where many people call at once in virtual time.

Every person keeps what they heard and said and when, so that a test can tell afterwards
whether anything of one call came up in another.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from porteiro.audio.clip import Clip
from porteiro.calls.board import ChangeStream
from porteiro.calls.ports import (
    GateOrder,
    PlayoutObserver,
    RingRequest,
    Transcript,
    TurnRequest,
)
from porteiro.calls.reception import Reception, ReceptionOptions
from porteiro.calls.services import CallOptions, Services
from porteiro.clock import LoopClock
from porteiro.condominiums.condominium import Condominium
from porteiro.condominiums.directory import Apartment, Directory
from porteiro.condominiums.extension import Extension
from porteiro.dialogue.events import RingResult
from porteiro.dialogue.guide import Guide
from porteiro.dialogue.terms import Decision, Question, Role, Understood
from porteiro.errors import DialerError, GateError, SpeechError
from tests.fakes import FRAME_S, RATE, FakeLine, FakeVisits, Rules, Utterances
from tests.marked_sound import Heard, Sounds

P = ParamSpec("P")
T = TypeVar("T")

PLACES = (
    Condominium(
        15,
        "Condomínio Apoena",
        "Condomínio Apoena, em que posso ajudar?",
        Directory(
            (
                Apartment("501", ("Renata Oliveira",), ("15501",)),
                Apartment("502", ("Camila Rezende",), ("15502", "15512")),
            )
        ),
    ),
    Condominium(
        16,
        "Residencial Jatobá",
        "Residencial Jatobá, bom dia!",
        Directory(
            (
                Apartment("501", ("Leonardo Cunha",), ("16501",)),
                Apartment("502", ("Beatriz Macedo",), ("16502",)),
            )
        ),
        silence_s=0.5,
    ),
    Condominium(
        17,
        "Edifício Aroeira",
        "Edifício Aroeira, pois não?",
        Directory(
            (
                Apartment("501", ("Guilherme Andrade",), ("17501",)),
                Apartment("502", ("Sandra Fonseca",), ()),
            )
        ),
        attempts=1,
    ),
)
"""Three condominiums with the same apartments, where other people live."""

EXTENSIONS = tuple(
    Extension(i, f"{i}00", f"{i}01", "127.0.0.1", 8000 + i, 8200 + i, place.condominium_id)
    for i, place in enumerate(PLACES, start=10)
)


class AtOnce(ThreadPoolExecutor):
    """Computes at once: threads know no virtual time."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        future: Future[T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a person said or keyed, and from when to when; on hold nobody could hear it."""

    text: str
    began: float
    ended: float
    on_hold: bool
    key: bool = False


class Person(FakeLine):
    """Somebody on the phone, who remembers everything."""

    def __init__(self, sounds: Sounds, role: Role, call_id: str | None = None) -> None:
        """Pick the phone up."""
        super().__init__(Utterances(), call_id)
        self.role = role
        self.owner = f"{role} {self.call_id} {id(self)}"
        self.heard: list[tuple[float, Heard]] = []
        self.spoken: list[Spoken] = []
        self.on_hold = False
        self.came_at = asyncio.get_running_loop().time()
        self.left_at = float("inf")
        self.leaving: asyncio.TimerHandle | None = None
        self._sounds = sounds

    def leave(self, cause: str = "eof") -> None:
        self.left_at = min(self.left_at, asyncio.get_running_loop().time())
        if self.leaving is not None:
            self.leaving.cancel()
        super().leave(cause)

    @property
    def gone(self) -> bool:
        return self._gone

    def play(self, clip: Clip, ended: PlayoutObserver) -> None:
        began = asyncio.get_running_loop().time()

        def told(played_s: float, *, finished: bool) -> None:
            for heard in self._sounds.read(bytes(clip.pcm[: 2 * round(played_s * RATE)])):
                self.heard.append((began + heard.at / (2 * RATE), heard))
            ended(played_s, finished=finished)

        super().play(clip, told)

    async def says(self, text: str, lost: float = 0.0, chance: random.Random | None = None) -> None:
        """Say something now, of which the line loses frames, and fall silent."""
        loop = asyncio.get_running_loop()
        began, on_hold = loop.time(), self.on_hold
        frames: list[bytes | None] = [*self._sounds.speech(text, self.owner)]
        if chance is not None:
            frames = [frame if chance.random() >= lost else None for frame in frames]
        for frame in [*frames, *[bytes(320)] * 12]:
            on_hold |= self.on_hold
            if frame is not None and self.listener is not None and not self._gone:
                self.listener.audio(frame)
            await asyncio.sleep(FRAME_S)
        self.spoken.append(Spoken(text, began, loop.time() - 12 * FRAME_S, on_hold))

    def press(self, keys: str) -> None:
        """Press keys; who is gone presses none."""
        now = asyncio.get_running_loop().time()
        for key in "" if self._gone else keys:
            self.spoken.append(Spoken(key, now, now, self.on_hold, key=True))
            self.keys(key)

    async def is_held(self, seconds: float, text: str = "") -> None:
        """Be on hold for so long; meanwhile speak, and press 1, where there is a text."""
        self.on_hold = True
        self.hold()
        await asyncio.sleep(seconds)
        if text:
            self.press("1")
            await self.says(text)
        self.on_hold = False
        if not self._gone:
            self.unhold()

    def words_heard(self) -> str:
        """Return every word that Porteiro said on this line."""
        said = (heard for _, heard in self.heard if heard.marked.owner == "porteiro")
        return " | ".join(heard.marked.text for heard in said)

    def heard_out(self, words: str) -> float | None:
        """Return when a phrase with these words had been heard to its end for the first time."""
        frames = 0
        for at, heard in self.heard:
            if words in heard.marked.text:
                frames += len(heard.words)
                if frames >= heard.marked.frames:
                    return at + len(heard.words) * FRAME_S
        return None


class Voices:
    """Says everything in marked sound, and what was not said before only after a while."""

    def __init__(self, sounds: Sounds, late_s: float) -> None:
        self._sounds = sounds
        self._late_s = late_s
        self._made: set[str] = set()

    def cached(self, text: str, voice: str, sample_rate: int) -> bytes | None:
        ready = text in self._made or "está no portão" not in text
        return self._sounds.phrase(text) if ready else None

    async def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        await asyncio.sleep(self._late_s)
        self._made.add(text)
        yield self._sounds.phrase(text)


@dataclass
class Ears:
    """Hears the words in the sound, late at times, and not always; keeps what is mixed up."""

    sounds: Sounds
    chance: random.Random
    sure: bool = True
    worst_s: float = 0.0
    failing: float = 0.0
    closed_grammar: bool = False
    open_turns: set["Turn"] = field(default_factory=set)
    mixed: list[str] = field(default_factory=list)

    def open(self, request: TurnRequest) -> "Turn":
        turn = Turn(self, request)
        self.open_turns.add(turn)
        return turn


class Turn:
    """One turn, of one person."""

    def __init__(self, ears: Ears, request: TurnRequest) -> None:
        self._ears = ears
        self._request = request
        self._pcm = bytearray()

    def feed(self, pcm: bytes) -> None:
        before = len(self._pcm)
        self._pcm += pcm
        if before // 8000 != len(self._pcm) // 8000:  # the words so far, each half second
            self._request.partial(self._words())

    async def finish(self) -> Transcript:
        ears = self._ears
        await asyncio.sleep(ears.chance.random() * ears.worst_s)
        if ears.chance.random() < ears.failing:
            raise SpeechError("no ears today")
        return Transcript(self._words(), 0.9, sure=ears.sure)

    def cancel(self) -> None:
        self._ears.open_turns.discard(self)

    def _words(self) -> str:
        heard = self._ears.sounds.read(bytes(self._pcm))
        owners = {each.marked.owner for each in heard}
        if len(owners) > 1:
            self._ears.mixed.append(f"one turn holds the sound of {owners}")
        return " ".join(each.text for each in heard if each.text)


class Reason(Rules):
    """Understands by the real rules; keeps who was told of another place's people."""

    def __init__(self, places: dict[str, Condominium]) -> None:
        self.places = places
        self.mixed: list[str] = []

    async def understand(
        self, call_id: str, said: str, asked: Question | None, guide: Guide
    ) -> Understood:
        if guide is not self.places[call_id].guide:
            self.mixed.append(f"{call_id} is told of another place's people")
        return await super().understand(call_id, said, asked, guide)


class TownGate:
    """Keeps every try, with its time; refuses some."""

    def __init__(self, chance: random.Random, refusing: float) -> None:
        self.tries: list[tuple[float, GateOrder]] = []
        self._chance = chance
        self._refusing = refusing

    async def announce(self, order: GateOrder) -> None:
        self.tries.append((asyncio.get_running_loop().time(), order))
        await asyncio.sleep(self._chance.random())
        if self._chance.random() < self._refusing:
            raise GateError("the relay answered 500")

    def authorized(self, call_id: str) -> list[tuple[float, GateOrder]]:
        return [(at, o) for at, o in self.of(call_id) if o.decision is Decision.AUTHORIZED]

    def of(self, call_id: str) -> list[tuple[float, GateOrder]]:
        return [(at, order) for at, order in self.tries if order.call_id == call_id]


class TownDialer:
    """Has whoever is called answer, as `phones` says by the call's id."""

    def __init__(self) -> None:
        self.requests: list[RingRequest] = []
        self.ringing = 0
        self.phones: dict[str, Callable[[RingRequest], Coroutine[None, None, RingResult]]] = {}

    async def ring(self, request: RingRequest) -> RingResult:
        self.requests.append(request)
        self.ringing += 1
        try:
            return await self.phones[request.call_id](request)
        except KeyError as error:
            raise DialerError("nobody is called for this id") from error
        finally:
            self.ringing -= 1


@dataclass
class Town:
    """Everything there is in the town; make it within a running virtual loop."""

    seed: int = 0
    sure: bool = True
    late_s: float = 0.0
    failing: float = 0.0
    closed_grammar: bool = False
    refusing: float = 0.0
    limits: ReceptionOptions = field(default_factory=ReceptionOptions)

    def __post_init__(self) -> None:
        asyncio.get_running_loop().set_default_executor(AtOnce())
        self.chance = random.Random(self.seed)
        self.sounds = Sounds()
        self.ears = Ears(
            self.sounds, self.chance, self.sure, self.late_s, self.failing, self.closed_grammar
        )
        self.gate = TownGate(self.chance, self.refusing)
        self.dialer, self.visits = TownDialer(), FakeVisits()
        self.changes = ChangeStream()
        self.reason = Reason({})
        services = Services(
            clock=LoopClock(),
            voices=Voices(self.sounds, self.late_s),
            transcriber=self.ears,
            understanding=self.reason,
            gate=self.gate,
            visits=self.visits,
            changes=self.changes,
            dialer=self.dialer,
        )
        self.reception = Reception(services, self._place_of, CallOptions(), self.limits)

    def _place_of(self, extension: Extension) -> Condominium:
        return next(p for p in PLACES if p.condominium_id == extension.condominium_id)

    def comes(self, extension: Extension, role: Role, call_id: str | None = None) -> Person:
        """Let somebody's line come in."""
        person = Person(self.sounds, role, call_id)
        self.reason.places.setdefault(person.call_id, self._place_of(extension))
        self.reception.arrived(extension, role, person)
        return person

    async def over(self, limit_s: float = 700.0) -> None:
        """Wait until no call is left, and no task but the test's own."""
        async with asyncio.timeout(limit_s):
            while self.reception.living() or len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110
                await asyncio.sleep(0.5)

    def forget(self) -> None:
        """Drop what the test itself has kept of visits that are over."""
        for kept in (self.sounds.said, self.visits.visits, self.gate.tries, self.dialer.requests):
            kept.clear()
        for known in (self.sounds.phrases, self.reason.places, self.dialer.phones):
            known.clear()

    def left_over(self) -> list[str]:
        """Return what should not be there any more, once all is over."""
        loop = asyncio.get_running_loop()
        timers = [h for h in getattr(loop, "_scheduled", ()) if not h.cancelled()]
        found = {
            "tasks": len(asyncio.all_tasks()) - 1,
            "timers": len(timers),
            "calls": self.reception.held,
            "tasks of the reception": len(self.reception._tasks),
            "lines being told": self.reception.capacity().told,
            "transcriptions": len(self.ears.open_turns),
            "phones ringing": self.dialer.ringing,
        }
        left = [f"{count} {what}" for what, count in found.items() if count]
        return [*left, *map(str, timers)]
