"""`porteiro serve`: the server, from the environment and `.env`."""

import asyncio
import signal
import sys

import structlog
import uvloop

from porteiro.app import running
from porteiro.errors import PorteiroError, SettingsError
from porteiro.logs import LogOptions, logging_to
from porteiro.settings import Settings, load, notices, secrets

_log = structlog.get_logger()

USAGE_ERROR = 2


def serve() -> int:
    """Serve the gates until stopped (SIGTERM or Ctrl-C).

    Settings come from the environment and from .env in this folder; docs/settings.md has
    them all. `porteiro check` says beforehand what is wrong with them.
    """
    try:
        settings = load()
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201  the one line that stops the start
        return USAGE_ERROR
    options = LogOptions(
        form=settings.log_format,
        level=settings.log_level,
        personal=settings.log_personal,
        secrets=secrets(settings),
    )
    with logging_to(None, options):
        for notice in notices():
            _log.warning("setting", notice=notice)
        try:
            uvloop.run(_serve(settings))
        except PorteiroError as error:
            _log.error("stopped", reason=str(error))
            return 1
    return 0


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running(settings) as porteiro:
        _log.info(
            "Porteiro serves",
            extensions=len(porteiro.extensions),
            api=f"http://{settings.api_host}:{porteiro.api_port}",
        )
        await stop.wait()
        _log.info("stopping", calls=len(porteiro.reception.living()))
    _log.info("stopped")
