"""Waiting for what may never come: a database that hangs must not hold a request for ever."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from porteiro.errors import StorageError

Found = TypeVar("Found")

READ_S = 10.0
"""How long the database may take over a read."""


async def within(who: str, reading: Awaitable[Found], limit_s: float = READ_S) -> Found:
    """Return what is read. Raises `StorageError` naming `who` when it takes too long."""
    try:
        async with asyncio.timeout(limit_s):
            return await reading
    except TimeoutError:
        raise StorageError(f"{who} did not answer within {limit_s:g} s; try again") from None
