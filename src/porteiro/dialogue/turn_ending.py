"""What the words heard so far say about whether their speaker is done.

A person's pause means little in itself: after "sim" it is the end, after "é para o
apartamento" it is not. The rules here read a partial transcript, which may lack case,
punctuation and its last word, against the question that was asked. They only decide how
long a silence is waited for; what was said is understood and judged when the turn is over.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from porteiro.dialogue.facts import Facts
from porteiro.dialogue.guide import Finding, Guide
from porteiro.dialogue.guide_index import bearers, index_of
from porteiro.dialogue.judge import Answer, judge
from porteiro.dialogue.numbers import joined
from porteiro.dialogue.terms import Question
from porteiro.dialogue.understanding.apartments import Found, find_apartment
from porteiro.dialogue.understanding.corrections import takes_back
from porteiro.dialogue.understanding.given_names import GIVEN_NAMES
from porteiro.dialogue.understanding.labels import BLOCK_WORDS, ORDINALS
from porteiro.dialogue.understanding.names import Names, find_names
from porteiro.dialogue.understanding.purposes import find_purpose
from porteiro.dialogue.understanding.reading import Reading, read
from porteiro.dialogue.unfinished import is_unfinished, unstretched
from porteiro.dialogue.words import fold, tokens

YES_OR_NO = frozenset({Question.AUTHORIZE, Question.CONFIRM_AUTHORIZE, Question.CONFIRM_APARTMENT})
"""The questions to which a yes or a no is an answer."""

_CONFIRMING = frozenset({Question.CONFIRM_AUTHORIZE, Question.CONFIRM_APARTMENT})
_LONGEST = 300
"""Characters that are read; a longer turn is ended by its silence alone."""
_LONGEST_ANSWER = 12
"""Words of the longest yes or no that is looked for; a longer one is OPEN."""
_POLITE = frozenset(
    ("por", "favor", "obrigado", "obrigada", "brigado", "brigada", "moco", "moca", "amigo", "amiga",
     "senhor", "senhora", "viu", "ta", "bom", "ok", "mesmo", "sim", "aqui", "tudo", "bem",
     "falando", "gentileza", "chefe", "isso", "certo", "porteiro", "mano", "cara", "valeu", "faz")
)  # fmt: skip
"""What may follow an answer without adding to it."""
_GIVEN_AND_GIVEN = 2
_FIRST_OF_TWO = frozenset({"maria", "ana"})
"""Given names that mostly stand before another: "Maria", then "das Dores"."""
_OF_A_BLOCK = BLOCK_WORDS | ORDINALS.keys() | {"andar", "do", "da", "no", "na", "de", "a", "o"}
_BARE_MODALS = frozenset({"pode", "podem", "poder", "vai", "manda", "deixa", "da"})
_PRONOUNS = frozenset(("ele", "ela", "eles", "elas"))
_WITH_PRONOUN = frozenset(
    ("pra", "para", "com", "por", "libera", "libero", "deixa", "autoriza", "autorizo", "liberar",
     "autorizar", "conheco", "esperando", "barra", "dispensa")
)  # fmt: skip
"""What a pronoun completes: "libera ele"; that of "sim, ele …" begins something."""
_HINTS = frozenset(
    ("agora", "hoje", "ja", "entao", "ne", "gente", "voce", "uai", "hein", "amanha", "depois",
     *_PRONOUNS)
)  # fmt: skip
"""Last words of an answer that as often lead on to more of it: "sim, agora …"."""
_NO_ANSWER = frozenset(
    ("quem", "se", "mas", "porem", "quando", "talvez", "acho", "espera", "pera", "perai", "qual",
     "onde", "cade", "como", "porque", "disse", "falou", "sera", "caso", "depende", "so")
)  # fmt: skip
"""Words after which nothing is taken for a clear yes or no before its whole silence."""
_TAKEN_BACK = re.compile(
    r"(?:nao|digo|minto|errei|desculpa|desculpe|perdao|quer dizer|ou melhor|alias|espera|pera)"
    r"(?: (?:nao|desculpa|espera|pera|e|o))*"
)
"""What takes a number back and leaves the right one to come."""
_TRAILING = ",;:-–—"


class Ending(StrEnum):
    """Whether somebody who falls silent now is done."""

    ANSWERED = "answered"
    """What was asked has been answered, and nothing in it hints that more follows."""
    OPEN = "open"
    """The words do not tell."""
    UNFINISHED = "unfinished"
    """The sentence cannot end here."""


@dataclass(frozen=True, slots=True)
class TurnEndingOptions:
    """How long a silence ends a turn, in seconds.

    Attributes:
        answered_s: after what answers the question.
        unfinished_s: in a sentence that is plainly unfinished.
        open_s: otherwise; `SILENCE_THRESHOLD_SECONDS`. No answer waits longer than this,
            and no unfinished sentence shorter.
        yes_or_no_s: without partial transcripts, where a yes or a no is all that is asked.
    """

    answered_s: float = 0.25
    unfinished_s: float = 1.5
    open_s: float = 0.7
    yes_or_no_s: float = 0.5


def silence_after(ending: Ending, options: TurnEndingOptions) -> float:
    """Return the seconds of silence that end a turn whose words so far have this ending."""
    match ending:
        case Ending.ANSWERED:
            return min(options.answered_s, options.open_s)
        case Ending.UNFINISHED:
            return max(options.unfinished_s, options.open_s)
        case _:
            return options.open_s


def silence_without_words(asked: Question, options: TurnEndingOptions) -> float:
    """Return the seconds of silence that end a turn of which no words are known yet.

    They are fewer where only a yes or a no is expected, and never more than `open_s`. An
    apartment is a short answer too, but people pause between its digits; and after a no to
    an apartment that was read back they pause before the right one.
    """
    if asked in {Question.AUTHORIZE, Question.CONFIRM_AUTHORIZE}:
        return min(options.yes_or_no_s, options.open_s)
    return options.open_s


def ending(said: str, asked: Question, guide: Guide, known: Facts) -> Ending:
    """Tell from the words so far whether their speaker is done.

    Args:
        said: A partial or whole transcript in Brazilian Portuguese; any text is taken, and
            none raises.
        asked: The question it answers, as in `Listen`.
        guide: The condominium's directory. Its parts are prepared once, and kept.
        known: The conversation's facts before this turn; only read.
    """
    text = said.strip()
    words = [unstretched(word) for word in tokens(text[:_LONGEST])]
    if not words or len(text) > _LONGEST:
        return Ending.OPEN
    turn = _Turn(text, words, asked, guide, known)
    if _is_broken_off(turn):
        return Ending.UNFINISHED
    if text[-1] in _TRAILING or text[-1] == "?":
        return Ending.OPEN
    return Ending.ANSWERED if _ANSWERED[asked](turn) else Ending.OPEN


class _Turn:
    """The words of a turn so far and what they are read against."""

    __slots__ = ("asked", "guide", "index", "known", "reading", "text", "words")

    def __init__(
        self, text: str, words: list[str], asked: Question, guide: Guide, known: Facts
    ) -> None:
        self.text, self.words, self.asked = text, words, asked
        self.guide, self.index, self.known = guide, index_of(guide), known
        self.reading = read(text)

    def ends_with(self, name: str | None) -> bool:
        """Tell whether a name, as `find_names` gives it, and politeness end the turn."""
        wanted = tokens((name or "").replace("'", ""))
        rest = [word.folded for word in self.reading.words]
        while len(rest) > len(wanted) and rest[-1] in _POLITE and rest[-len(wanted) :] != wanted:
            rest.pop()
        return bool(wanted) and rest[-len(wanted) :] == wanted

    def names(self) -> Names:
        """Return the names in it; of the directory only whom they may mean is looked at."""
        people = self.index.examples(word.folded for word in self.reading.words)
        return find_names(self.reading, self.asked, people)

    def apartment(self) -> Found | None:
        """Return the apartment in it that cannot be another's beginning, and ends it."""
        digits = [_digits(numeral.digits) for numeral in joined(self.reading.numbers)]
        known = self.index.like(digits)
        found = find_apartment(self.reading, known, asked=self.asked is not Question.PURPOSE)
        if found is None or found.label not in self.index.spellings:
            return None
        number = _trailing_number(self.reading)
        if number and self.index.begins_longer(number):
            return None
        return found

    def ends_with_apartment(self, found: Found) -> bool:
        """Tell whether only its block and politeness follow the apartment's number."""
        rest = [word.folded for word in self.reading.words[found.end :]]
        return not takes_back(f" {' '.join(rest)} ") and all(
            word in _POLITE or word in _OF_A_BLOCK or word in self.index.blocks or word.isdecimal()
            for word in rest
            if found.end
        )


