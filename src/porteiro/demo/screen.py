"""The demo on a terminal: a line for everything that happens, and a summary at the end."""

import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from porteiro.demo.story import News, Story
from porteiro.demo.verdict import Check
from porteiro.phones.audiosocket import Mark

_STYLES: Final = {"porteiro": "bold blue", "visitor": "bold dark_orange", "resident": "bold purple"}
_TURN_PARTS: Final = {
    "silence_ms": "silence",
    "transcription_ms": "recognition",
    "understanding_ms": "understanding",
    "first_frame_ms": "first frame",
}


class Screen:
    """Writes what happens to every visit, as it happens."""

    def __init__(self, console: Console, *, several: bool) -> None:
        """Write on `console`; with `several` visits each line says whose it is."""
        self._console = console
        self._several = several

    def tell(self, words: str) -> None:
        """Write a line of the demo's own."""
        self._console.print(Text(words, style="dim"))

    def news(self, story: Story, news: News) -> None:
        """Write one change of a call, if it is worth a line."""
        for what, words, style in _news_lines(news):
            self._line(story, news.at, what, Text(words, style=style))

    def mark(self, story: Story, who: str, mark: Mark) -> None:
        """Write what a person did with their phone."""
        if mark.kind == "says":
            self._line(story, mark.at, who, Text(f"“{mark.text}”"))
        elif mark.kind == "key":
            self._line(story, mark.at, who, Text(f"presses {mark.text}"))
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


def _news_lines(news: News) -> Iterable[tuple[str, str, str]]:
    """Return what to write of one change: what it is, the words, their style."""
    text = news.text
    match news.kind:
        case "say":
            yield f"Porteiro → {text('role')}", f"“{text('text')}”", ""
        case "state":
            yield "state", text("state").replace("_", " "), "italic"
        case "heard":
            yield "heard", _heard(news), "green" if text("text") else "yellow"
        case "turn":
            yield "answered in", _turn(news), "cyan"
        case "ring":
            yield "ringing", f"attempt {text('attempt')}: {text('number')}", "yellow"
        case "ring_ended":
            yield "phone", text("result").replace("_", " "), "yellow"
        case "recorded":
            yield "recorded", f"{text('seconds')} s after the tone", "green"
        case "decision":
            by = f" by “{text('decided_by')}”" if text("decided_by") else ""
            yield "DECISION", text("decision").replace("_", " ") + by, "bold reverse"
        case "gate":
            yield "GATE", " ".join((text("result"), text("reason"))), "bold reverse"
        case "trouble":
            yield "trouble", f"{text('part')}: {text('reason')}", "bold red"
        case "ended":
            yield "ended", " ".join((text("end"), f"after {text('seconds')} s")), "bold"


def _heard(news: News) -> str:
    """Return the words that were recognised, and the facts found in them."""
    if not news.text("text"):
        return f"{news.text('role')}: nothing that could be understood"
    names = ("purpose", "visitor", "apartment", "resident")
    facts = ", ".join(f"{name} {news.text(name)}" for name in names if news.text(name))
    words = f"{news.text('role')}: “{news.text('text')}”"
    return f"{words} ({news.text('confidence')})" + (f"  →  {facts}" if facts else "")


def turn_ms(news: News) -> float:
    """Return the milliseconds from the end of speech to the first frame of the answer."""
    return sum(float(news.text(part) or 0) for part in _TURN_PARTS)


def _turn(news: News) -> str:
    parts = " + ".join(
        f"{float(news.text(part) or 0):.0f} {name}" for part, name in _TURN_PARTS.items()
    )
    return f"{turn_ms(news):.0f} ms = {parts}"


def _figures(story: Story) -> Iterable[tuple[str, str]]:
    """Return the figures of a visit, in words."""
    if story.news:
        yield "lasted", f"{story.news[-1].at - story.began:.1f} s"
    turns = [turn_ms(news) for news in story.of_kind("turn")]
    if turns:
        slowest = f"{statistics.median(turns):.0f} ms, slowest {max(turns):.0f} ms"
        yield "turns", f"{len(turns)}, answered in {slowest} (median)"
