"""From the phrases of an answer to yes, no or unclear."""

import re
from dataclasses import dataclass
from enum import StrEnum

from porteiro.dialogue.judge.parts import Part
from porteiro.dialogue.judge.reading import Clause, Phrase, Reading


class Answer(StrEnum):
    """What a person answered."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


class Kind(StrEnum):
    """Why an unclear answer is unclear."""

    EMPTY = "empty"
    """No words in it."""
    REPEAT = "repeat"
    """They did not hear or understand: "o quê?"."""
    QUESTION = "question"
    """They want to know something first: "quem é?"."""
    WAIT = "wait"
    """Not now, or not yet: "espera um pouco", "daqui a pouco pode"."""
    CONDITION = "condition"
    """Only if: "se for da transportadora, pode"."""
    DOUBT = "doubt"
    """They do not know: "talvez"."""
    REPORTED = "reported"
    """Somebody else's words: "ele disse que sim"."""
    CONTRADICTION = "contradiction"
    """A yes and a no: "sim, quer dizer, não"."""
    OTHER = "other"
    """Words that are no answer, or more than the answer is plain from."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one answer.

    `words` are those that decided, in lower case without accents, phrases parted by
    commas; empty where none did. `kind` is None unless `answer` is UNCLEAR.
    """

    answer: Answer
    words: str = ""
    kind: Kind | None = None


_CLEAR = frozenset({Part.SIM, Part.AFFIRM, Part.OKAY, Part.APPROVE})
_ASIDES = frozenset({Part.HARMLESS, Part.WHO, Part.PHONE, Part.GREETING, Part.THANKS, Part.FILLER})
_IN_A_YES = _CLEAR | _ASIDES | {Part.WEAK}
_IN_A_NO = frozenset(
    {
        *(Part.REFUSE, Part.TURN_AWAY, Part.STRANGER, Part.CONTRAST, Part.REGRET),
        *(Part.HARMLESS, Part.WHO, Part.TOPIC, Part.NOT),
        *(Part.WEAK, Part.OKAY, Part.PHONE, Part.GREETING, Part.THANKS, Part.FILLER, None),
    }
)
_ASIDES_OF_A_YES = frozenset({Part.HARMLESS, Part.WHO, Part.TOPIC, Part.NOT})
_PLEASANTRIES = frozenset({"tudo bem", "tudo bom"})
_APOLOGIES = frozenset({"desculpa", "desculpe", "perdao"})
_FIRST_PERSON = frozenset(
    ("eu", "autorizo", "libero", "permito", "deixo", "aceito", "quero", "posso", "vou")
)
_BARE_NOS = frozenset({"nao", "eu", "nem", "nunca", "jamais"})
_DENIES_NOTHING_ELSE = frozenset(
    {
        Part.FILLER,
        Part.THANKS,
        Part.REGRET,
        Part.NOT,
        Part.REFUSE,
        Part.TURN_AWAY,
        Part.STRANGER,
        Part.CONTRAST,
    }
)
_COME_IN = re.compile(r"(ja )?podem? (sim )?(entra|subi|sobe|passa|vir|chega)")
_IDLE_QUESTIONS = frozenset({"por que nao", "tudo bem", "tudo bom"})
_MOST_LEFTOVER = 5
"""Unexplained words that a plain no may come with ("não, agora eu tô no banho")."""

_KINDS = {
    Part.REPEAT: Kind.REPEAT,
    Part.QUESTION: Kind.QUESTION,
    Part.WAIT: Kind.WAIT,
    Part.CONDITION: Kind.CONDITION,
    Part.DOUBT: Kind.DOUBT,
    Part.REPORT: Kind.REPORTED,
    Part.LATER: Kind.WAIT,
    Part.REPAIR: Kind.CONTRADICTION,
    Part.STRANGER: Kind.DOUBT,
}


def decide(reading: Reading, *, confirming: bool) -> Judgement:
    """Return the verdict on an answer as read; `confirming` as in `judge`."""
    clauses = [
        Clause(tuple(_settle(clause.phrases, confirming=confirming)), clause.stop)
        for clause in reading.clauses
    ]
    phrases = [phrase for clause in clauses for phrase in clause.phrases]
    if not phrases:
        return Judgement(Answer.UNCLEAR, kind=Kind.EMPTY)
    if not reading.odd and _is_yes(clauses):
        return Judgement(Answer.YES, _words(phrases, _CLEAR))
    if not reading.odd and _is_no(clauses):
        return Judgement(Answer.NO, _words(phrases, {Part.REFUSE}))
    return _unclear(clauses)


def _settle(phrases: tuple[Phrase, ...], *, confirming: bool) -> list[Phrase]:
    """Say of each phrase what it comes to in this clause: what a negation denies, above all."""
    settled: list[Phrase] = []
    rest = list(phrases)
    while rest:
        phrase = rest.pop(0)
        part = phrase.part
        if part is Part.AGREE:
            part = Part.AFFIRM if confirming else Part.WEAK
        elif part is Part.DISAGREE:
            part = Part.REFUSE if confirming else None
        elif part is Part.NOT:
            if rest and _is_permission(rest[0]):
                phrase = Phrase(Part.NOT, f"{phrase.words} {rest.pop(0).words}")
                part = Part.REFUSE
            elif not rest or (rest[0].part in _DENIES_NOTHING_ELSE and rest[0].words != "e"):
                part = Part.REFUSE
        if part is Part.REFUSE and settled and settled[-1].part is None and not _is_own(phrase):
            part = None  # somebody else refuses: "o governo não autoriza"
        settled.append(Phrase(part, phrase.words))
    return settled