def _may_be_apartment(turn: _Turn) -> bool:
    return turn.asked in {Question.APARTMENT, Question.CONFIRM_APARTMENT} or (
        turn.asked is Question.PURPOSE and not turn.known.apartment
    )


def _is_broken_off(turn: _Turn) -> bool:
    """Tell whether the turn stops where a sentence, or an apartment's number, cannot."""
    words, index = turn.words, turn.index
    if turn.text.endswith(("…", "..")):
        return True
    if turn.asked in _CONFIRMING and words[-1] == "e" and {"sim", "isso", "e"}.issuperset(words):
        return False  # "é" alone is how people agree
    number = _trailing_number(turn.reading) if _may_be_apartment(turn) else ""
    if number and words[-1] == turn.reading.words[-1].folded != "cento":
        return not index.has_number(number) and index.begins_longer(number)
    if turn.asked is Question.SURNAME and len(words[-1]) == 1 and words[-1] in index.blocks:
        return False
    apartment_begun = turn.asked is Question.APARTMENT and (
        words[-1] == "meia" or _is_block_alone(turn) or _takes_number_back(turn)
    )
    return apartment_begun or is_unfinished(words, index.blocks)


def _takes_number_back(turn: _Turn) -> bool:
    """Tell a number that was just taken back: "quinhentos e um, não"."""
    spans = joined(turn.reading.numbers)
    if not spans:
        return False
    rest = " ".join(word.folded for word in turn.reading.words[spans[-1].end :])
    return _TAKEN_BACK.fullmatch(rest) is not None


