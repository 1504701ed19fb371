import io

import pytest
from rich.console import Console

from porteiro.demo.screen import Screen
from porteiro.demo.verdict import checks
from porteiro.phones.reactions import Behaviour
from porteiro.phones.telephone import Mark
from tests.unit.demo.stories import BEGAN, authorized, interrupted, news


def shown(*kinds: str, several: bool = False) -> str:
    story, out = authorized(), io.StringIO()
    screen = Screen(Console(file=out, width=100, highlight=False), several=several)
    for item in story.of_kind(*kinds):
        screen.news(story, item)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("say", "Porteiro → visitor  “Certo. Aguarde.”"),
        ("state", "state               ringing"),
        ("ring", "attempt 1: 1003030"),
        ("decision", "DECISION            authorized  sim"),
        ("gate", "GATE                opened"),
    ],
)
def test_what_happens_is_a_line(kind: str, words: str) -> None:
    assert words in shown(kind)


def test_no_colour_reaches_a_file() -> None:
    assert "\x1b" not in shown("say", "state", "decision", "gate")


def test_several_visits_are_told_apart() -> None:
    assert "#1 " in shown("state", several=True)
    assert "#1 " not in shown("state")


def test_what_was_heard_is_shown_with_the_facts_in_it() -> None:
    story, out = authorized(), io.StringIO()
    screen = Screen(Console(file=out, width=100), several=False)
    said = "tenho uma entrega"
    heard = news(4, "heard", role="visitor", text=said, confidence=0.9, purpose="entrega")
    screen.news(story, heard)
    screen.news(story, news(5, "heard", role="visitor", text="", confidence=0))
    assert "“tenho uma entrega” (0.9)  →  purpose entrega" in out.getvalue()
    assert "nothing that could be understood" in out.getvalue()


def test_an_interruption_is_shown_with_how_much_was_heard() -> None:
    story, out = authorized(), io.StringIO()
    screen = Screen(Console(file=out, width=100), several=False)
    cut = news(4, "interrupted", role="visitor", key="greeting", played_s=1.24, length_s=3.4)
    screen.news(story, cut)
    assert "cut short           visitor: interrupted after 1.2 of 3.4 s" in out.getvalue()


def test_the_summary_names_the_parts_of_the_turns() -> None:
    story, out = interrupted(), io.StringIO()
    screen = Screen(Console(file=out, width=120), several=False)
    screen.summary(story, checks(story, Behaviour.AUTHORIZES), [])
    parts = "250 endpointing + 620 transcription + 30 understanding + 80 first sound"
    assert parts in out.getvalue()


def test_how_soon_a_person_was_answered_is_measured_at_their_phone() -> None:
    story, out = authorized(), io.StringIO()
    screen = Screen(Console(file=out, width=100), several=False)
    screen.mark(story, "visitor", Mark(BEGAN + 4, "said", "sim"))
    screen.mark(story, "visitor", Mark(BEGAN + 4.75, "phrase_begin"))
    screen.mark(story, "visitor", Mark(BEGAN + 9, "phrase_begin"))
    assert out.getvalue().count("answered") == 1
    assert "750 ms after the visitor had spoken" in out.getvalue()


def test_the_summary_says_what_went_wrong() -> None:
    story, out = authorized(), io.StringIO()
    screen = Screen(Console(file=out, width=100), several=False)
    screen.summary(story, checks(story, Behaviour.DENIES), [])
    assert "Visit 1 went wrong" in out.getvalue()
    assert out.getvalue().count("✗ wrong") == 2


def test_both_halves_of_a_line_of_freeswitch_are_shown() -> None:
    story, out = authorized(), io.StringIO()
    screen = Screen(Console(file=out, width=100), several=False)
    screen.mark(story, "visitor", Mark(BEGAN, "control_opened"))
    screen.mark(story, "visitor", Mark(BEGAN, "stream_opened"))
    events, sound = out.getvalue().splitlines()
    assert events.endswith("events connected (event socket)")
    assert sound.endswith("sound connected (WebSocket)")
