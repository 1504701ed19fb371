"""`porteiro judge` and `porteiro understand`: what Porteiro makes of words, a line at a time."""

import io
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from porteiro.cli.filters import judge_lines, understand_lines


def judge() -> int:
    """Judge residents' answers: a line of text in, a line of JSON out.

    Reads one answer a line from standard input and writes
    {"answer": "yes"|"no"|"unclear", "words": ..., "kind": ...} for each: the words that
    decided, and for an unclear one why it is unclear.
    """
    _read_leniently()
    return judge_lines(sys.stdin, sys.stdout)


def understand(*, directory: Annotated[Path, Parameter(name="--directory")]) -> int:
    """Find what visitors say: a line of JSON in, a line of JSON out.

    Reads {"said": ..., "asked": null|"purpose"|"visitor"|"apartment"|"resident"} lines from
    standard input and writes {"purpose", "visitor", "apartment", "resident"} for each, null
    where it was not said.

    Parameters
    ----------
    directory
        The directory of apartments, in the form of data/apartamentos.json.
    """
    _read_leniently()
    return understand_lines(directory, sys.stdin, sys.stdout)


def _read_leniently() -> None:
    """Take any bytes: what is no UTF-8 is judged as the noise that it is."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
