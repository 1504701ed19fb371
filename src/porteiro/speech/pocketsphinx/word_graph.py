"""Grammars as finite-state word graphs, the form in which pocketsphinx takes them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

START = 0
END = 1
_PHRASES_BEGIN = 2
FULL_STOP = "."
"""Ends the last word of each phrase, so that a hypothesis that was cut short shows."""

Arc = tuple[int, int, float, str] | tuple[int, int, float]
"""From state, to state, probability, and the word spoken on the way, if any."""

Words = tuple[str, ...]


def phrases_graph(phrases: Iterable[str], openings: Iterable[str]) -> list[Arc]:
    """Return the graph of `phrases`, all equally likely, each after an opening or none."""
    opening_words = [tuple(each.split()) for each in openings]
    phrase_words = [_stopped(each) for each in dict.fromkeys(phrases)]
    states = count(_PHRASES_BEGIN + 1)
    share = 1 / (len(opening_words) + 1)
    arcs: list[Arc] = [(START, _PHRASES_BEGIN, share)]
    if opening_words:
        tree = _tree(opening_words, START, _PHRASES_BEGIN, states)
        arcs += [(a, b, p * (1 - share) if a == START else p, word) for a, b, p, word in tree]
    return [*arcs, *_tree(phrase_words, _PHRASES_BEGIN, END, states)]


def loop_graph(words: Sequence[str]) -> list[Arc]:
    """Return the graph of any sequence of `words`."""
    share = 1 / (len(words) + 1)
    return [*((START, START, share, word) for word in words), (START, END, share)]


def spoken(word: str) -> str:
    """Return a graph's word as it is spoken."""
    return word.removesuffix(FULL_STOP)


def _stopped(phrase: str) -> Words:
    *most, last = phrase.split()
    return (*most, last + FULL_STOP)


def _tree(
    phrases: list[Words], root: int, leaf: int, states: Iterator[int]
) -> Iterator[tuple[int, int, float, str]]:
    """Yield the arcs of the phrases, beginnings shared, from `root` to the one `leaf`."""
    weight = Counter(phrase[:end] for phrase in phrases for end in range(len(phrase) + 1))
    inner: dict[Words, int] = {(): root}
    done: set[Words] = set()
    for phrase in phrases:
        for end in range(1, len(phrase) + 1):
            beginning, before = phrase[:end], phrase[: end - 1]
            if beginning in done:
                continue
            whole = end == len(phrase)
            if not whole:
                done.add(beginning)
                inner[beginning] = next(states)
            share = (1 if whole else weight[beginning]) / weight[before]
            yield inner[before], leaf if whole else inner[beginning], share, phrase[end - 1]
