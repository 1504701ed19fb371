"""What simulated people do when Porteiro asks them something: pure, no phone needed."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from porteiro.dialogue.numbers import joined, numerals
from porteiro.dialogue.terms import Question
from porteiro.dialogue.words import tokens

RECORD: Final = "record"
"""Asked instead of a `Question` when a person is to speak after the tone."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person was asked: a `Question`'s value or `RECORD`, and in which words.

    `times` counts how often this question has come, from 1.
    """

    question: str
    prompt: str = ""
    times: int = 1


@dataclass(frozen=True, slots=True)
class Speak:
    """Say this; `interrupting` does not hear Porteiro out."""

    text: str
    interrupting: bool = False


@dataclass(frozen=True, slots=True)
class Press:
    """Press these keys, one after the other; `interrupting` does not hear Porteiro out."""

    keys: str
    interrupting: bool = False


@dataclass(frozen=True, slots=True)
class Leave:
    """Hang up."""


@dataclass(frozen=True, slots=True)
class Stay:
    """Say nothing, and wait."""


Reaction = Speak | Press | Leave | Stay


class Script(Protocol):
    """How a person behaves."""

    def react(self, asked: Asked) -> Reaction:
        """Return what the person does now."""
        ...


@dataclass(frozen=True, slots=True)
class Visitor:
    """A visitor who answers one thing at a time, repeats it once, and then uses the keys.

    `opening` is the first thing said, whatever was asked; `apartment` in digits, as on
    the telephone's keys, `spoken_apartment` as it is said; with `keys_apartment` it is
    keyed from the start. With `interrupts` the first thing is said over Porteiro's voice.
    """

    purpose: str = "tenho uma entrega"
    name: str = "Pedro"
    apartment: str = "501"
    spoken_apartment: str = "quinhentos e um"
    resident: str = "Guilherme Andrade"
    surname: str = "Andrade"
    opening: str = ""
    keys_apartment: bool = False
    interrupts: bool = False

    def react(self, asked: Asked) -> Reaction:
        """Answer as people at a gate do."""
        if asked.question == RECORD:
            wants_both = "motivo" in asked.prompt
            return Speak(f"{self.name}, {self.purpose}" if wants_both else self.name)
        if asked.question == Question.CONFIRM_APARTMENT:
            return self._confirm(asked)
        if asked.question == Question.PURPOSE and asked.times == 1:
            return Speak(self.opening or self.purpose, self.interrupts)
        if asked.times > 2:
            return Press(f"{self.apartment}#")
        if asked.question == Question.APARTMENT and self.keys_apartment:
            return Press(f"{self.apartment}#", interrupting=True)
        answers = {
            Question.PURPOSE: self.purpose,
            Question.VISITOR: self.name,
            Question.APARTMENT: self.spoken_apartment,
            Question.RESIDENT: self.resident,
            Question.SURNAME: self.surname,
        }
        answer = answers.get(Question(asked.question))
        return Speak(answer) if answer else Stay()

    def _confirm(self, asked: Asked) -> Reaction:
        """Say yes to the right apartment only; asked once more, use the keys."""
        mine = self._is_mine(asked.prompt)
        if asked.times > 1:
            return Press("#" if mine else f"{self.apartment}#")
        return Speak("sim" if mine else "não")

    def _is_mine(self, prompt: str) -> bool:
        """Say whether the number read back is this apartment's."""
        return self.apartment in {number.digits for number in joined(numerals(tokens(prompt)))}


class Behaviour(StrEnum):
    """What a simulated resident does with the call."""

    AUTHORIZES = "authorizes"
    DENIES = "denies"
    VAGUE = "vague"
    ASKS = "asks"
    KEY = "key"
    NEVER_ANSWERS = "never-answers"
    HANGS_UP = "hangs-up"


_FIRST: Final[dict[Behaviour, Reaction]] = {
    Behaviour.VAGUE: Speak("depende"),
    Behaviour.ASKS: Speak("quem é"),
    Behaviour.KEY: Press("1"),
    Behaviour.HANGS_UP: Leave(),
}


@dataclass(frozen=True, slots=True)
class Resident:
    """A resident who answers the concierge; misunderstood twice, they use the keys."""

    behaviour: Behaviour = Behaviour.AUTHORIZES
    patience: int = 2

    def react(self, asked: Asked) -> Reaction:
        """Answer the question of who may come in."""
        if asked.question not in (Question.AUTHORIZE, Question.CONFIRM_AUTHORIZE):
            return Stay()
        first = _FIRST.get(self.behaviour)
        if first and asked.question == Question.AUTHORIZE and asked.times == 1:
            return first
        denies = self.behaviour is Behaviour.DENIES
        if asked.times > self.patience:
            return Press("2" if denies else "1")
        if asked.question == Question.CONFIRM_AUTHORIZE:
            return Speak("não" if denies else "sim")
        return Speak("não autorizo" if denies else "sim, autorizo")
