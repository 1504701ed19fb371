"""The closed grammars, against those who read their texts: the judge and the rules."""

import pytest

from porteiro.dialogue.judge import Answer, judge
from porteiro.dialogue.terms import Question
from porteiro.dialogue.understanding import understand
from porteiro.speech.pocketsphinx.grammar import (
    MAX_PHRASES,
    YES_FLOOR,
    Phrase,
    grammar_for,
)
from porteiro.speech.pocketsphinx.pronunciation import pronounce

YES_NO = [Question.AUTHORIZE, Question.CONFIRM_AUTHORIZE, Question.CONFIRM_APARTMENT]
APARTMENTS = ("101", "501", "1204", "A-204")
NAMES = ("Renata Albuquerque", "José da Silva Prado", "Zoë O'Hara", "李")


def phrases(question: Question, vocabulary: tuple[str, ...] = ()) -> tuple[Phrase, ...]:
    return grammar_for(question, vocabulary).phrases


def answer(question: Question, phrase: Phrase) -> Answer:
    return judge(phrase.text, confirming=question is not Question.AUTHORIZE).answer


@pytest.mark.parametrize("question", YES_NO)
def test_for_every_yes_there_is_its_no(question: Question) -> None:
    spoken = {phrase.spoken for phrase in phrases(question)}
    yes = [p for p in phrases(question) if answer(question, p) is Answer.YES]

    assert yes
    assert [p.spoken for p in yes if f"não {p.spoken}" not in spoken] == []


@pytest.mark.parametrize("question", YES_NO)
def test_a_yes_must_be_clear_and_all_that_was_said(question: Question) -> None:
    for phrase in phrases(question):
        if answer(question, phrase) is Answer.YES:
            assert phrase.floor >= YES_FLOOR, phrase.spoken
            assert phrase.alone, phrase.spoken


@pytest.mark.parametrize("question", YES_NO)
def test_a_yes_of_several_words_must_be_clearer_than_such_a_no(question: Question) -> None:
    long = [p for p in phrases(question) if " " in p.spoken]
    yes = {p.floor for p in long if answer(question, p) is Answer.YES}
    no = {p.floor for p in long if answer(question, p) is Answer.NO}

    assert all(y > n for y in yes for n in no)
    assert no


@pytest.mark.parametrize("question", YES_NO)
def test_no_phrase_with_a_no_in_it_is_judged_a_yes(question: Question) -> None:
    for phrase in phrases(question):
        if "não" in phrase.spoken.split():
            assert answer(question, phrase) is not Answer.YES, phrase.spoken


def test_only_a_sim_confirms_an_authorization() -> None:
    question = Question.CONFIRM_AUTHORIZE

    yes = [p.spoken for p in phrases(question) if answer(question, p) is Answer.YES]

    assert yes == ["sim"]
    assert {"pode", "autorizo"} <= {p.spoken for p in phrases(question)}


def test_a_bare_libera_is_not_in_the_grammar() -> None:
    assert "libera" not in {phrase.spoken for phrase in phrases(Question.AUTHORIZE)}


def test_every_purpose_is_understood() -> None:
    purposes = {p.spoken: understand(p.text, Question.PURPOSE).purpose for p in purposes_only()}

    assert [spoken for spoken, purpose in purposes.items() if purpose is None] == []
    assert len(set(purposes.values())) == 3


def purposes_only() -> list[Phrase]:
    anywhere = {phrase.spoken for phrase in phrases(Question.APARTMENT)}
    return [p for p in phrases(Question.PURPOSE) if p.spoken not in anywhere]


def test_every_apartment_of_the_directory_can_be_heard() -> None:
    texts = {phrase.text for phrase in phrases(Question.APARTMENT, APARTMENTS)}

    assert {"101", "501", "1204", "204", "bloco A 204"} <= texts


def test_people_are_heard_by_first_name_and_in_full() -> None:
    spoken = {phrase.spoken for phrase in phrases(Question.RESIDENT, NAMES)}

    assert {"renata", "renata albuquerque", "josé prado", "josé da silva prado"} <= spoken


def test_a_surname_alone_is_heard_only_where_it_was_asked_for() -> None:
    asked = {phrase.spoken for phrase in phrases(Question.SURNAME, NAMES)}
    not_asked = {phrase.spoken for phrase in phrases(Question.RESIDENT, NAMES)}

    assert "albuquerque" in asked - not_asked


def test_a_visitors_own_name_has_no_grammar() -> None:
    assert phrases(Question.VISITOR, NAMES) == ()


def test_a_huge_directory_is_cut_to_what_can_be_told_apart() -> None:
    labels = tuple(str(number) for number in range(100, 5000))

    assert len(phrases(Question.APARTMENT, labels)) < MAX_PHRASES + 20


@pytest.mark.parametrize("question", Question)
def test_all_fixed_words_have_a_pronunciation(question: Question) -> None:
    grammar = grammar_for(question, ())
    fixed = [*grammar.openings, *(phrase.spoken for phrase in grammar.phrases)]

    assert [each for each in fixed if not all(map(pronounce, each.split()))] == []
