import pytest

from porteiro.demo.story import Story
from porteiro.demo.verdict import checks
from porteiro.phones.reactions import Behaviour
from porteiro.phones.telephone import Ending
from tests.unit.demo.stories import authorized, news, phone


def wrong(story: Story, behaviour: Behaviour) -> list[str]:
    return [check.what for check in checks(story, behaviour) if not check.right]


def ended(decision: str) -> Story:
    story = authorized()
    story.news = [item for item in story.news if item.kind not in {"gate", "ended"}]
    story.news.append(news(22.1, "ended", decision=decision))
    return story


@pytest.mark.parametrize(
    "behaviour", [Behaviour.AUTHORIZES, Behaviour.VAGUE, Behaviour.ASKS, Behaviour.KEY]
)
def test_an_authorized_visit_is_right(behaviour: Behaviour) -> None:
    assert wrong(authorized(), behaviour) == []


def test_an_opened_gate_is_wrong_when_the_resident_denied() -> None:
    assert wrong(authorized(), Behaviour.DENIES) == ["decision", "gate"]


def test_a_denied_visit_with_a_closed_gate_is_right() -> None:
    assert wrong(ended("denied"), Behaviour.DENIES) == []


def test_a_gate_that_opened_twice_is_wrong() -> None:
    story = authorized()
    story.news.append(news(17, "gate", result="opened"))
    assert wrong(story, Behaviour.AUTHORIZES) == ["gate"]


def test_a_call_that_never_ended_is_wrong() -> None:
    story = authorized()
    story.news = [item for item in story.news if item.kind != "ended"]
    assert wrong(story, Behaviour.AUTHORIZES) == ["decision"]


def test_a_resident_who_never_answers_is_never_on_the_line() -> None:
    story = ended("no_decision")
    assert wrong(story, Behaviour.NEVER_ANSWERS) == ["resident"]
    story.resident = None
    assert wrong(story, Behaviour.NEVER_ANSWERS) == []


def test_a_resident_who_hangs_up_does_so_themselves() -> None:
    story = ended("no_decision")
    assert wrong(story, Behaviour.HANGS_UP) == ["resident"]
    story.resident = phone([], [], 20, Ending.WE_HUNG_UP)
    assert wrong(story, Behaviour.HANGS_UP) == []


def test_a_visitor_cut_off_without_a_hang_up_is_wrong() -> None:
    story = authorized()
    story.visitor = phone([], [], 22, Ending.CLOSED)
    assert wrong(story, Behaviour.AUTHORIZES) == ["visitor"]
