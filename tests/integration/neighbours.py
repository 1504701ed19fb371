"""The building around a server: the program that rings residents, and the gate's relay.

Both are told how to behave by what they are asked: by the number, by the apartment.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from porteiro.errors import LineClosedError
from porteiro.phones.audiosocket import AudioSocketPhone, dial
from porteiro.phones.telephone import Ending, Telephone

AUTHORIZES, DENIES, NEVER_ANSWERS = "1001", "2002", "3003"
"""Numbers: whose resident presses 1, presses 2, or lets it ring. Others are HTTP statuses."""

Json = dict[str, Any]


@dataclass
class Neighbours:
    """What the two programs were asked, and the residents' phones that were picked up."""

    url: str = ""
    rings: list[Json] = field(default_factory=list)
    orders: list[tuple[str, Json]] = field(default_factory=list)
    phones: dict[str, AudioSocketPhone] = field(default_factory=dict)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    group: asyncio.TaskGroup = field(default_factory=asyncio.TaskGroup)

    @property
    def settings(self) -> dict[str, str]:
        """What a server must be told to have these neighbours."""
        return {
            "PORTEIRO_DIALER": "webhook",
            "PORTEIRO_DIALER_URL": f"{self.url}/ring",
            "PORTEIRO_GATE": "http",
            "PORTEIRO_GATE_URL": f"{self.url}/gate",
        }

    def orders_of(self, call_id: str) -> list[Json]:
        """Return what the gate was told about a call, try by try."""
        return [order for _, order in self.orders if order["call_id"] == call_id]

    def keys_of(self, call_id: str) -> set[str]:
        """Return the idempotency keys under which it was told."""
        return {key for key, order in self.orders if order["call_id"] == call_id}

    def rings_of(self, call_id: str) -> list[Json]:
        """Return the requests to ring somebody for a call."""
        return [ring for ring in self.rings if ring["call_id"] == call_id]

    async def _ring(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.rings.append(asked)
        if asked["number"] in (AUTHORIZES, DENIES):
            key = "1" if asked["number"] == AUTHORIZES else "2"
            self.group.create_task(self._pick_up(asked, key))
        return await self._answer(asked["number"])

    async def _gate(self, request: web.Request) -> web.Response:
        order = await request.json()
        self.orders.append((request.headers["Idempotency-Key"], order))
        return await self._answer(order["apartment"])

    async def _answer(self, behaves: str) -> web.Response:
        """Answer by a number: 4xxx is 404, 5xxx is 500, 6xxx never comes, others are good."""
        if len(behaves) == 4 and behaves[0] == "6":
            await self.over.wait()
        status = {"4": 404, "5": 500}.get(behaves[0], 200) if len(behaves) == 4 else 200
        answer = web.Response(status=status)
        answer.force_close()
        return answer

    async def _pick_up(self, asked: Json, key: str) -> None:
        async with dial(asked["host"], asked["port"], asked["call_id"]) as phone:
            self.phones[asked["call_id"]] = phone
            try:
                await hears_something(phone)
                phone.press(key)
            except LineClosedError:
                pass
            await phone.ended()


@asynccontextmanager
async def neighbours() -> AsyncIterator[Neighbours]:
    """Run both programs on loopback."""
    made = Neighbours()
    app = web.Application()
    app.router.add_post("/ring", made._ring)
    app.router.add_post("/gate", made._gate)
    async with made.group, TestServer(app) as server:
        made.url = str(server.make_url("")).rstrip("/")
        try:
            yield made
        finally:
            made.over.set()


async def hears_something(phone: Telephone, since: float | None = None) -> None:
    """Wait until the phone hears a voice that began after `since` (now, where None)."""
    began = asyncio.get_running_loop().time() if since is None else since
    async with asyncio.timeout(15):
        while phone.ear.last_voice <= began:
            if phone.ending is not None:
                raise LineClosedError(f"the call ended, {phone.ending}, and said nothing")
            await asyncio.sleep(0.02)


async def key_in(phone: Telephone, apartment: str) -> None:
    """Key an apartment in, and skip the recording of name and reason."""
    await hears_something(phone, since=float("-inf"))
    for key in (*apartment, "#", "*"):
        phone.press(key)


async def over(phone: Telephone, limit_s: float = 30.0) -> Ending:
    """Wait for the end of a call."""
    async with asyncio.timeout(limit_s):
        return await phone.ended()
