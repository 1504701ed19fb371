"""A healthy call beside whatever else happens: nothing of it may be felt on this line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from uuid import uuid4

from tests.integration.server import Server, eventually
from tests.integration.wire_peer import WirePeer, call_id_message, message, peer

_LONGEST_GAP_S = 4.0
"""Frames come each 20 ms; on a busy machine four seconds say that the server stood still."""


class Bystander:
    """A visitor who asks for the question to be repeated, for as long as the tests take."""

    def __init__(self, server: Server, line: WirePeer, call_id: str) -> None:
        """Be on the line."""
        self.call_id = call_id
        self._server = server
        self._line = line
        self._loop = asyncio.get_running_loop()
        self._repeating = asyncio.create_task(self._ask_again())

    def press(self, keys: str) -> None:
        """Press keys."""
        for key in keys:
            self._line.send(message(0x03, key.encode()))

    @asynccontextmanager
    async def undisturbed(self) -> AsyncIterator[None]:
        """Hold that frames keep coming while the block lasts, and that the call lives on."""
        began, before = self._loop.time(), len(self._line.arrivals)
        frames = len(self._line.frames())
        yield
        seconds = self._loop.time() - began
        arrivals = [began, *self._line.arrivals[before:], self._loop.time()]
        gaps = [after - at for at, after in pairwise(arrivals)]
        assert max(gaps) < _LONGEST_GAP_S
        assert len(self._line.frames()) - frames >= 0.5 * seconds * 50 - 10
        assert not self._line.ended.is_set()
        assert await self._server.state(self.call_id) == "collecting"

    async def ends_its_visit(self) -> None:
        """Go through with the visit: the resident authorizes, and both are hung up."""
        self._repeating.cancel()
        self.press("501##")
        await self._line.end(30)
        assert self._line.hung_up
        await eventually(lambda: self._server.visits(self.call_id))
        assert self._server.visits(self.call_id)[0]["decision"] == "authorized"

    def close(self) -> None:
        """Press nothing any more."""
        self._repeating.cancel()

    async def _ask_again(self) -> None:
        while True:
            await asyncio.sleep(3)
            self.press("*")


@asynccontextmanager
async def bystander(server: Server) -> AsyncIterator[Bystander]:
    """Call, and stay on the line while the block lasts."""
    call_id = str(uuid4())
    async with peer(server.port) as line:
        line.send(call_id_message(call_id))
        made = Bystander(server, line, call_id)
        try:
            await eventually(lambda: line.told)
            yield made
        finally:
            made.close()
