"""Ending a program that was started, with nothing of it left open."""

import asyncio
from contextlib import suppress

_PIPE_S = 1.0


async def end(process: asyncio.subprocess.Process) -> None:
    """Kill `process` if it still runs, and wait until it and its output are gone.

    Its pipes close once they are read to the end; what a child of its own keeps open for
    more than a second is left.
    """
    if process.returncode is None:
        process.kill()
    await process.wait()
    for output in (process.stdout, process.stderr):
        if output is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_PIPE_S):
                    await output.read()
