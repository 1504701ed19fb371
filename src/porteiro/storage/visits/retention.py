"""Visits are deleted when their condominium wants them no longer (LGPD)."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from porteiro.clock import Clock
from porteiro.errors import StorageError
from porteiro.storage.visits.store import FORGET_BATCH, VisitStore

log = structlog.get_logger()

Retention = Callable[[int], int]
"""For how many days a condominium, by its id, keeps visits; 0 is for ever."""

_EVERY_S = 3600.0
_BREATH_S = 0.05


async def keep_retention(
    store: VisitStore, retention: Retention, clock: Clock, every_s: float = _EVERY_S
) -> None:
    """Delete what is too old, now and every `every_s` seconds, until it is cancelled.

    A store that is away is tried again the next time.
    """
    while True:
        try:
            await forget_expired(store, retention, clock.wall())
        except StorageError as error:
            log.warning("old visits not deleted", reason=str(error))
        await asyncio.sleep(every_s)


async def forget_expired(store: VisitStore, retention: Retention, now: datetime) -> int:
    """Delete every visit that is older than its condominium's retention; return how many.

    In small batches with a breath between them, so that others get their turn.
    Raises `StorageError`.
    """
    total = 0
    for condominium_id in await store.condominiums():
        days = retention(condominium_id)
        if days <= 0:
            continue
        before = now - timedelta(days=days)
        deleted = batch = await store.forget(condominium_id, before)
        while batch == FORGET_BATCH:
            await asyncio.sleep(_BREATH_S)
            batch = await store.forget(condominium_id, before)
            deleted += batch
        if deleted:
            log.info("old visits deleted", condominium_id=condominium_id, visits=deleted, days=days)
        total += deleted
    return total
