"""Whether a person can have said what a service says that it heard, in our language."""

import unicodedata
from typing import Final

from porteiro.dialogue.words import fold, tokens
from porteiro.errors import SpeechError

LONGEST: Final = 2000
"""Characters; a minute of fast talk has a thousand."""
_LANGUAGES: Final = {"pt": ("pt", "portuguese", "portugues")}
_CREDITS: Final = ("amara org", "legendas pela comunidade", "inscreva se no canal")
"""What models learned from films to write under music and silence."""


def credible(service: str, text: str) -> str:
    """Return the words, without what no voice can say; empty where nobody said them.

    Words in another script are no Portuguese, and were made up. Raises `SpeechError` when it
    is longer than a turn can be; `service` is its name in the message.
    """
    if len(text) > LONGEST:
        raise SpeechError(f"{service} heard more than anybody could have spoken in a turn")
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    words = " ".join(printable.split())
    folded = " ".join(tokens(words))
    made_up = not _is_latin(words) or any(credit in folded for credit in _CREDITS)
    return "" if made_up else words


def is_language(told: str, wanted: str) -> bool:
    """Whether a language as a service tells it (a code, a locale, a name) is `wanted`, a code."""
    return fold(told).split("-")[0].split("_")[0] in _LANGUAGES.get(wanted, (wanted,))


def _is_latin(text: str) -> bool:
    letters = (letter for letter in text if letter.isalpha())
    return all(unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
