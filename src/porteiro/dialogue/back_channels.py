"""Words by which a listener only shows that they listen: "aham", "tá", "sei".

Said while Porteiro talks, they take no turn. Where a yes or a no is asked for, what the judge
takes for an answer is none of them.
"""

import re

from porteiro.dialogue.judge import Answer, judge
from porteiro.dialogue.terms import Question
from porteiro.dialogue.turn_ending import YES_OR_NO
from porteiro.dialogue.unfinished import unstretched
from porteiro.dialogue.words import tokens

_LONGEST = 80
"""Characters; nobody says longer that they listen."""
_SOUND = re.compile(
    r"h?a+[hnm]*|h?a+[nm]*(?:r+h*|h+)a+[hnm]*|r+[ah]+[nm]*|(?:[uhmn]+r*h*)?u*[hr]+u+[mn]+|u+[hmn]+u*[mn]*"
    r"|h*[mn]+(?:h+[mn]+)?|h?u+[mn]+|o+h*|e+h*|i+h+|u+h+|ata+h*|ahta"
)
_WORDS = frozenset(
    ("aham", "ta", "tah", "sei", "certo", "certinho", "ok", "okay", "okey", "oquei", "entendi",
     "entendido", "compreendi", "isso", "beleza", "blz", "legal", "joia", "perfeito", "exato",
     "otimo", "claro", "saquei", "sim", "positivo", "show", "tranquilo", "bom", "bem", "verdade",
     "exatamente", "correto", "maravilha", "massa", "uai", "ue", "po", "tendi", "bele", "uhu")
)  # fmt: skip
_PHRASES = frozenset(
    ("ta bom", "ta bem", "ta certo", "ta legal", "ta ok", "ta joia", "esta bem", "esta bom",
     "esta certo", "tudo bem", "tudo bom", "tudo certo", "pois e", "isso ai", "isso mesmo",
     "e isso", "e verdade", "pode crer", "entao ta", "de boa", "com certeza", "to ouvindo",
     "estou ouvindo", "to escutando", "sei sim", "eu sei", "eu entendi", "ja entendi",
     "to entendendo", "to sabendo", "sim senhor", "sim senhora", "ta ta", "um hum", "um rum")
)  # fmt: skip
_LETTERS = re.compile(r"[a-z]")


def is_back_channel(said: str, asked: Question) -> bool:
    """Tell whether what is heard while Porteiro talks only shows that somebody listens.

    Args:
        said: A partial or whole transcript, which may be misrecognised ("ã-rã", "aam"). Any
            text is taken, and none raises; without words it is one.
        asked: The question that is being put.
    """
    if len(said) > _LONGEST:
        return False
    words = [unstretched(word) for word in tokens(said)]
    if not words:
        return True
    if not _only_listens(words) or _is_answer(words, asked):
        return False
    confirming = asked is not Question.AUTHORIZE
    answers = asked in YES_OR_NO and judge(said, confirming=confirming).answer
    return answers in {False, Answer.UNCLEAR} and (asked not in YES_OR_NO or "?" not in said)


def _only_listens(words: list[str]) -> bool:
    position = 0
    while position < len(words):
        if " ".join(words[position : position + 2]) in _PHRASES:
            position += 2
        elif words[position] in _WORDS or _SOUND.fullmatch(words[position]):
            position += 1
        else:
            return False
    return True


def _is_answer(words: list[str], asked: Question) -> bool:
    """Tell the few sounds that answer this question: a block's letter, the number one, a yes."""
    if asked is Question.SURNAME:
        return len(words) == 1 and _LETTERS.fullmatch(words[0]) is not None
    if asked is Question.APARTMENT:
        return words == ["um"]
    return asked in YES_OR_NO and "sim" in words
