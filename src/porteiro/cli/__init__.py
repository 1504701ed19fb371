"""The `porteiro` command; each subcommand is loaded when it is asked for."""

import signal
import sys

from cyclopts import App

from porteiro import __version__

COMMANDS = {
    "serve": ("porteiro.cli.serve:serve", "Serve the gates, from the environment and .env."),
    "check": ("porteiro.cli.check:check", "Say what is wrong with settings and machine."),
    "setup": ("porteiro.cli.setup:setup", "Make the database and every phrase ready."),
    "extensions": ("porteiro.cli.extensions:extensions", "Show the extensions being served."),
    "calls": ("porteiro.cli.calls:calls", "Show the calls in progress."),
    "hangup": ("porteiro.cli.hangup:hangup", "Hang up one leg of a call."),
    "visits": ("porteiro.cli.visits:visits", "Show the log of visits."),
    "demo": ("porteiro.cli.demo:demo", "Show one visit live, with simulated phones."),
    "call": ("porteiro.cli.call:call", "Be a phone, for trying any running server."),
    "judge": ("porteiro.cli.tuning:judge", "Judge residents' answers, a line each."),
    "understand": ("porteiro.cli.tuning:understand", "Find what visitors say, a line each."),
}
"""Where each command lives, and what it is for."""


def command_line(arguments: list[str]) -> App:
    """Return the command line for `arguments`.

    A command that is asked for shows its own long help; the short ones stand in the list
    of all commands only, which would otherwise have to load every one of them.
    """
    app = App(
        name="porteiro",
        version=__version__,
        help="The AI concierge for condominium gates: answers the intercom in Brazilian "
        "Portuguese, phones the resident, and opens on a clear yes.",
    )
    asked = arguments[0] if arguments else ""
    for name, (path, summary) in COMMANDS.items():
        app.command(path, name=name, help=None if name == asked else summary)
    return app


def main() -> None:
    """Run the command line; the exit status is the command's."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["serve"]:
        # A stop while all of it is still being loaded is a stop like any other.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: sys.exit(0))
    sys.exit(command_line(arguments)(arguments))
