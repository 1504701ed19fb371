"""The notation in which the judge's phrases are written."""

import pytest

from porteiro.dialogue.judge.notation import code, define, phrases


def words_matched(line: str, said: str) -> int | None:
    text = "".join(code(word) for word in said.split())
    (pattern,) = phrases([line], define({"who": "ele | [o] @name"}))
    match = pattern.match(text)
    return match.group().count(" ") if match else None


@pytest.mark.parametrize(
    ("line", "said", "matched"),
    [
        ("pode [ja] entrar", "pode entrar", 2),
        ("pode [ja] entrar", "pode ja entrar agora", 3),
        ("pode (entrar | subir)", "pode subir", 2),
        ("pode (entrar | subir)", "pode falar", None),
        ("deixa <who> entrar", "deixa o pedro entrar", 4),
        ("deixa <who> entrar", "deixa o telhado entrar", None),
        ("sim $", "sim", 1),
        ("sim $", "sim mas", None),
        ("pode", "poder", None),
        ("visita", "visita", 1),
    ],
)
def test_a_line_matches_the_words_it_shows(line: str, said: str, matched: int | None) -> None:
    assert words_matched(line, said) == matched


def test_the_start_of_a_clause_is_no_place_within_it() -> None:
    (pattern,) = phrases(["^ sim"], {})
    assert pattern.match("sim ")
    assert not pattern.match("e sim ", 2)


@pytest.mark.parametrize("line", ["<nobody>", "sim ;", "Sim"])
def test_a_line_that_means_nothing_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="means nothing"):
        phrases([line], {})
