"""Porteiro is killed in a visit over FreeSWITCH, whose dialplan brings both halves again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.freeswitch_side import CommunityModule, ControlEnd
from tests.integration.building import DIRECTORY
from tests.integration.neighbours import Json, Neighbours, neighbours
from tests.integration.restarts import Place, place
from tests.integration.server import Site, eventually
from tests.ports import free_port

EXTENSION = "2018510"
FIRST_QUESTION = "Portaria, em que posso ajudar?"
APOLOGY = "Desculpe, a ligação caiu."
HALVES = ("sound", "control")


@dataclass
class Channel:
    """A channel of FreeSWITCH, as its dialplan connects it; `call_id` is a resident's visitor's."""

    site: "Scene"
    call_id: str = ""
    uuid: str = field(default_factory=lambda: str(uuid4()))
    frames: int = 0
    controls: list[ControlEnd] = field(default_factory=list)
    streams: list[ClientConnection] = field(default_factory=list)

    @property
    def control(self) -> ControlEnd:
        return self.controls[-1]

    async def connects(self, order: tuple[str, ...] = HALVES) -> None:
        """Bring both halves, the first one first."""
        self.frames = 0
        for half in order:
            await (self._sound() if half == "sound" else self._control())
        stream, control = self.streams[-1], self.control
        plays = self.site.playback == "esl-file"
        module = CommunityModule(stream, control).run() if plays else self._hears(stream)
        self.site.group.create_task(module)
        obey = control.on_command

        def hangs_up_as_well(command: str) -> None:
            obey(command)
            if command.startswith("hangup"):
                control.hang_up()

        control.on_command = hangs_up_as_well

    @property
    def heard(self) -> int:
        """How much was played to the phone since its line came."""
        return self.frames + len(self.control.told("execute playback"))

    async def _control(self) -> None:
        control = await ControlEnd.connect(self.site.control_port, self.uuid)
        if self.call_id:
            control.variables = {
                "variable_porteiro_call_id": self.call_id,
                "variable_porteiro_role": "resident",
                "variable_porteiro_extension": EXTENSION,
            }
        control.answer()
        self.controls.append(control)
        self.site.stack.push_async_callback(control.gone)

    async def _sound(self) -> None:
        leg = f"{self.call_id}/resident" if self.call_id else self.uuid
        url = f"ws://127.0.0.1:{self.site.stream_port}/stream/{EXTENSION}/{leg}"
        stream = await self.site.stack.enter_async_context(connect(url, compression=None))
        self.streams.append(stream)
        self.site.group.create_task(_is_silent(stream))

    async def _hears(self, stream: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                frame = await stream.recv()
                self.frames += any(frame)

    async def presses(self, keys: str) -> None:
        for key in keys:
            self.control.press(key)

    async def hung_up(self) -> None:
        """Wait until Porteiro ends the line."""
        await self.control.until_told("hangup")
        await self.control.until_end()


async def _is_silent(stream: ClientConnection) -> None:
    """Send what a silent phone does."""
    with suppress(ConnectionClosed):
        while True:
            await stream.send(bytes(320))
            await asyncio.sleep(0.02)


@dataclass
class Scene:
    """A server that may be killed, and the building around it."""

    place: Place
    building: Neighbours
    group: asyncio.TaskGroup
    stack: AsyncExitStack
    stream_port: int
    control_port: int
    playback: str

    async def said(self, call_id: str, role: str) -> list[str]:
        """Return what somebody was told since the visit began, by whichever process."""
        if not await self.place.now.state(call_id):
            return []
        told = (await self.place.now.call(call_id))["transcripts"][role]
        return [line["text"] for line in told if line["speaker"] == "porteiro"]

    async def told(self, call_id: str, role: str, words: str) -> list[str]:
        """Wait until somebody is told something after the apology; return all of that."""
        async with asyncio.timeout(15):
            while True:
                said = await self.said(call_id, role)
                since = said[said.index(APOLOGY) :] if APOLOGY in said else []
                if any(line.startswith(words) for line in since):
                    return since
                await asyncio.sleep(0.05)

    async def ringing(self) -> Channel:
        """Have a visitor come for apartment 503, whose resident lets it ring."""
        visitor = Channel(self)
        await visitor.connects()
        await eventually(lambda: visitor.heard)
        await visitor.presses("503##")
        await self.place.now.until(visitor.uuid, "ringing")
        await eventually(lambda: self.building.rings_of(visitor.uuid))
        return visitor

    async def asking(self) -> tuple[Channel, Channel]:
        """Have the resident's line come in as well."""
        visitor = await self.ringing()
        resident = Channel(self, visitor.uuid)
        await resident.connects()
        await self.place.now.until(visitor.uuid, "asking")
        await eventually(lambda: resident.heard)
        return visitor, resident

    async def record(self, call_id: str) -> Json:
        """Wait for the one record of the visit, and for the journal to be gone."""
        await eventually(lambda: self.place.now.visits(call_id))
        await eventually(lambda: not self.place.journals)
        (record,) = self.place.now.visits(call_id)
        return record


