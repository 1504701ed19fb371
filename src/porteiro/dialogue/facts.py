"""What a conversation knows so far."""

from dataclasses import dataclass, field

from porteiro.dialogue.guide import Match
from porteiro.dialogue.states import State
from porteiro.dialogue.terms import Decision, Purpose, Question, Role


@dataclass(slots=True)
class Facts:
    """The memory of one conversation; changed by the dialogue's rules only.

    `certain` says that the apartment need not be read back, `stands` that it was keyed or
    confirmed and is right whatever else was said. `misses` counts turns in a row that were
    not understood, `given_up` holds the questions that are not put again. `late` says that
    the call has lasted as long as it may, so that nobody on hold is waited for any more.
    `number` is the one rung last. `untold` says that the resident spoke before they heard
    who is at the gate, and has not been told since.

    After a restart of Porteiro `before` is where the conversation stood, `lost` holds those
    who were on the line and are not back, `words_lost` says that the visitor's recorded words
    are gone, `unrung` that the number last to be rung was not, `order_due` that the gate was
    not told the decision yet, and `gate_unknown` that it was, and nobody knows what came of it.
    """

    purpose: Purpose | None = None
    visitor: str = ""
    apartment: str = ""
    resident: str = ""
    certain: bool = False
    stands: bool = False
    keyed: bool = False
    recording: str = ""
    recorded: bool = False
    match: Match | None = None

    asked: Question = Question.PURPOSE
    turn: int = 0
    keys: str = ""
    misses: int = 0
    repeats: int = 0
    lookups: int = 0
    given_up: set[Question] = field(default_factory=set)

    plan: list[str] = field(default_factory=list)
    number: str = ""
    attempt: int = 0

    untold: bool = False
    unclear: int = 0
    questions: int = 0
    decision: Decision | None = None
    decided_by: str = ""
    end: str = ""

    present: set[Role] = field(default_factory=set)
    talking: set[Role] = field(default_factory=set)
    held: set[Role] = field(default_factory=set)
    late: bool = False
    gate_pending: bool = False
    gate_opened: bool = False
    handed_over: bool = False

    before: State = State.WAITING
    lost: set[Role] = field(default_factory=set)
    words_lost: bool = False
    unrung: bool = False
    order_due: bool = False
    gate_unknown: bool = False
