"""One conversation: events in, effects out, by the table; it knows no clock and no sound."""

from dataclasses import dataclass

from porteiro.dialogue import effects as do
from porteiro.dialogue.events import Event
from porteiro.dialogue.facts import Facts
from porteiro.dialogue.guide import Guide
from porteiro.dialogue.options import DialogueOptions
from porteiro.dialogue.phrases import Phrase, Phrases
from porteiro.dialogue.states import State
from porteiro.dialogue.table import find_rule
from porteiro.dialogue.terms import Question, Role


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one event led to: the rule that took it (empty where none did) and its effects."""

    rule: str
    effects: tuple[do.Effect, ...]


class Conversation:
    """The dialogue of one call; `handle` is its only input."""

    def __init__(self, guide: Guide, phrases: Phrases, options: DialogueOptions) -> None:
        """Begin, with nobody on the line."""
        self.guide = guide
        self.phrases = phrases
        self.options = options
        self.state = State.WAITING
        self.facts = Facts()
        self.farewells: dict[Role, Phrase] = {}
        self._effects: list[do.Effect] = []
        self._question: Phrase | None = None

    def handle(self, event: Event) -> Outcome:
        """Take one event; return what is to be done, in order."""
        cell = find_rule(self.state, event)
        if cell is None:
            return Outcome("", ())
        self._effects = []
        after = cell.handler(self, event)
        if after not in cell.to:
            raise AssertionError(f"{cell.name} led from {self.state} to {after}")
        self.state = after
        return Outcome(cell.name, tuple(self._effects))

    # The verbs of the rules: each adds an effect.

    def do(self, *effects: do.Effect) -> None:
        """Have `effects` carried out, after those already asked for."""
        self._effects.extend(effects)

    def say(self, role: Role, phrase: Phrase) -> None:
        """Say a phrase to somebody who is still on the line."""
        if role in self.facts.present:
            self.facts.talking.add(role)
            self.do(do.Say(role, phrase.key, phrase.segments, phrase.answerable_after))

    def ask(self, role: Role, question: Question, *phrases: Phrase) -> None:
        """Say `phrases` and listen for the answer; the last one is what `*` repeats."""
        self.facts.asked = question
        self.facts.keys = ""
        self._question = phrases[-1]
        self.do(do.StopTimer("answer"), do.StopTimer("keys"))
        for phrase in phrases:
            self.say(role, phrase)
        self.listen(role, question)

    def ask_again(self, role: Role, *before: Phrase) -> None:
        """Put the last question once more, after `before`."""
        if self._question is not None:
            self.ask(role, self.facts.asked, *before, self._question)

    def listen(self, role: Role, question: Question) -> None:
        """Take a fresh turn of speech; what is still being transcribed no longer counts."""
        self.facts.turn += 1
        self.do(do.Listen(role, self.facts.turn, question))

    def hush(self, role: Role) -> None:
        """Fall silent and stop listening on a leg, as when a key is pressed."""
        self.facts.talking.discard(role)
        self.facts.turn += 1
        self.do(do.StopTalking(role), do.StopListening(role), do.StopTimer("answer"))

    def is_current(self, turn: int) -> bool:
        """Whether a turn's result is the one now waited for."""
        return turn == self.facts.turn
