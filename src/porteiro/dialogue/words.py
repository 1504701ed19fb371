"""Portuguese text reduced to what matters for comparing: no accents, no case, no punctuation."""

import re
import unicodedata

_WORD = re.compile(r"[a-z0-9]+")


def fold(text: str) -> str:
    """Return `text` in lower case, without accents or cedillas, white space collapsed."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFD", text)
        text = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(text.casefold().split())


def tokens(text: str) -> list[str]:
    """Return the folded words and numbers of `text`, in order, punctuation dropped."""
    return _WORD.findall(fold(text))
