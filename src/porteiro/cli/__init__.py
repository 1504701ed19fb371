"""The `porteiro` command."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from porteiro import __version__
from porteiro.cli.call import call
from porteiro.cli.check import check
from porteiro.cli.demo import demo
from porteiro.cli.filters import judge_lines, understand_lines
from porteiro.cli.serve import serve

app = App(
    name="porteiro",
    version=__version__,
    help="The AI concierge for condominium gates: answers the intercom in Brazilian "
    "Portuguese, phones the resident, and opens on a clear yes.",
)
app.command(serve)
app.command(demo)
app.command(call)
app.command(check)


@app.command
def judge() -> int:
    """Judge residents' answers: a line of text in, a line of JSON out.

    Reads one answer a line from standard input and writes
    {"answer": "yes"|"no"|"unclear", "words": ..., "kind": ...} for each.
    """
    return judge_lines(sys.stdin, sys.stdout)


@app.command
def understand(*, directory: Annotated[Path, Parameter(name="--directory")]) -> int:
    """Find what visitors say: a line of JSON in, a line of JSON out.

    Reads {"said": ..., "asked": null|"purpose"|"visitor"|"apartment"|"resident"} lines from
    standard input and writes {"purpose", "visitor", "apartment", "resident"} for each, null
    where it was not said.

    Parameters
    ----------
    directory
        The directory of apartments, as in data/apartamentos.json.
    """
    return understand_lines(directory, sys.stdin, sys.stdout)


def main() -> None:
    """Run the command line; the exit status is the command's."""
    sys.exit(app())
