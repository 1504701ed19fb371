"""The notation in which the judge's phrases are written."""

import pytest

from porteiro.dialogue.judge.notation import CodedClause, code, compiled, define, words_of


def words_matched(line: str, said: str) -> int | None:
    clause = CodedClause([code(word) for word in said.split()])
    return compiled(line, define({"who": "ele | [o] @name"})).longest(clause, 0)


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
    pattern = compiled("^ sim", {})
    assert pattern.longest(CodedClause(["sim"]), 0) == 1
    assert pattern.longest(CodedClause(["e", "sim"]), 1) is None


def test_the_longest_of_several_ways_to_match_is_taken() -> None:
    assert words_matched("pode (entrar | entrar ja)", "pode entrar ja") == 3
    assert words_matched("[o] [o] @name", "o pedro") == 2


@pytest.mark.parametrize(
    ("line", "first", "blank"),
    [
        ("pode entrar", {"pode"}, False),
        ("[eu | nos] [ja] libero", {"eu", "nos", "ja", "libero"}, False),
        ("^ (ele | @name) pode", {"ele", "@name"}, False),
        ("[<who>] $", {"ele", "o", "@name"}, True),
        ("maria", {"@name:maria"}, False),
    ],
)
def test_a_line_tells_what_it_may_begin_with(line: str, first: set[str], blank: bool) -> None:
    pattern = compiled(line, define({"who": "ele | [o] @name"}))
    assert set(pattern.first) == first
    assert pattern.blank == blank


def test_only_words_that_stand_for_themselves_are_words_of_a_line() -> None:
    assert words_of(["[eu] <who> (@name | pode) $"]) == {"eu", "pode"}


@pytest.mark.parametrize("line", ["<nobody>", "sim ;", "Sim", "(sim", "[sim)", "sim )"])
def test_a_line_that_means_nothing_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="means nothing"):
        compiled(line, {})
