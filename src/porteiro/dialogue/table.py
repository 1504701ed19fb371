"""The dialogue's table: state x event -> the rule that handles it and where it may lead.

Each rule says which states it may lead to. The conversation holds it to that, and the
diagram in the docs is drawn from the same table, so neither can drift from the code.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

from porteiro.dialogue.events import Event, TimerFired
from porteiro.dialogue.states import State
from porteiro.dialogue.terms import Role

if TYPE_CHECKING:
    from porteiro.dialogue.conversation import Conversation

E = TypeVar("E", bound=Event)
Handler = Callable[["Conversation", Event], State]
Entered = Callable[["Conversation", E], State]
Detail = Role | str | None


@dataclass(frozen=True, slots=True)
class Rule:
    """One cell of the table: what handles the event, and the states it may lead to."""

    name: str
    handler: Handler
    to: frozenset[State]


TABLE: dict[tuple[State, type[object], Detail], Rule] = {}


def rule(
    *states: State,
    on: type[E],
    detail: Detail = None,
    to: tuple[State, ...] = (),
) -> Callable[[Entered[E]], Entered[E]]:
    """Enter the decorated function in the table for `states` and the event type `on`.

    `detail` narrows it to one role, or to one timer's name. `to` names the other states
    it may lead to; staying is always allowed.
    """

    def enter(handler: Entered[E]) -> Entered[E]:
        for state in states:
            key = (state, on, detail)
            if key in TABLE:
                raise ValueError(f"two rules for {key}")
            TABLE[key] = Rule(handler.__name__, cast("Handler", handler), frozenset((state, *to)))
        return handler

    return enter


def find_rule(state: State, event: Event) -> Rule | None:
    """Return the rule for `event` in `state`, the narrowest first; None where it means nothing."""
    detail = event.name if isinstance(event, TimerFired) else getattr(event, "role", None)
    kind = type(event)
    return TABLE.get((state, kind, detail)) or TABLE.get((state, kind, None))


def diagram() -> str:
    """Draw the table as a Mermaid state diagram; one arrow a change of state."""
    arrows: dict[tuple[State, State], set[str]] = {}
    for (state, kind, detail), cell in TABLE.items():
        label = kind.__name__ + (f" {detail}" if detail else "")
        for target in cell.to - {state}:
            arrows.setdefault((state, target), set()).add(label)
    lines = ["stateDiagram-v2", f"    [*] --> {State.WAITING}"]
    lines += [
        f"    {source} --> {target}: {', '.join(sorted(labels))}"
        for (source, target), labels in sorted(arrows.items())
    ]
    return "\n".join([*lines, f"    {State.ENDED} --> [*]"])