def _is_block_alone(turn: _Turn) -> bool:
    """Tell a block that was named before its apartment: "bloco A"."""
    words = turn.words
    return len(words) > 1 and words[-2] in BLOCK_WORDS and not turn.reading.numbers


def _trailing_number(reading: Reading) -> str:
    """Return the digits of the number that a sentence ends with so far, if any."""
    spans = joined(reading.numbers)
    if not spans or spans[-1].end != len(reading.words):
        return ""
    last = spans[-1]
    before = reading.words[last.start - 1].folded if last.start else ""
    return "" if before in BLOCK_WORDS else _digits(last.digits)


def _digits(digits: str) -> str:
    half = len(digits) // 2
    once = digits[:half] if half >= 3 and digits[:half] == digits[half:] else digits
    return once.lstrip("0") or once


def _leads_on(words: Sequence[str]) -> bool:
    """Tell whether a yes or no so far ends in a word that may as well begin the rest of it."""
    if words[-1] in _PRONOUNS and len(words) > 1:
        return words[-2] not in _WITH_PRONOUN
    return words[-1] in _BARE_MODALS | _HINTS


def _says_yes_or_no(turn: _Turn) -> bool:
    """Tell a clear yes or no; "pode" alone is as often the beginning of "pode esperar"."""
    words = turn.words
    if len(words) > _LONGEST_ANSWER or _leads_on(words) or not _NO_ANSWER.isdisjoint(words):
        return False
    answer = judge(turn.text, confirming=turn.asked in _CONFIRMING).answer
    # After a no to the apartment that was read back, the right one is still to come.
    return answer is Answer.YES or (
        answer is Answer.NO and turn.asked is not Question.CONFIRM_APARTMENT
    )


