"""How people take back what they just said: "para o 501, não, 502"."""

import re

_WORDS = (
    r"nao|quer dizer|quis dizer|queria dizer|digo|alias|desculpa|desculpe|perdao|melhor|na verdade"
    r"|minto|mentira|errei|errado|me enganei|enganei|corrigindo|corrige|retifico|e sim|mas sim|pera"
    r"|confundi"
)
_CORRECTION = re.compile(rf" (?:{_WORDS}) ")
_REJECTED = re.compile(
    r" e nao (?:e |era |o |a |no |na |do |da |pro |pra |para |apartamento |ap |apto )*$"
)
_DENIED = re.compile(
    r" nao (?:e|era|sou|to|vim|vou)(?: (?:o|a|no|na|do|da|pro|pra|para|apartamento|ap|apto"
    r"|falar|com|dona|seu|ver|visitar|aqui|uma|um|de|fazer))* $"
)
TAKEN_BACK = rf" (?:(?:{_WORDS}|ou|e|era|sou|o nome|para|pra|pro|com|isso|ops|espera) )*"
"""What stands between a mistaken fact and the right one, besides articles."""


_NOT_THIS_ONE = re.compile(r"^ nao (?:o|a|do|da) $")


def takes_back(between: str) -> bool:
    """Tell whether the folded words between two facts take the first one back."""
    return _CORRECTION.search(f" {between} ") is not None


def is_denied(before: str, *, another_follows: bool) -> bool:
    """Tell whether the words before a fact deny it: "… e não 501", "não é o 501, é o 502".

    "não, é o 502" without its comma is a correction, so that form denies only where
    another fact of the same kind follows.
    """
    if _REJECTED.search(before):
        return True
    return another_follows and (
        _DENIED.search(before) is not None or _NOT_THIS_ONE.search(before) is not None
    )
