"""Every change of every call, as server-sent events.

Source: HTML standard, section 9.2, "Server-sent events".
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import msgspec

from porteiro.calls.board import Change, ChangeStream


async def event_stream(
    changes: ChangeStream, closing: asyncio.Event, heartbeat_s: float, call_id: str | None = None
) -> AsyncGenerator[bytes, None]:
    """Yield each change as an event named after its kind, until `closing` is set.

    With `call_id`, only that call's. After `heartbeat_s` seconds without any, a comment
    shows that the stream lives. A reader who did not keep up gets an event `lost` with
    the number of changes that passed it by.
    """
    with changes.subscribe() as subscription:
        yield b": connected\n\n"
        told_lost = 0
        coming = aiter(subscription)
        closed = asyncio.create_task(closing.wait())
        following = asyncio.create_task(_next(coming))
        try:
            while not closed.done():
                await asyncio.wait(
                    {following, closed}, timeout=heartbeat_s, return_when=asyncio.FIRST_COMPLETED
                )
                if subscription.lost > told_lost:
                    yield _event("lost", {"lost": subscription.lost - told_lost})
                    told_lost = subscription.lost
                if following.done():
                    change = following.result()
                    following = asyncio.create_task(_next(coming))
                    if call_id in (None, change.call_id):
                        yield _event(change.kind, change)
                elif not closed.done():
                    yield b": still here\n\n"
        finally:
            closed.cancel()
            following.cancel()
            await asyncio.gather(closed, following, return_exceptions=True)


async def _next(changes: AsyncIterator[Change]) -> Change:
    return await anext(changes)


def _event(name: str, data: object) -> bytes:
    """Return one event; its JSON holds no line break, so it is one data line."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode(data))
