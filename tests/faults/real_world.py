"""One server with real neighbours, and visits in which one of them, or a socket, really breaks."""

import asyncio
import os
import resource
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from porteiro.phones.audiosocket import AudioSocketPhone, dial
from porteiro.phones.telephone import Ending
from porteiro.speech.espeak import EspeakSynthesizer
from tests.faults.manager import (
    AUTHORIZES,
    RESETS,
    WAITS,
    Manager,
    manager,
    one_who_never_answers,
    reset,
)
from tests.faults.real_page import Row, shortened
from tests.integration.live.site import LiveSite, free_pair, listens, live
from tests.integration.neighbours import Neighbours, hears_something, neighbours, over
from tests.integration.server import Json, eventually
from tests.integration.wire_peer import call_id_message
from tests.postgres import PostgresServer
from tests.rabbitmq import RabbitMQ

GOOD, STUCK, QUEUED = 15, 16, 17
"""Condominiums: by what their gates are."""
_APARTMENTS = {"501": AUTHORIZES, "503": WAITS, "508": RESETS}
_BUSY = 'porteiro_speech_jobs{provider="embedded",state="busy"} 1.0'
_LATER = 5
"""So many residents have been rung when the manager is reset."""


@dataclass
class Account:
    """What came of one visit; `heard_after` tells who heard a voice after it had broken."""

    call_id: str
    endings: tuple[Ending | None, ...] = ()
    heard_after: tuple[str, ...] = ()
    story: Json = field(default_factory=dict)
    troubles: tuple[str, ...] = ()
    deaf: bool = False
    """The visitor's PBX read nothing."""

    @property
    def row(self) -> Row:
        """What the page tells of it."""
        visitor = "nothing" if self.deaf else self._last("visitor")
        return visitor, self._last("resident"), self._end()

    def _last(self, role: str) -> str:
        said = [one["text"] for one in self.story["transcripts"][role] if _is_ours(one)]
        return shortened(said[-1]) if said else ""

    def _end(self) -> str:
        gate = self.story["gate"]
        return ":".join(self.story["end"].split(":")[:2]) + (f", gate {gate}" if gate else "")


def _is_ours(said: Json) -> bool:
    return bool(said["speaker"] == "porteiro")


@dataclass
class RealWorld:
    """Everything that runs."""

    site: LiveSite
    building: Neighbours
    pbx: Manager
    broker: RabbitMQ
    ports: dict[int, int]

    # ------------------------------------------------------------------- the visits

    async def nothing(self) -> Account:
        """A visit beside all that breaks."""
        return await self._until_over(GOOD, "501")

    async def stuck_gate(self) -> Account:
        """The gate's relay takes the connection, and never answers."""
        return await self._until_over(STUCK, "501")

    async def manager_reset(self) -> Account:
        """The manager's connection is reset after it has taken the order to ring."""
        await eventually(lambda: len(self.pbx.rung) >= _LATER, 30)
        return await self._until_over(GOOD, "508")

    async def visitor_reset(self) -> Account:
        """The visitor's connection is reset while the resident is asked."""

        async def breaks(visitor: AudioSocketPhone, _: AudioSocketPhone) -> None:
            assert visitor._transport is not None
            reset(visitor._transport)

        return await self._broken_while_asked(GOOD, breaks)

    async def resident_reset(self) -> Account:
        """The resident's connection is reset while they are asked."""

        async def breaks(_: AudioSocketPhone, resident: AudioSocketPhone) -> None:
            assert resident._transport is not None
            reset(resident._transport)

        return await self._broken_while_asked(GOOD, breaks)

    async def broker_killed(self) -> Account:
        """The broker that the gate's orders go to is killed while the resident is asked."""

        async def breaks(_: AudioSocketPhone, resident: AudioSocketPhone) -> None:
            await asyncio.to_thread(self.broker.kill)
            resident.press("1")

        return await self._broken_while_asked(QUEUED, breaks)

    async def database_frozen(self) -> Account:
        """PostgreSQL stops in its tracks while the resident is asked."""

        async def breaks(_: AudioSocketPhone, resident: AudioSocketPhone) -> None:
            self.site.postgres.freeze()
            resident.press("1")

        return await self._broken_while_asked(GOOD, breaks)

    async def disk_full(self) -> Account:
        """No file takes another byte from the moment on at which the resident is asked."""
        pid, kind = self.site.server.process.pid, resource.RLIMIT_FSIZE
        before = resource.prlimit(pid, kind)

        async def breaks(_: AudioSocketPhone, resident: AudioSocketPhone) -> None:
            resource.prlimit(pid, kind, (0, before[1]))
            resident.press("1")

        try:
            return await self._broken_while_asked(GOOD, breaks)
        finally:
            resource.prlimit(pid, kind, before)

    async def recognizer_killed(self) -> Account:
        """The process that makes words out is killed while it has a turn."""
        server, call_id = self.site.server, str(uuid4())
        (recognizer,) = server.children()
        word = b"".join(
            [sound async for sound in EspeakSynthesizer().stream("entrega", "pt-br", 8000)]
        )
        async with dial("127.0.0.1", self.ports[GOOD], call_id) as phone:
            await eventually(lambda: phone.ear.talking)
            await phone.phrase_end(since=0.0)
            os.kill(recognizer, signal.SIGSTOP)
            await phone.say(word)
            await self._recognizer_has_a_turn()
            os.kill(recognizer, signal.SIGKILL)
            began = asyncio.get_running_loop().time()
            await eventually(lambda: server.logged("heard", call_id=call_id))
            await _key_in(phone, "501")
            return await self._account(phone, began)

    async def stalled_visitor(self) -> Account:
        """The visitor's PBX reads nothing from the first frame on."""
        call_id = str(uuid4())
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.connect(("127.0.0.1", self.ports[GOOD]))
            deaf.sendall(call_id_message(call_id))
            await self._ended(call_id)
        return await self._told(Account(call_id, deaf=True))

    # --------------------------------------------------------------- what they share

    async def _until_over(self, condominium: int, apartment: str) -> Account:
        """Come by keys, and stay to the end; all that breaks does so by itself."""
        began = asyncio.get_running_loop().time()
        async with dial("127.0.0.1", self.ports[condominium], str(uuid4())) as phone:
            await _key_in(phone, apartment)
            return await self._account(phone, began)

    async def _broken_while_asked(
        self,
        condominium: int,
        breaks: Callable[[AudioSocketPhone, AudioSocketPhone], Awaitable[None]],
    ) -> Account:
        call_id = str(uuid4())
        async with dial("127.0.0.1", self.ports[condominium], call_id) as visitor:
            await _key_in(visitor, "503")
            await self.site.server.until(call_id, "asking", 30)
            await eventually(lambda: call_id in self.pbx.phones)
            resident = self.pbx.phones[call_id]
            await hears_something(resident, since=float("-inf"))
            began = asyncio.get_running_loop().time()
            await breaks(visitor, resident)
            return await self._account(visitor, began, resident)

    async def _account(
        self, visitor: AudioSocketPhone, began: float, resident: AudioSocketPhone | None = None
    ) -> Account:
        """Wait for the end of a visit in which something broke at `began` (loop's seconds)."""
        phones = {"visitor": visitor, **({"resident": resident} if resident else {})}
        endings = tuple([await over(phone) for phone in phones.values()])
        await self._ended(visitor.call_id)
        # What was on its way as it broke does not count.
        heard = [name for name, phone in phones.items() if phone.ear.last_voice > began + 1]
        return await self._told(Account(visitor.call_id, endings, tuple(heard)))

    async def _ended(self, call_id: str) -> None:
        await self.site.server.until(call_id, "ended", 40)

    async def _told(self, account: Account) -> Account:
        server = self.site.server
        account.story = await server.call(account.call_id)
        told = server.logged("trouble", call_id=account.call_id)
        account.troubles = tuple(f"{one['part']}: {one['reason']}" for one in told)
        return account

    async def _recognizer_has_a_turn(self) -> None:
        """Wait until a turn waits for the recognizer, which stands still."""
        async with asyncio.timeout(15):
            while _BUSY not in (await self.site.server.api.get("/metrics")).text:  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    def kept(self, call_id: str) -> int:
        """Return how many rows the database holds of a visit."""
        return len(self.site.sql(f"SELECT 1 FROM porteiro_visit WHERE call_id = '{call_id}'"))


