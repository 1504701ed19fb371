"""One condominium: its name, its words and its ways."""

from dataclasses import dataclass

from porteiro.dialogue.guide import Guide


@dataclass(frozen=True, slots=True)
class Condominium:
    """What a call needs to know of the condominium it is for.

    Times are in seconds. `greeting` is the first thing a visitor hears;
    `fallback_number` is where a human porter answers, empty where there is none.
    """

    condominium_id: int
    name: str
    greeting: str
    guide: Guide
    voice: str = "pt-br"
    silence_s: float = 0.7
    attempts: int = 2
    ring_s: float = 25.0
    fallback_number: str = ""
