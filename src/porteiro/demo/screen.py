"""The demo on a terminal: a line for everything that happens, and a summary at the end."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from porteiro.demo.story import News, Story
from porteiro.demo.timeline import interruption
from porteiro.demo.turns import PARTS, parts_ms
from porteiro.demo.verdict import Check
from porteiro.phones.telephone import Mark

_STYLES: Final = {"porteiro": "bold blue", "visitor": "bold dark_orange", "resident": "bold purple"}
_HALVES: Final = {
    "stream_opened": "sound connected (WebSocket)",
    "control_opened": "events connected (event socket)",
}
"""The two halves of a line of FreeSWITCH."""


class Screen:
    """Writes what happens to every visit, as it happens."""

    def __init__(self, console: Console, *, several: bool) -> None:
        """Write on `console`; with `several` visits each line says whose it is."""
        self._console = console
        self._several = several
        self._spoke: dict[str, dict[str, float]] = {}

    def tell(self, words: str) -> None:
        """Write a line of the demo's own."""
        self._console.print(Text(words, style="dim"))

    def news(self, story: Story, news: News) -> None:
        """Write one change of a call, if it is worth a line."""
        line = _news_line(news)
        if line is not None:
            what, words, style = line
            self._line(story, news.at, what, Text(words, style=style))

    def mark(self, story: Story, who: str, mark: Mark) -> None:
        """Write what a person did with their phone."""
        if mark.kind == "says":
            self._line(story, mark.at, who, Text(f"“{mark.text}”"))
        elif mark.kind == "said":
            self._spoke.setdefault(story.call_id, {})[who] = mark.at
        elif mark.kind == "key":
            self._line(story, mark.at, who, Text(f"presses {mark.text}"))
        elif mark.kind == "phrase_begin" and who in self._spoke.get(story.call_id, {}):
            waited_ms = 1000 * (mark.at - self._spoke[story.call_id].pop(who))
            words = f"{waited_ms:.0f} ms after the {who} had spoken"
            self._line(story, mark.at, "answered", Text(words, style="cyan"))
        elif mark.kind in _HALVES:
            self._line(story, mark.at, who, Text(_HALVES[mark.kind], style="dim"))
        elif mark.kind == "ended":
            self._line(story, mark.at, who, Text(f"off the line: {mark.text}", style="bold"))

    def summary(self, story: Story, checks: Sequence[Check], files: Iterable[Path]) -> None:
        """Write how a visit ended, whether it should have, and what it left behind."""
        table = Table.grid(padding=(0, 2))
        for check in checks:
            sign = Text("✓", style="green") if check.right else Text("✗ wrong", style="bold red")
            table.add_row(check.what, Text(check.found, style="bold"), sign)
        for what, words in _figures(story):
            table.add_row(what, words, "")
        for path in files:
            table.add_row(path.suffix.removeprefix("."), str(path), "")
        right = all(check.right for check in checks)
        title = f"Visit {story.number + 1} " + ("ended as it should" if right else "went wrong")
        self._console.print(
            Panel(table, title=title, border_style="green" if right else "red", expand=False)
        )

    def _line(self, story: Story, at: float, what: str, words: Text) -> None:
        line = Text(f"{at - story.began:6.2f} s  ", style="dim")
        if self._several:
            line.append(f"#{story.number + 1:<3} ", style="bold")
        line.append(f"{what:<20}", style=_STYLES.get(what.split(maxsplit=1)[0].lower(), "dim"))
        self._console.print(line.append_text(words), soft_wrap=True)


_NEWS: Final[dict[str, tuple[str, str, str]]] = {
    "state": ("state", "{state}", "italic"),
    "ring": ("ringing", "attempt {attempt}: {number}", "yellow"),
    "ring_ended": ("phone", "{result}", "yellow"),
    "recorded": ("recorded", "{seconds} s after the tone", "green"),
    "decision": ("DECISION", "{decision}  {decided_by}", "bold reverse"),
    "gate": ("GATE", "{result}  {reason}", "bold reverse"),
    "trouble": ("trouble", "{part}: {reason}", "bold red"),
    "ended": ("ended", "{end}, {seconds} s", "bold"),
}
"""How news of each kind stands on a line: what it is, its words, their style."""


def _news_line(news: News) -> tuple[str, str, str] | None:
    """Return what to write of one change, None for what is not worth a line."""
    if news.kind == "say":
        return f"Porteiro → {news.text('role')}", f"“{news.text('text')}”", ""
    if news.kind == "heard":
        return "understood", _heard(news), "green" if news.text("text") else "yellow"
    if news.kind == "interrupted":
        return "cut short", f"{news.text('role')}: {interruption(news)}", "yellow"
    if news.kind not in _NEWS:
        return None
    what, words, style = _NEWS[news.kind]
    given = ((name, news.text(name).replace("_", " ")) for name in news.data)
    particulars = defaultdict(str, given)
    return what, words.format_map(particulars).strip(), style


def _heard(news: News) -> str:
    """Return the words that were recognised, and the facts found in them."""
    if not news.text("text"):
        return f"{news.text('role')}: nothing that could be understood"
    names = ("purpose", "visitor", "apartment", "resident")
    facts = ", ".join(f"{name} {news.text(name)}" for name in names if news.text(name))
    words = f"{news.text('role')}: “{news.text('text')}”"
    return f"{words} ({news.text('confidence')})" + (f"  →  {facts}" if facts else "")


def _figures(story: Story) -> Iterable[tuple[str, str]]:
    """Return the figures of a visit, in words."""
    if story.news:
        yield "lasted", f"{story.news[-1].at - story.began:.1f} s"
    turns = list(story.of_kind("turn"))
    if turns:
        parts = [parts_ms(news) for news in turns]
        totals = [sum(each) for each in parts]
        yield (
            "turns",
            f"{len(turns)}, answered in {median(totals):.0f} ms (slowest {max(totals):.0f})",
        )
        medians = (median(each) for each in zip(*parts, strict=True))
        named = zip(PARTS, medians, strict=True)
        yield "of which", " + ".join(f"{ms:.0f} {name}" for name, ms in named)