async def _key_in(phone: AudioSocketPhone, apartment: str) -> None:
    """Key an apartment in, and be recorded saying nothing."""
    await hears_something(phone, since=float("-inf"))
    for key in (*apartment, "#", "#"):
        phone.press(key)


@asynccontextmanager
async def real_world(
    folder: Path, postgres: PostgresServer, broker: RabbitMQ
) -> AsyncIterator[RealWorld]:
    """Run a server with three condominiums, each with a gate of its own kind."""
    async with one_who_never_answers() as stuck, neighbours() as building, manager() as pbx:
        more = (
            building.settings
            | pbx.settings
            | {"AMQP_URL": broker.url(), "AUDIO_MODE": "audiosocket"}
        )
        async with live(folder, postgres, more) as site:
            gates = {GOOD: ("http", None), STUCK: ("http", stuck), QUEUED: ("amqp", None)}
            ports = {}
            for condominium, (gate, url) in gates.items():
                ports[condominium] = _open(site, condominium, gate, url)
            await eventually(lambda: all(listens(port) for port in ports.values()))
            yield RealWorld(site, building, pbx, broker, ports)


def _open(site: LiveSite, condominium: int, gate: str, url: str | None) -> int:
    """Add a condominium with its apartments and its extension; return the visitors' port."""
    port, return_port = free_pair()
    rows = ", ".join(
        f"({condominium}, '{apartment}', '{{Renata Oliveira}}', '{{{number}}}')"
        for apartment, number in _APARTMENTS.items()
    )
    gate_url = f"'{url}'" if url else "NULL"
    site.sql(
        "INSERT INTO porteiro_condominium (condominium_id, name, gate, gate_url) VALUES"
        f" ({condominium}, 'Condomínio Apoena', '{gate}', {gate_url});"
        "INSERT INTO porteiro_apartment (condominium_id, apartment_number, residents,"
        f" voip_numbers) VALUES {rows};"
        "INSERT INTO extension_ia (extension_ia_number, extension_ia_return, extension_ia_ip,"
        " extension_ia_number_port, condominium_id, extension_ia_return_port) VALUES"
        f" ('20{condominium}', '30{condominium}', '127.0.0.1', '{port}', {condominium},"
        f" '{return_port}')"
    )
    return port
