"""What only shows that somebody listens takes no turn; what answers does."""

import pytest

from porteiro.dialogue.back_channels import is_back_channel
from porteiro.dialogue.judge import Answer, judge
from porteiro.dialogue.terms import Question
from tests.turns import back_channels, clear_answers


@pytest.mark.parametrize(("asked", "said", "expected"), back_channels())
def test_listening_is_told_from_answering(asked: Question, said: str, expected: bool) -> None:
    assert is_back_channel(said, asked) is expected
    assert is_back_channel(said.upper(), asked) is expected


def test_no_clear_answer_to_a_yes_or_no_is_one() -> None:
    assert not [
        text
        for text, expected in clear_answers()
        if expected in {"yes", "no"} and is_back_channel(text, Question.AUTHORIZE)
    ]


@pytest.mark.parametrize(
    "asked", [Question.AUTHORIZE, Question.CONFIRM_AUTHORIZE, Question.CONFIRM_APARTMENT]
)
def test_what_the_judge_takes_for_an_answer_is_never_one(asked: Question) -> None:
    confirming = asked is not Question.AUTHORIZE
    assert not [
        text
        for text, _ in clear_answers()
        if judge(text, confirming=confirming).answer is not Answer.UNCLEAR
        and is_back_channel(text, asked)
    ]


def test_a_long_text_is_none() -> None:
    assert not is_back_channel("aham " * 40, Question.PURPOSE)
