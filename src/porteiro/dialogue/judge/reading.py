"""What was said, cut into clauses and these into phrases, each with its part."""

import re
from dataclasses import dataclass

from porteiro.dialogue.judge.lexicon import coded, phrases_from
from porteiro.dialogue.judge.notation import CodedClause
from porteiro.dialogue.judge.parts import Part
from porteiro.dialogue.words import fold

LONGEST = 400
"""Characters; nobody answers yes or no at greater length."""

_CLITIC = re.compile(r"(?<=[a-z])-(?=[a-z])")
_TITLE = re.compile(r"\b(sra?|dra?)\.")
_TOKEN = re.compile(r"[a-z0-9]+|\.{2,}|…|[-–—]+|\S")
_STOPS = frozenset("?!.,;:…-–—")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_HESITATIONS = frozenset(
    ("ah", "ahn", "ahm", "eh", "hm", "hmm", "hum", "hun", "uh", "oh", "ih", "ham")
)
_STAMMERED = frozenset(("eu", "e", "o", "a", "pode", "deixa", "libera", "autorizo"))
_SPELLINGS = {
    **dict.fromkeys(("naum", "num", "noa", "nau", "nan"), "nao"),
    **dict.fromkeys(("altorizo", "autoriso", "altoriso", "autorizu", "otorizo"), "autorizo"),
    **dict.fromkeys(("autorisado", "altorizado"), "autorizado"),
    **dict.fromkeys(("autorisar", "altorizar"), "autorizar"),
    **dict.fromkeys(("vc", "ce", "oce"), "voce"),
    **dict.fromkeys(("altoriza", "autorisa"), "autoriza"),
    **dict.fromkeys(("q", "oq"), "que"),
    "sr": "senhor",
    "sra": "senhora",
    "dr": "doutor",
    "dra": "doutora",
    "tah": "ta",
    "tb": "tambem",
    "simm": "sim",
    "podi": "pode",
    "dexa": "deixa",
    "dexar": "deixar",
    "intrar": "entrar",
    "craro": "claro",
    "brigado": "obrigado",
    "brigada": "obrigada",
}


@dataclass(frozen=True, slots=True)
class Phrase:
    """Some words of a clause, folded; `part` is None where no phrase explains them."""

    part: Part | None
    words: str


@dataclass(frozen=True, slots=True)
class Clause:
    """The phrases between two stops; `stop` holds the signs that end it, "" where none do."""

    phrases: tuple[Phrase, ...]
    stop: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The clauses of one answer.

    `odd` tells of signs that no transcriber writes in a plain answer (quotation marks,
    brackets, symbols), or of more text than an answer has.
    """

    clauses: tuple[Clause, ...]
    odd: bool


def read(said: str) -> Reading:
    """Read a transcriber's text, with or without accents and punctuation."""
    text = _TITLE.sub(r"\1", _CLITIC.sub(" ", fold(said[: LONGEST + 1])))
    odd = len(said) > LONGEST
    clauses: list[Clause] = []
    words: list[str] = []
    stop = ""
    for token in _TOKEN.findall(text):
        if token[0] in _STOPS:
            stop += token
        elif token.isascii() and token.isalnum():
            if stop:
                odd = _close(clauses, words, stop) or odd
                words, stop = [], ""
            _add(words, token)
        else:
            odd = True
    odd = _close(clauses, words, stop) or odd
    return Reading(tuple(clauses), odd)


def _close(clauses: list[Clause], words: list[str], stop: str) -> bool:
    """End a clause; return whether it is an odd one: a question mark after nothing."""
    if words:
        clauses.append(Clause(tuple(_phrases(words)), stop))
    elif "?" in stop and not clauses:
        return True
    elif stop and clauses:
        clauses[-1] = Clause(clauses[-1].phrases, clauses[-1].stop + stop)
    return False


def _add(words: list[str], token: str) -> None:
    word = _STRETCHED.sub(r"\1", token)
    word = _SPELLINGS.get(word, word)
    stammered = words and words[-1] == word and word in _STAMMERED
    if word not in _HESITATIONS and not stammered:
        words.append(word)


def _phrases(words: list[str]) -> list[Phrase]:
    """Cut a clause's words into the longest phrases known, from left to right."""
    clause = CodedClause([coded(word) for word in words])
    found: list[Phrase] = []
    unknown: list[str] = []
    at = 0
    while at < len(words):
        part, end = _longest(clause, at)
        if part is None:
            unknown.append(words[at])
        else:
            if unknown:
                found.append(Phrase(None, " ".join(unknown)))
                unknown = []
            found.append(Phrase(part, " ".join(words[at:end])))
        at = end
    if unknown:
        found.append(Phrase(None, " ".join(unknown)))
    return found


def _longest(clause: CodedClause, at: int) -> tuple[Part | None, int]:
    """Return the part of the longest phrase from word `at` on, and the place where it ends."""
    best, end = None, at
    for part, pattern in phrases_from(clause.codes[at]):
        longest = pattern.longest(clause, at)
        if longest is not None and longest > end:
            best, end = part, longest
    return best, max(end, at + 1)
