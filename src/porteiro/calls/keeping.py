"""Keeping a visit's record, in limited time: storage that hangs must not hold a call."""

import asyncio

from porteiro.calls.ports import VisitLog
from porteiro.calls.visit import Visit
from porteiro.errors import StorageError

RECORD_S = 10.0
"""How long a visit may take to be recorded before its call is over without."""


async def keep(visits: VisitLog, visit: Visit) -> None:
    """Record a visit that ended. Raises `StorageError` where it is not recorded in time."""
    try:
        async with asyncio.timeout(RECORD_S):
            await visits.record(visit)
    except TimeoutError as error:
        raise StorageError(
            f"not written within {RECORD_S:g} s; look at the disk of PORTEIRO_DATA_DIR"
        ) from error