@pytest.fixture
async def scene(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    playback: str = request.param
    stream_port, control_port = free_port(), free_port()
    async with neighbours() as building, AsyncExitStack() as stack:
        settings = building.settings | {
            "PORTEIRO_RING_SECONDS": "20",
            "AUDIO_MODE": "dual",
            "PORTEIRO_STREAM_PLAYBACK": playback,
            "PORTEIRO_STREAM_PORT": str(stream_port),
            "PORTEIRO_ESL_PORT": str(control_port),
        }
        (tmp_path / "run").mkdir()
        there = await stack.enter_async_context(
            place(tmp_path / "run", Site(settings, DIRECTORY, 1))
        )
        async with asyncio.TaskGroup() as group:
            made = Scene(there, building, group, stack, stream_port, control_port, playback)
            yield made
            await there.kill()


@pytest.mark.parametrize("scene", ["esl-file"], indirect=True)
async def test_a_visitor_whose_control_comes_back_before_the_sound_is_taken_up(
    scene: Scene,
) -> None:
    visitor = await scene.ringing()
    await scene.place.restart()
    await visitor.control.until_end()
    await visitor.connects(HALVES[::-1])
    said = await scene.told(visitor.uuid, "visitor", "Só mais um momento")
    assert FIRST_QUESTION not in said
    await eventually(lambda: visitor.heard)
    resident = Channel(scene, visitor.uuid)
    await resident.connects(HALVES[::-1])
    await scene.place.now.until(visitor.uuid, "asking")
    await resident.presses("1")
    await asyncio.gather(visitor.hung_up(), resident.hung_up())
    record = await scene.record(visitor.uuid)
    assert (record["decision"], record["decided_by"]) == ("authorized", "tecla 1")
    assert len(scene.building.rings_of(visitor.uuid)) == 1
    assert len(scene.building.orders_of(visitor.uuid)) == 1


@pytest.mark.parametrize("scene", ["binary"], indirect=True)
async def test_both_lines_whose_sound_comes_back_first_are_taken_up_and_the_gate_opens_once(
    scene: Scene,
) -> None:
    visitor, resident = await scene.asking()
    await scene.place.restart()
    await resident.connects()
    await scene.told(visitor.uuid, "resident", "Um momento")
    await resident.presses("1")  # nobody is at the gate, as far as is known
    await visitor.connects()
    await scene.told(visitor.uuid, "resident", "Olá, aqui é da portaria. Uma pessoa")
    assert not scene.building.orders_of(visitor.uuid)
    await resident.presses("1")
    await asyncio.gather(visitor.hung_up(), resident.hung_up())
    record = await scene.record(visitor.uuid)
    assert (record["decision"], record["gate"]) == ("authorized", "opened")
    assert len(scene.building.orders_of(visitor.uuid)) == 1
    assert len(scene.building.rings_of(visitor.uuid)) == 1