def _says_apartment(turn: _Turn) -> bool:
    found = turn.apartment()
    return found is not None and turn.ends_with_apartment(found)


def _confirms_apartment(turn: _Turn) -> bool:
    """A yes, or the right apartment; "não é o 501" alone corrects nothing yet."""
    found = turn.apartment()
    if found is None:
        return not turn.reading.numbers and _says_yes_or_no(turn)
    denies = "nao" in turn.words and fold(found.label) == fold(turn.known.apartment)
    return not denies and turn.ends_with_apartment(found)


def _says_visitor(turn: _Turn) -> bool:
    name = turn.names().visitor
    return turn.ends_with(name) and not _may_go_on(turn, name or "")


def _may_go_on(turn: _Turn, name: str) -> bool:
    """Tell given names that more of the name may follow: "Luiz Fernando", then "de Almeida".

    Politeness after them closes them.
    """
    words = tokens(name)
    if turn.words[-len(words) :] != words or not GIVEN_NAMES.issuperset(words):
        return False
    return len(words) == _GIVEN_AND_GIVEN or (len(words) == 1 and words[0] in _FIRST_OF_TWO)


def _says_resident(turn: _Turn) -> bool:
    """The name of one resident only, of the apartment where that is known."""
    names = turn.names()
    return turn.ends_with(names.resident) and len(_meant(turn, names.resident or "")) == 1


def _meant(turn: _Turn, said: str) -> set[str]:
    """Return the residents whom a name may mean, in their home where that is known."""
    match, apartment = turn.known.match, turn.known.apartment
    home = match.apartment if match and match.apartment else apartment
    return bearers(said, turn.guide.residents(home)) if home else turn.index.bearers(said)


def _tells_apart(turn: _Turn) -> bool:
    """The block, or the surname, that leaves one of several candidates."""
    known, last = turn.known, turn.words[-1]
    if len(turn.words) > _LONGEST_ANSWER:
        return False
    if known.apartment and turn.guide.find(known.apartment, None).finding is Finding.AMBIGUOUS:
        marked = not BLOCK_WORDS.isdisjoint(turn.words)
        if last in {"a", "e", "o"} and not marked:
            return False  # as likely an article, or "é"
        found = turn.guide.find(f"{turn.text} {known.apartment}", known.resident or None)
        return found.finding is Finding.FOUND
    resident = turn.names().resident
    return turn.ends_with(resident) and len(_meant(turn, f"{known.resident} {resident}")) == 1


def _says_purpose(turn: _Turn) -> bool:
    """The purpose, and the apartment with it unless that is known; one of them at the end."""
    known = turn.known
    purpose = find_purpose(turn.reading)
    if purpose is None and known.purpose is None:
        return False
    found = None if known.apartment else turn.apartment()
    if found is None and not known.apartment:
        return False
    if found is not None and turn.ends_with_apartment(found):
        return True
    if purpose is not None and find_purpose(read(" ".join(turn.words[-3:]))) is not None:
        return True
    names = turn.names()
    return turn.ends_with(names.resident) or turn.ends_with(names.visitor)


_ANSWERED = {
    Question.PURPOSE: _says_purpose,
    Question.VISITOR: _says_visitor,
    Question.APARTMENT: _says_apartment,
    Question.RESIDENT: _says_resident,
    Question.SURNAME: _tells_apart,
    Question.CONFIRM_APARTMENT: _confirms_apartment,
    Question.AUTHORIZE: _says_yes_or_no,
    Question.CONFIRM_AUTHORIZE: _says_yes_or_no,
}
