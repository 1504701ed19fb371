"""How alike two people's names are, as heard and as written in a directory."""

import re
from functools import lru_cache

from rapidfuzz import fuzz

from porteiro.dialogue.words import tokens

_PARTICLES = frozenset({"da", "de", "do", "das", "dos", "e", "di", "del"})
_HONORIFICS = frozenset(
    {"dona", "seu", "sr", "sra", "srta", "senhor", "senhora", "senhorita", "dr", "dra", "doutor",
     "doutora", "professor", "professora", "prof", "tio", "tia", "o", "a"}
)  # fmt: skip

_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"ph", "f"),
        (r"ch|sh", "x"),
        (r"(?<=[cgkrtdbp])h|^h", ""),
        (r"^ue|^we|^oe", "ue"),
        (r"w", "v"),
        (r"y", "i"),
        (r"ck|qu(?=[ei])|q|k|c(?![ei])", "k"),
        (r"c|ss|z", "s"),
        (r"g(?=[ei])", "j"),
        (r"n(?=$|[pb])", "m"),
        (r"(.)\1+", r"\1"),
    )
)
SHORTEST_NICKNAME = 4
_NICKNAME_SCORE = 90.0
_SOUND_WEIGHT = 0.98
"""What only sounds the same counts a little less than what is written the same."""


def name_words(name: str) -> tuple[str, ...]:
    """Return the folded words of a name that tell people apart: no particles, no titles."""
    words = [word for word in tokens(name) if word not in _PARTICLES]
    bare = [word for word in words if word not in _HONORIFICS]
    return tuple(bare or words)


@lru_cache(maxsize=8192)
def sound(word: str) -> str:
    """Return a folded word as it sounds: "thiago" and "tiago", "luiz" and "luis" are one."""
    for pattern, replacement in _SOUNDS:
        word = pattern.sub(replacement, word)
    return word


def word_likeness(said: str, written: str) -> float:
    """Return 0 to 100 for two single folded words; the beginning of a name is its nickname."""
    if said == written:
        return 100.0
    if min(len(said), len(written)) < 3:
        return 0.0
    if len(said) >= SHORTEST_NICKNAME and written.startswith(said):
        return _NICKNAME_SCORE
    return max(fuzz.ratio(said, written), _SOUND_WEIGHT * fuzz.ratio(sound(said), sound(written)))


def likeness(said: tuple[str, ...], written: tuple[str, ...]) -> float:
    """Return 0 to 100 for two names given as their `name_words`.

    It is the best of ratio, token-sort ratio and partial ratio, the last of them taken
    word by word: letter by letter it would find "Ana" in "Mariana", and any two letters
    in nearly everybody.
    """
    if not said or not written:
        return 0.0
    whole, directory = " ".join(said), " ".join(written)
    ratio = 0.0
    if min(len(whole), len(directory)) >= 3:
        ratio = max(fuzz.ratio(whole, directory), fuzz.token_sort_ratio(whole, directory))
    return max(ratio, _partial(said, written))


def _partial(said: tuple[str, ...], written: tuple[str, ...]) -> float:
    """Return how well the name with fewer words is found, in order, within the other."""
    swapped = len(said) > len(written)
    few, many = (written, said) if swapped else (said, written)
    worst, start = 100.0, 0
    for word in few:
        scores = [
            (word_likeness(other, word) if swapped else word_likeness(word, other), -place)
            for place, other in enumerate(many[start:], start)
        ]
        if not scores:
            return 0.0
        best, place = max(scores)
        worst, start = min(worst, best), 1 - place
    return worst
