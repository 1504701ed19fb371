"""Understanding never fails, never makes words up, and hears through case and punctuation."""

import csv
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from porteiro.dialogue.terms import Question
from porteiro.dialogue.understanding import understand
from porteiro.dialogue.words import fold, tokens

DATA = Path(__file__).parents[1] / "data" / "understanding" / "corpus.tsv"
with DATA.open(encoding="utf-8", newline="") as _lines:
    ROWS = [(row["said"], row["asked"]) for row in csv.DictReader(_lines, delimiter="\t")]
WORDS = sorted({word for said, _ in ROWS for word in said.split()})

questions = st.sampled_from([None, *Question])
names = st.lists(st.sampled_from(["Renata Oliveira", "Guilherme Andrade", "Ana", ""])).map(tuple)
labels = st.lists(st.sampled_from(["501", "A-204", "Cobertura", "", "1º"])).map(tuple)
mixtures = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)


@settings(max_examples=150)
@given(st.one_of(st.text(max_size=200), mixtures), questions, names, labels)
def test_anything_said_is_understood_somehow_and_names_hold_only_words_said(
    said: str,
    asked: Question | None,
    residents: tuple[str, ...],
    apartments: tuple[str, ...],
) -> None:
    understood = understand(said, asked, residents, apartments)
    heard = set(tokens(said.replace("'", "").replace("’", "")))
    for name in (understood.visitor, understood.resident):
        assert name is None or set(tokens(name.replace("'", ""))) <= heard


@settings(max_examples=100)
@given(st.sampled_from(ROWS))
def test_case_does_not_matter(row: tuple[str, str]) -> None:
    said, asked = row
    question = Question(asked) if asked else None
    assert understand(said.upper(), question) == understand(said.lower(), question)


def test_accents_and_punctuation_hardly_matter() -> None:
    """A comma or an accent is evidence where it is there, and is not needed."""
    changed = []
    for said, asked in ROWS:
        question = Question(asked) if asked else None
        plain, whole = understand(fold(said), question), understand(f"{said}.", question)
        facts = [
            [fold(fact or "") for fact in (u.purpose, u.visitor, u.apartment, u.resident)]
            for u in (plain, whole)
        ]
        if facts[0] != facts[1]:
            changed.append(said)
    assert len(changed) <= 0.02 * len(ROWS), changed


def test_a_very_long_text_costs_no_more_than_a_turn() -> None:
    understood = understand("para o 501 não " * 50_000, None)
    assert understood.apartment == "501"
