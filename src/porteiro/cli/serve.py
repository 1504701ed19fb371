"""`porteiro serve`: the server, from the environment and `.env`."""

import asyncio
import os
import signal
import sys
from contextlib import AbstractAsyncContextManager, ExitStack

import structlog
import uvloop

from porteiro.app import Porteiro, running
from porteiro.calls.draining import DrainOptions, Impatience
from porteiro.errors import PorteiroError, SettingsError
from porteiro.logs import LogOptions, logging_to
from porteiro.parent import Parent, parenting
from porteiro.settings import Settings, load, notices, secrets
from porteiro.worker import work
from porteiro.workers.nursery import Nursery

_log = structlog.get_logger()

USAGE_ERROR = 2


def serve(*, workers: int | None = None) -> int:
    """Serve the gates until stopped (SIGTERM or Ctrl-C).

    A stop takes no new calls and lets those in progress end, for PORTEIRO_DRAIN_SECONDS; a
    second one breaks them off in words, a third without.

    Settings come from the environment and from .env in this folder; docs/settings.md has
    them all. `porteiro check` says beforehand what is wrong with them.

    Args:
        workers: Processes that answer calls, in place of PORTEIRO_WORKERS.
    """
    if workers is not None:
        os.environ["PORTEIRO_WORKERS"] = str(workers)
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
    with ExitStack() as stack:
        # Forked before the log's thread and the event loop are there.
        nursery = stack.enter_context(Nursery.begun(work)) if settings.workers > 1 else None
        stack.enter_context(logging_to(None, options))
        for notice in notices():
            _log.warning("setting", notice=notice)
        try:
            uvloop.run(_serve(settings, nursery))
        except PorteiroError as error:
            _log.error("stopped", reason=str(error))
            return 1
    return 0


class _Stops:
    """Signals to stop: the first one asks, the next ones press. One during the start ends it."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.impatience = Impatience()
        self._starting: asyncio.Task[None] | None = None

    def listen(self) -> None:
        """Take the process's signals from now on."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._again)

    def during(self, starting: asyncio.Task[None]) -> None:
        """Cancel this where a stop is asked for, until `started`."""
        self._starting = starting

    def started(self) -> None:
        """Leave what was started to whoever waits for `asked`."""
        self._starting = None

    def _again(self) -> None:
        for step in (self.asked, self.impatience.hurried, self.impatience.forced):
            if not step.is_set():
                step.set()
                break
        if self._starting is not None:
            self._starting.cancel()
            self._starting = None


async def _serve(settings: Settings, nursery: Nursery | None) -> None:
    stops = _Stops()
    serving = asyncio.ensure_future(_until_stopped(settings, nursery, stops))
    stops.during(serving)
    stops.listen()
    try:
        await serving
    except asyncio.CancelledError:
        if not stops.asked.is_set():
            raise
        _log.info("stopped before it served")
    else:
        _log.info("stopped")


async def _until_stopped(settings: Settings, nursery: Nursery | None, stops: _Stops) -> None:
    async with _running(settings, nursery) as porteiro:
        stops.started()
        _serves(settings, len(porteiro.extensions), porteiro.api_port)
        await stops.asked.wait()
        await porteiro.drain(DrainOptions(settings.drain_s), stops.impatience)


def _running(
    settings: Settings, nursery: Nursery | None
) -> AbstractAsyncContextManager[Porteiro | Parent]:
    return running(settings) if settings.workers == 1 else parenting(settings, nursery)


def _serves(settings: Settings, extensions: int, api_port: int) -> None:
    api = f"http://{settings.api_host}:{api_port}"
    _log.info("Porteiro serves", extensions=extensions, api=api)
