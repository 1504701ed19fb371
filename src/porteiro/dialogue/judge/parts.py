"""The parts that phrases play in an answer."""

from enum import StrEnum, auto


class Part(StrEnum):
    """What a phrase does in an answer; where two match the same words the first one wins."""

    TURN_AWAY = auto()
    """Sends the visitor off or the parcel elsewhere: no yes, and alone no clear no either."""
    STRANGER = auto()
    """Nobody they know or expect: supports a no, is none."""
    REPEAT = auto()
    QUESTION = auto()
    WAIT = auto()
    LATER = auto()
    DOUBT = auto()
    CONDITION = auto()
    CONTRAST = auto()
    """"Mas": what comes after it takes something back."""
    IDIOM = auto()
    """Sounds like a yes and is none: "pois sim", "pode falar"."""
    REGRET = auto()
    REPORT = auto()
    REPAIR = auto()
    REFUSE = auto()
    """A refusal complete in itself: "nem pensar", "pode não"."""
    NOT = auto()
    """A negation; what it denies stands right after it, or nothing does."""
    WEAK = auto()
    """"Tá bom", "uhum": they follow us, which is not a yes."""
    AGREE = auto()
    """"Certo", "isso": a yes to a question that asks for confirmation, else WEAK."""
    DISAGREE = auto()
    """"Errado": a no to such a question."""
    SIM = auto()
    """The bare word, with which people also answer the telephone."""
    AFFIRM = auto()
    OKAY = auto()
    APPROVE = auto()
    """Says itself what is allowed: "pode entrar", "autorizo"."""
    HARMLESS = auto()
    """Says who comes or that all is well, and changes no answer."""
    TOPIC = auto()
    """Somebody, and nothing about them: "o Pedro?"; "meu marido, autoriza" is no yes."""
    WHO = auto()
    """Names somebody: harmless, but also how people say who is speaking."""
    PHONE = auto()
    GREETING = auto()
    THANKS = auto()
    """Politeness that with a bare "ok" only ends a conversation."""
    FILLER = auto()
