"""Whatever is heard, an ending is told; only a clear answer ends a yes/no turn early."""

from hypothesis import given, settings
from hypothesis import strategies as st

from porteiro.dialogue.back_channels import is_back_channel
from porteiro.dialogue.facts import Facts
from porteiro.dialogue.guide import Guide
from porteiro.dialogue.judge import Answer, judge
from porteiro.dialogue.terms import Purpose, Question
from porteiro.dialogue.turn_ending import YES_OR_NO, Ending, ending
from tests.turns import DIRECTORY, NOBODY, answers, back_channels, unfinished

ANSWERS = sorted({each.text for each in answers()})
TURNS = [turn[-1].text for turn in unfinished()]
WORDS = sorted({word for text in [*ANSWERS, *TURNS] for word in text.split()})
LISTENING = [text for _, text, _ in back_channels()]

questions = st.sampled_from(Question)
guides = st.sampled_from([DIRECTORY, NOBODY])
mixtures = st.lists(st.sampled_from([*WORDS, ",", "?", "...", "-"]), max_size=14).map(" ".join)
texts = st.one_of(st.text(max_size=400), mixtures, st.sampled_from([*ANSWERS, *LISTENING]))
facts = st.builds(
    Facts,
    purpose=st.sampled_from([None, *Purpose]),
    visitor=st.sampled_from(["", "Pedro"]),
    apartment=st.sampled_from(["", "501", "204", "999", "A-204", "?"]),
    resident=st.sampled_from(["", "Maria", "Renata Oliveira", "¤"]),
)


@settings(max_examples=300, deadline=None)
@given(texts, questions, guides, facts)
def test_any_text_has_an_ending(said: str, asked: Question, guide: Guide, known: Facts) -> None:
    assert ending(said, asked, guide, known) in Ending
    assert is_back_channel(said, asked) in {True, False}


@settings(deadline=None)
@given(texts, st.sampled_from(sorted(YES_OR_NO - {Question.CONFIRM_APARTMENT})))
def test_a_residents_turn_ends_early_only_after_a_clear_answer(said: str, asked: Question) -> None:
    answered = ending(said, asked, DIRECTORY, Facts()) is Ending.ANSWERED
    confirming = asked is Question.CONFIRM_AUTHORIZE
    assert not answered or judge(said, confirming=confirming).answer is not Answer.UNCLEAR
    assert not (answered and is_back_channel(said, asked))


@settings(deadline=None)
@given(
    st.sampled_from([*ANSWERS, *TURNS]),
    st.sampled_from(["de", "para o", "com a", "é que", "eu", "mas", "e a", "hum", "deixa eu ver"]),
    questions,
)
def test_a_sentence_that_is_left_hanging_is_never_answered(
    said: str, more: str, asked: Question
) -> None:
    assert ending(f"{said} {more}", asked, DIRECTORY, Facts()) is not Ending.ANSWERED


@settings(deadline=None)
@given(st.sampled_from([*ANSWERS, *TURNS]), questions)
def test_case_and_blanks_do_not_matter(said: str, asked: Question) -> None:
    lower = ending(said.lower(), asked, DIRECTORY, Facts())
    assert ending(said.upper(), asked, DIRECTORY, Facts()) is lower
    assert ending(f"  {said.lower()} ", asked, DIRECTORY, Facts()) is lower
