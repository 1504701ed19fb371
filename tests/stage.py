"""A stage for dialogues: a conversation played out with no sound and no clock but its own.

A test reads like the dialogue: what people say and key, what Porteiro answers. Words go
through the real rules, the real judge and a real directory; time is moved by hand.
"""

from collections.abc import Iterable
from typing import TypeVar

from porteiro.condominiums.directory import Apartment, Directory
from porteiro.dialogue import effects as do
from porteiro.dialogue.events import (
    Event,
    FalseStart,
    GateAnswered,
    Heard,
    Interrupted,
    KeyPressed,
    LegArrived,
    LegHeld,
    LegLeft,
    LegResumed,
    Recorded,
    RingEnded,
    RingResult,
    SpeechStarted,
    Spoken,
    TimerFired,
)
from porteiro.dialogue.interruptions import interrupts
from porteiro.dialogue.machine import Conversation
from porteiro.dialogue.options import DialogueOptions
from porteiro.dialogue.phrases import Phrases
from porteiro.dialogue.states import State
from porteiro.dialogue.terms import Decision, Role
from porteiro.dialogue.understanding import understand

V, R = Role.VISITOR, Role.RESIDENT
E = TypeVar("E", bound=do.Effect)

APARTMENTS = (
    Apartment("501", ("Renata Oliveira", "Guilherme Andrade"), ("1003030",)),
    Apartment("502", ("Camila Rezende",), ("1003031", "1003032")),
    Apartment("603", ("Maria Fonseca", "Maria Aparecida Lima"), ("1003033",)),
    Apartment("701", ("Leonardo Cunha",), ()),
)


class Stage:
    """One conversation on stage."""

    def __init__(
        self,
        options: DialogueOptions | None = None,
        apartments: Iterable[Apartment] = APARTMENTS,
    ) -> None:
        """Set the stage with the curtain down."""
        options = options or DialogueOptions()
        self.directory = Directory(apartments)
        phrases = Phrases(
            "Condomínio Apoena",
            "Condomínio Apoena, em que posso ajudar?",
            one_thing_at_a_time=options.one_thing_at_a_time,
        )
        self.conversation = Conversation(self.directory, phrases, options)
        self.effects: list[do.Effect] = []
        self.timers: dict[str, float] = {}
        self.now = 0.0
        self.talking: set[Role] = set()
        self.held: set[Role] = set()
        self.listening: dict[Role, do.Listen] = {}

    # ------------------------------------------------------------------- what happens

    def happens(self, event: Event) -> "Stage":
        """Let an event happen, and carry its effects out as far as a stage can."""
        match event:
            case LegHeld(role):
                self.held.add(role)
            case LegResumed(role):
                self.held.discard(role)
            case _:
                pass
        for effect in self.conversation.handle(event).effects:
            self.effects.append(effect)
            match effect:
                case do.Say(role):
                    self.talking.add(role)
                case do.StopTalking(role):
                    self.talking.discard(role)
                case do.Listen(role):
                    self.listening[role] = effect
                case do.StopListening(role):
                    self.listening.pop(role, None)
                case do.StartTimer(name, seconds):
                    self.timers[name] = self.now + seconds
                case do.StopTimer(name):
                    self.timers.pop(name, None)
                case _:
                    pass
        return self

    def hears_all(self) -> "Stage":
        """Let everybody hear out what is being said to them; who is on hold cannot."""
        while listeners := self.talking - self.held:
            role = min(listeners)
            self.talking.discard(role)
            self.happens(Spoken(role))
        return self

    def visitor_comes(self) -> "Stage":
        return self.happens(LegArrived(V)).hears_all()

    def resident_answers(self) -> "Stage":
        return self.happens(LegArrived(R)).hears_all()

    def visitor_says(self, text: str, *, sure: bool = True) -> "Stage":
        listen = self.listening[V]
        understood = understand(
            text, listen.question, self.directory.residents(), self.directory.apartments()
        )
        self.happens(SpeechStarted(V, listen.turn))
        self.happens(Heard(V, listen.turn, text, 0.9, sure=sure, understood=understood))
        return self.hears_all()

    def resident_says(self, text: str, *, sure: bool = True) -> "Stage":
        listen = self.listening[R]
        self.happens(SpeechStarted(R, listen.turn))
        return self.happens(Heard(R, listen.turn, text, 0.9, sure=sure))

    def resident_interrupts(self, text: str, *, early: bool = False) -> "Stage":
        """Let the resident speak into what is being said; a leg lets pass what counts."""
        listen = self.listening[R]
        heard = Heard(R, listen.turn, text, 0.9, sure=True, over=True, early=early)
        if interrupts(heard, listen.question):
            self.talking.discard(R)
            self.happens(Interrupted(R, self.said(R)[-1], 1.0)).happens(heard)
        return self

    def noise(self, role: Role) -> "Stage":
        turn = self.listening[role].turn
        return self.happens(SpeechStarted(role, turn)).happens(FalseStart(role, turn))

    def keys(self, role: Role, keys: str) -> "Stage":
        for key in keys:
            self.happens(KeyPressed(role, key))
        return self.hears_all() if self.conversation.state is not State.CLOSING else self

    def records(self, seconds: float = 2.0) -> "Stage":
        return self.happens(Recorded(V, "words" if seconds else "", seconds)).hears_all()

    def ring_ends(self, result: RingResult) -> "Stage":
        return self.happens(RingEnded(self.conversation.facts.attempt, result))

    def hold(self, role: Role) -> "Stage":
        return self.happens(LegHeld(role))

    def unhold(self, role: Role) -> "Stage":
        return self.happens(LegResumed(role)).hears_all()

    def leaves(self, role: Role) -> "Stage":
        return self.happens(LegLeft(role, "hangup"))

    def gate_answers(self, *, opened: bool = True) -> "Stage":
        return self.happens(GateAnswered(opened=opened))

    def passes(self, seconds: float) -> "Stage":
        """Let time pass, timers firing in order, phrases being heard out at once."""
        end = self.now + seconds
        while True:
            due = [(at, name) for name, at in self.timers.items() if at <= end]
            if not due:
                self.now = end
                return self
            self.now, name = min(due)
            del self.timers[name]
            self.happens(TimerFired(name)).hears_all()

    # -------------------------------------------------------------------- what is seen

    @property
    def state(self) -> State:
        return self.conversation.state

    def is_in(self, state: State) -> bool:
        return self.conversation.state is state

    def of(self, kind: type[E]) -> list[E]:
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def said(self, role: Role) -> list[str]:
        """Return the keys of all that was said to somebody."""
        return [e.key for e in self.effects if isinstance(e, do.Say) and e.role is role]

    def words_to(self, role: Role) -> str:
        """Return every word said to somebody."""
        return " ".join(
            segment.text
            for e in self.effects
            if isinstance(e, do.Say) and e.role is role
            for segment in e.segments
            if isinstance(segment, do.Words)
        )

    @property
    def rung(self) -> list[str]:
        return [e.number for e in self.effects if isinstance(e, do.Ring) and e.number]

    @property
    def announced(self) -> list[Decision]:
        return [e.decision for e in self.effects if isinstance(e, do.Announce)]

    @property
    def hung_up(self) -> list[Role]:
        return [e.role for e in self.effects if isinstance(e, do.HangUp)]
