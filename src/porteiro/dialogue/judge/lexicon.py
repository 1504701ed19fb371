"""All phrases of the judge, ready to be matched."""

from functools import lru_cache

from porteiro.dialogue.judge import asides, assent, hindrances, refusal
from porteiro.dialogue.judge.notation import Pattern, code, compiled, words_of
from porteiro.dialogue.judge.nouns import KIND, UNHEARD_OF
from porteiro.dialogue.judge.parts import Part
from porteiro.dialogue.judge.vocabulary import DEFINITIONS, PIECES

Phrases = tuple[tuple[Part, Pattern], ...]

_LINES = {
    part: [line for line in map(str.strip, lines.splitlines()) if line]
    for part, lines in (hindrances.LINES | refusal.LINES | assent.LINES | asides.LINES).items()
}
_WORDS = words_of([*PIECES.values(), *(line for lines in _LINES.values() for line in lines)])
_PHRASES = [(part, compiled(line, DEFINITIONS)) for part in Part for line in _LINES[part]]


def coded(word: str) -> str:
    """Return `word` as `code` does, but a number as @number, a possible name as @unheard."""
    if word.isdecimal():
        return f"@number:{word}"
    if word in KIND or word in _WORDS or not UNHEARD_OF.fullmatch(word):
        return code(word)
    return f"@unheard:{word}"


def phrases_from(coded_word: str) -> Phrases:
    """Return the phrases that may begin with this word, in order of precedence."""
    kind, _, word = coded_word.rpartition(":")
    return _phrases_from(kind, "" if kind in _OPEN else word)


_OPEN = frozenset(("@unheard", "@number"))
"""The kinds of which no word stands in any list."""


@lru_cache(maxsize=4096)
def _phrases_from(kind: str, word: str) -> Phrases:
    itself = f"{kind}:{word}" if kind else word
    return tuple(
        (part, pattern)
        for part, pattern in _PHRASES
        if itself in pattern.first or kind in pattern.first
    )
