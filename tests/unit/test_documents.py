import re
from pathlib import Path

import pytest

from porteiro.cli import COMMANDS

PROJECT = Path(__file__).parents[2]
PAGES = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").glob("*.md")])
LINK = re.compile(r"\]\((?!https?://)([^)#]+)[^)]*\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "README.pt-BR.md"])
def test_the_readme_lists_exactly_the_commands_there_are(name: str) -> None:
    text = (PROJECT / name).read_text(encoding="utf-8")
    assert re.findall(r"^\| `porteiro (\w+)` \|", text, re.MULTILINE) == [*COMMANDS]


def test_both_readmes_have_the_same_parts_in_the_same_order() -> None:
    headings = {
        name: re.findall(r"^#+ ", (PROJECT / name).read_text(encoding="utf-8"), re.MULTILINE)
        for name in ("README.md", "README.pt-BR.md")
    }
    assert headings["README.md"] == headings["README.pt-BR.md"]