def _is_own(refusal: Phrase) -> bool:
    """Whether it can only be the speaker who refuses: "não autorizo"."""
    return not _FIRST_PERSON.isdisjoint(refusal.words.split())


def _is_permission(phrase: Phrase) -> bool:
    return phrase.part is Part.APPROVE or (
        phrase.part is Part.AFFIRM and phrase.words.split()[0] in {"pode", "podem"}
    )


def _is_yes(clauses: list[Clause]) -> bool:
    """Whether every word is explained, nothing disturbs, and something says yes."""
    asked = max((n + 1 for n, clause in enumerate(clauses) if "?" in clause.stop), default=0)
    questions = [phrase for clause in clauses[:asked] for phrase in clause.phrases]
    answer = [phrase for clause in clauses[asked:] for phrase in clause.phrases]
    fits = _IN_A_YES | {Part.TOPIC} if _speaks_of_the_visitor(answer) else _IN_A_YES
    if _breaks_off(clauses[-1]) or not all(phrase.part in fits for phrase in answer):
        return False
    if questions:
        return all(_is_idle(phrase) for phrase in questions) and any(
            phrase.part is Part.APPROVE for phrase in answer
        )
    return _says_yes(answer)


def _speaks_of_the_visitor(phrases: list[Phrase]) -> bool:
    """Whether a bare name can only be the visitor's: "o Pedro, pode subir".

    "Pedro, abre o portão" and "meu marido, autoriza" are about somebody else.
    """
    allowing = [phrase for phrase in phrases if phrase.part is Part.APPROVE]
    return bool(allowing) and all(_COME_IN.match(phrase.words) for phrase in allowing)


def _is_idle(phrase: Phrase) -> bool:
    """Whether a question is none to be answered: "o Pedro?", "alô?", "por que não?"."""
    return phrase.part in _ASIDES | {Part.REPEAT, Part.TOPIC} or phrase.words in _IDLE_QUESTIONS


def _says_yes(phrases: list[Phrase]) -> bool:
    parts = [phrase.part for phrase in phrases]
    if Part.APPROVE in parts or Part.AFFIRM in parts:
        return True
    # "ok, obrigado" ends a conversation that one has followed, and allows nothing.
    clear = [
        n
        for n, part in enumerate(parts)
        if part is Part.SIM or (part is Part.OKAY and not {Part.THANKS, Part.WEAK} & set(parts))
    ]
    # "alô, sim", "sim, boa tarde", "sim, é a Renata": so the telephone is answered.
    return (
        bool(clear)
        and not {Part.PHONE, Part.WHO, Part.GREETING} & set(parts)
        and not any(phrase.words in _PLEASANTRIES for phrase in phrases)
    )


def _breaks_off(clause: Clause) -> bool:
    last = clause.phrases[-1].words
    asks = last == "ne" and any(phrase.part is Part.APPROVE for phrase in clause.phrases)
    return (
        asks  # "pode subir, né" leaves the answer to us
        or clause.stop.endswith(("…", "..", "-", "–", "—"))
        or (last == "e" and len(clause.phrases) > 1)
        or last.endswith((" que", " e"))
    )


def _is_no(clauses: list[Clause]) -> bool:
    """Whether somebody refuses, and nothing allows, asks, doubts or waits."""
    phrases = [phrase for clause in clauses for phrase in clause.phrases]
    parts = [Part.REGRET if phrase.words in _APOLOGIES else phrase.part for phrase in phrases]
    if Part.REFUSE not in parts or {Part.WEAK, Part.OKAY} & set(parts[parts.index(Part.REFUSE) :]):
        return False  # "não, tá bom" lets it pass
    if _ASIDES_OF_A_YES & set(parts) and not any(map(_is_explicit, phrases)):
        return False  # "não, é meu irmão" may well let him in
    if any(_denies_two_things(clause) for clause in clauses):
        return False  # "não é que eu não deixe"
    leftover = sum(len(phrase.words.split()) for phrase in phrases if phrase.part is None)
    return (
        _IN_A_NO.issuperset(parts)
        and leftover <= _MOST_LEFTOVER
        and not any("?" in clause.stop for clause in clauses)
        and not clauses[-1].stop.endswith("-")
    )


def _denies_two_things(clause: Clause) -> bool:
    """Whether a negation that denies nothing plain stands beside a refusal."""
    return {Part.NOT, Part.REFUSE} <= {phrase.part for phrase in clause.phrases}


def _is_explicit(phrase: Phrase) -> bool:
    """Whether a refusal says what it refuses, or is otherwise more than a bare "não"."""
    return phrase.part is Part.REFUSE and not _BARE_NOS.issuperset(phrase.words.split())


def _unclear(clauses: list[Clause]) -> Judgement:
    phrases = [phrase for clause in clauses for phrase in clause.phrases]
    for part, kind in _KINDS.items():
        if words := _words(phrases, {part}):
            return Judgement(Answer.UNCLEAR, words, kind)
    if any("?" in clause.stop for clause in clauses):
        greeting = all(phrase.part is Part.PHONE for phrase in phrases)
        return Judgement(Answer.UNCLEAR, kind=Kind.REPEAT if greeting else Kind.QUESTION)
    yes, no = _words(phrases, _CLEAR), _words(phrases, {Part.REFUSE, Part.NOT})
    if yes and no:
        return Judgement(Answer.UNCLEAR, f"{yes}, {no}", Kind.CONTRADICTION)
    return Judgement(Answer.UNCLEAR, kind=Kind.OTHER)


def _words(phrases: list[Phrase], parts: frozenset[Part] | set[Part]) -> str:
    return ", ".join(phrase.words for phrase in phrases if phrase.part in parts)
