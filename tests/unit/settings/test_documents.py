import re
from pathlib import Path

import pytest

from porteiro import settings
from porteiro.settings.reading import LATER, VARIABLES
from tests.settings_table import row

PROJECT = Path(__file__).parents[3]
DOCUMENT = (PROJECT / "docs" / "settings.md").read_text(encoding="utf-8")
MOVING = (PROJECT / "docs" / "from-earlier-deployments.md").read_text(encoding="utf-8")
EXAMPLE = PROJECT / ".env.example"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, *LATER):
        monkeypatch.delenv(name, raising=False)


def test_the_document_shows_exactly_the_settings_there_are() -> None:
    shown = [line for line in DOCUMENT.splitlines() if re.match(r"\| `[A-Z_]+`", line)]
    assert sorted(shown) == sorted(row(name) for name in VARIABLES)


def test_the_document_names_what_has_no_effect_yet() -> None:
    section = DOCUMENT.partition("without effect in this version")[2].partition("##")[0]
    assert set(re.findall(r"`([A-Z_]+)`", section)) == LATER


def test_the_example_shows_every_setting_and_as_it_stands_changes_nothing() -> None:
    shown = re.findall(r"^# ([A-Z_]+)=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert shown == re.findall(r"^\| `([A-Z_]+)` \|", DOCUMENT, re.MULTILINE)
    assert settings.load(EXAMPLE) == settings.load(None)


def test_the_example_with_every_comment_taken_away_is_the_defaults(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    env = tmp_path / ".env"
    env.write_text(re.sub(r"^# (?=[A-Z_]+=)", "", text, flags=re.MULTILINE))
    assert settings.load(env) == settings.load(None)
    assert settings.notices(env) == []


def test_whoever_comes_from_an_earlier_deployment_finds_each_of_its_variables() -> None:
    ours = "PORTEIRO_"
    earlier = [name for name in (*VARIABLES, *LATER) if not name.startswith(ours)]
    assert [name for name in earlier if f"`{name}`" not in MOVING] == []
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", MOVING))
    assert named <= {*VARIABLES, *LATER}
