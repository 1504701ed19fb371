"""A server, and a FreeSWITCH around it whose numbers can be rung; for whole visits."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from porteiro.errors import LineClosedError
from porteiro.phones.freeswitch import (
    FreeSwitch,
    FreeSwitchOptions,
    FreeSwitchPhone,
    Module,
    Registered,
)
from tests.integration.building import DIRECTORY
from tests.integration.neighbours import AUTHORIZES, DENIES, NEVER_ANSWERS, Json, hears_something
from tests.integration.server import Server, Site, eventually, serving

PASSWORD = "s3gr3d0"
PORTER = "900"
PLAYBACKS = {
    Module.COMMUNITY: "esl-file",
    Module.COMMERCIAL: "binary",
    Module.FORK: "stream-audio",
}


@dataclass
class Building:
    """A server, the FreeSWITCH that it serves, and the phones that were picked up in it."""

    server: Server
    pbx: FreeSwitch
    group: asyncio.TaskGroup
    phones: dict[str, FreeSwitchPhone] = field(default_factory=dict)
    porter: asyncio.Queue[FreeSwitchPhone] = field(default_factory=asyncio.Queue)

    @property
    def number(self) -> str:
        """The extension's AI number."""
        return "2018510"

    def presses(self, key: str) -> Callable[[FreeSwitchPhone], None]:
        """Return what a resident does who hears Porteiro out, and presses a key."""

        def picked_up(phone: FreeSwitchPhone) -> None:
            self.phones[phone.call_id] = phone
            self.group.create_task(self._press(phone, key))

        return picked_up

    async def _press(self, phone: FreeSwitchPhone, key: str) -> None:
        try:
            await hears_something(phone)
            if key:
                phone.press(key)
        except LineClosedError:
            pass

    def lines_whole(self, call_id: str) -> list[str]:
        """Return whose lines had both their halves, in order."""
        return [line["role"] for line in self.server.logged("line whole", call_id=call_id)]

    async def record(self, call_id: str) -> Json:
        """Return what is kept of a visit."""
        await eventually(lambda: self.server.visits(call_id))
        (record,) = self.server.visits(call_id)
        return record

    async def nothing_is_left(self) -> None:
        """Wait until no channel, no call and no half of one lives."""
        await eventually(lambda: not self.pbx.sessions)
        await self.server.left_with()
        await eventually(lambda: not any(control.open for control in self.pbx.controls))


@asynccontextmanager
async def building(folder: Path, module: Module = Module.COMMUNITY) -> AsyncIterator[Building]:
    options = FreeSwitchOptions(module=module, password=PASSWORD)
    async with asyncio.TaskGroup() as group, FreeSwitch(options) as pbx:
        settings = {
            "PORTEIRO_DIALER": "esl",
            "PORTEIRO_FREESWITCH_HOST": "127.0.0.1",
            "PORTEIRO_FREESWITCH_ESL_PORT": str(pbx.port),
            "PORTEIRO_FREESWITCH_ESL_PASSWORD": PASSWORD,
            "PORTEIRO_STREAM_PORT": "0",
            "PORTEIRO_ESL_PORT": "0",
            "PORTEIRO_STREAM_PLAYBACK": PLAYBACKS[module],
            "PORTEIRO_FALLBACK_NUMBER": PORTER,
            "PORTEIRO_GATE": "log",
        }
        async with serving(folder, Site(settings, DIRECTORY)) as server:
            (taken,) = server.logged("FreeSWITCH's lines are taken")
            pbx.serves(taken["stream_port"], taken["esl_port"])
            made = Building(server, pbx, group)
            pbx.numbers = {
                AUTHORIZES: Registered(picked_up=made.presses("1")),
                DENIES: Registered(picked_up=made.presses("2")),
                NEVER_ANSWERS: Registered(rings_s=float("inf")),
                PORTER: Registered(picked_up=made.porter.put_nowait),
            }
            yield made
