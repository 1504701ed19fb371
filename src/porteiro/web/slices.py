"""Long answers: made in slices, so that no frame of any call waits for them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from time import perf_counter
from typing import Final, TypeVar

import msgspec
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel

from porteiro.calls.board import JsonValue

Item = TypeVar("Item")

JsonObject = dict[str, JsonValue]

SLICE_S: Final = 0.002
"""How long an answer is worked on at a time."""
PIECE: Final = 64 * 1024
"""How many bytes of an answer are handed to a connection at a time."""


async def as_list(
    head: Mapping[str, JsonValue], name: str, items: Iterable[Item], encode: Callable[[Item], bytes]
) -> Response:
    """Answer `head`, and under `name` a list of every item; others get their turn in between.

    An item is encoded at once, so it tells of one moment; two items may tell of two.
    """
    written: list[bytes] = []
    await asyncio.sleep(0)  # finding the items was a step of its own
    until = perf_counter() + SLICE_S
    for item in items:
        written.append(encode(item))
        if perf_counter() >= until:
            await asyncio.sleep(0)
            until = perf_counter() + SLICE_S
    opening = msgspec.json.encode({"status": "success", **head})[:-1]
    return whole(b'%b,"%b":[%b]}' % (opening, name.encode(), b",".join(written)))


def whole(content: bytes) -> Response:
    """Answer JSON; a long one goes out piece by piece, as fast as it is taken."""
    if len(content) <= PIECE:
        return Response(content, media_type="application/json")
    length = {"Content-Length": str(len(content))}
    return StreamingResponse(_pieces(content), media_type="application/json", headers=length)


def as_json(model: BaseModel) -> bytes:
    """Return a shape as JSON."""
    return model.model_dump_json().encode()


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE]
