"""Showing answers: tables for people, JSON for programs."""

import io
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from porteiro.cli.api_client import Document

_ON_PAPER: Final = 100
"""Columns where the output is no terminal: a file or another program reads it."""

Cell = str | Text


def show_table(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Print a table; a heading in capitals is never broken over lines."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False)
    for heading in headings:
        table.add_column(heading.lower(), overflow="fold", no_wrap=heading.isupper())
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else plain(cell) for cell in row))
    console().print(table)


def show_json(document: Document) -> None:
    """Print one JSON document."""
    _take_any_letter("strict", "utf-8")
    text = msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has read enough; nothing may be left to flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def show_line(line: Cell) -> None:
    """Print one line of text."""
    console().print(line if isinstance(line, Text) else plain(line), soft_wrap=True)


def console() -> Console:
    """Return standard output as it is now: with colours on a terminal only."""
    _take_any_letter("replace")
    terminal = sys.stdout.isatty()
    return Console(highlight=False, width=None if terminal else _ON_PAPER)


def plain(text: str, style: str = "") -> Text:
    """Return text that cannot steer the terminal, whoever wrote it."""
    return Text("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text), style)


def moment(at: datetime | None) -> str:
    """Return a moment in this machine's time, to the second; a dash for none."""
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}" if at else "-"


def counted(number: int, what: str) -> str:
    """Return "1 call", "2 calls"."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _take_any_letter(errors: str, encoding: str | None = None) -> None:
    """Keep names with accents from failing where the environment speaks ASCII only."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding=encoding, errors=errors)
