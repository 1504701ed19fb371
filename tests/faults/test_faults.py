"""Whatever breaks at whatever step: calls end, people are told, and the gate stays closed."""

from pathlib import Path

import pytest

from tests.faults import real_page
from tests.faults.cases import FAULTS, HEAD, STEPS, Outcome, play, rows

ROOT = Path(__file__).parents[2]
LONGEST_S = 302.0
SILENCE_S = 2.0
"""How long somebody whose words are being made out hears nothing, at most."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_visit_in_which_something_breaks_ends_as_it_should(fault: str) -> None:
    outcomes = [play(fault, step) for step in STEPS]
    assert [wrong for each in outcomes for wrong in wrongs(each)] == []
    assert any(each.reached for each in outcomes)
    told = (ROOT / "docs" / "faults.md").read_text().removesuffix(real_page.section()).splitlines()
    assert rows(fault) == [line for line in told if line.startswith(f"| {fault} |")], (
        "python -m tests.faults.cases > docs/faults.md"
    )


def wrongs(outcome: Outcome) -> list[str]:
    """Return every rule that was broken."""
    rules = {
        f"lasted {outcome.lasted_s} s": outcome.lasted_s > LONGEST_S,
        f"silence for {outcome.gap_s:.1f} s": outcome.gap_s > SILENCE_S,
        "the gate was opened without a yes": outcome.opened_unasked,
        f"{outcome.orders} orders to open": outcome.orders > 1,
        f"{outcome.kept} records": outcome.kept != 1,
        f"{outcome.left_over} tasks are left": outcome.left_over != 0,
    }
    return [f"{outcome.step}: {what}" for what, broken in rules.items() if broken]


def test_the_page_tells_of_nothing_else() -> None:
    told = (ROOT / "docs" / "faults.md").read_text()
    assert told.startswith(HEAD)
    assert told.endswith(real_page.section())
    lines = told.removeprefix(HEAD).removesuffix(real_page.section()).splitlines()[1:]
    assert list(dict.fromkeys(line.split(" | ")[0] for line in lines)) == [
        f"| {fault}" for fault in FAULTS
    ]
