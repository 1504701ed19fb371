"""The dialogue's table, and the picture of it in the docs."""

from pathlib import Path

import pytest

from porteiro.dialogue.events import Spoken
from porteiro.dialogue.machine import TABLE, diagram
from porteiro.dialogue.states import State
from porteiro.dialogue.table import rule
from porteiro.dialogue.terms import Decision, Role
from tests.stage import Stage

DOCS = Path(__file__).parents[3] / "docs" / "dialogue.md"


def test_the_docs_show_the_table_as_it_is() -> None:
    assert diagram() in DOCS.read_text(), (
        "replace the mermaid block of docs/dialogue.md by what porteiro.dialogue.machine.diagram() "
        "returns"
    )


def test_only_the_resident_side_leads_to_a_decision() -> None:
    for (state, kind, detail), cell in TABLE.items():
        if "answered" in cell.name and kind.__name__ == "Heard":
            assert detail is Role.RESIDENT
            assert state is State.ASKING


def test_a_second_rule_for_one_cell_is_refused() -> None:
    with pytest.raises(ValueError, match="two rules"):
        rule(State.CLOSING, on=Spoken)(lambda c, _: c.state)


def test_a_rule_that_leads_where_it_may_not_is_found_out() -> None:
    stage = Stage().visitor_comes()
    stage.conversation.facts.decision = Decision.DENIED
    stage.conversation.state = State.ASKING
    with pytest.raises(AssertionError, match="once a call"):
        stage.keys(Role.RESIDENT, "1")
