"""The yes/no judge: whether a person, asked for a yes or a no, clearly gave one.

An answer is folded, cut into clauses at its punctuation and into the longest phrases of
a small lexicon, each of which plays one part: it allows, refuses, negates, asks, doubts,
puts off, quotes, names somebody, or is plain politeness. It is a YES only if every word
is explained, all of them belong in a yes and one says yes; it is a NO if somebody
refuses and nothing in it allows, asks, doubts or waits; all else is UNCLEAR and is asked
again. So a word nobody thought of can cost a question, never open a gate; only where an
approval says whom it lets in ("deixa a dona … entrar") is it taken for a name.
"""

from porteiro.dialogue.judge.reading import read
from porteiro.dialogue.judge.verdict import Answer, Judgement, Kind, decide

__all__ = ["Answer", "Judgement", "Kind", "judge"]


def judge(said: str, *, confirming: bool = False) -> Judgement:
    """Judge the answer to "Você autoriza a entrada? Diga sim ou não".

    Args:
        said: A transcriber's text in Brazilian Portuguese, any case, with or without
            accents and punctuation. Any text is judged, in bounded time.
        confirming: The question asked was one to confirm ("…, certo?"), to which
            "certo" and "isso mesmo" are a yes and "errado" is a no as well.
    """
    return decide(read(said), confirming=confirming)
