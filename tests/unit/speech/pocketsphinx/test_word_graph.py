"""Word graphs hold exactly the phrases they were made of."""

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porteiro.speech.pocketsphinx.word_graph import END, START, Arc, loop_graph, phrases_graph

PHRASE = st.lists(st.sampled_from(["não", "pode", "sim", "é"]), min_size=1, max_size=3)
PHRASES = st.lists(PHRASE.map(" ".join), min_size=1, max_size=8)


def sentences(arcs: list[Arc]) -> dict[str, float]:
    """Return each way from start to end, and its probability."""
    out = defaultdict(list)
    for arc in arcs:
        out[arc[0]].append(arc)
    found: dict[str, float] = defaultdict(float)
    ways: list[tuple[int, tuple[str, ...], float]] = [(START, (), 1.0)]
    while ways:
        state, words, probability = ways.pop()
        if state == END:
            found[" ".join(words)] += probability
        ways += [(arc[1], words + arc[3:], probability * arc[2]) for arc in out[state]]
    return found


@settings(max_examples=100, deadline=None)
@given(PHRASES)
def test_every_phrase_is_in_it_once_and_equally_likely(phrases: list[str]) -> None:
    found = sentences(phrases_graph(phrases, ()))

    assert set(found) == {f"{phrase}." for phrase in phrases}
    assert all(p == pytest.approx(1 / len(found)) for p in found.values())


def test_openings_may_come_before_every_phrase() -> None:
    found = sentences(phrases_graph(["um", "dois"], ["é o", "no"]))

    assert set(found) == {f"{o}{p}." for o in ("", "é o ", "no ") for p in ("um", "dois")}
    assert sum(found.values()) == pytest.approx(1)


def test_a_phrase_that_begins_another_keeps_its_own_end() -> None:
    assert set(sentences(phrases_graph(["pode", "pode entrar"], ()))) == {"pode.", "pode entrar."}


def test_a_loop_leads_from_every_word_back_to_the_start() -> None:
    *words, leave = loop_graph(["a", "b"])

    assert [(arc[0], arc[1]) for arc in words] == [(START, START)] * 2
    assert (leave[0], leave[1]) == (START, END)
