"""A gate whose loudspeaker is heard by its microphone: Porteiro does not listen to itself."""

import asyncio
import audioop
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest

from tests.integration.server import Server, Site, eventually, serving
from tests.integration.wire_peer import SILENCE, call_id_message, message

FRAME_S = 0.02
LISTENED_S = 20.0
"""Long enough for three questions to be put, and to come back."""
DELAYS_S = (0.1, 0.4, 0.8)
GAINS = (1.0, 0.2)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with serving(tmp_path, Site()) as running:
        yield running


async def echoing_gate(server: Server, delay_s: float, gain: float) -> str:
    """Be a gate that sends back what it hears, for a while; return the call's id."""
    call_id = str(uuid4())
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(call_id_message(call_id))
    under_way = deque([SILENCE] * round(delay_s / FRAME_S))
    sending = asyncio.create_task(_send(writer, under_way))
    with suppress(TimeoutError):
        async with asyncio.timeout(LISTENED_S):
            while header := await reader.readexactly(3):
                payload = await reader.readexactly(int.from_bytes(header[1:3]))
                under_way.append(audioop.mul(payload, 2, gain))
    sending.cancel()
    writer.close()
    return call_id


async def _send(writer: asyncio.StreamWriter, under_way: deque[bytes]) -> None:
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        writer.write(message(0x10, under_way.popleft() if under_way else SILENCE))
        due += FRAME_S
        await asyncio.sleep(due - loop.time())


async def test_porteiros_own_voice_coming_back_is_never_taken_for_a_turn(server: Server) -> None:
    async with asyncio.TaskGroup() as group:
        gates = [
            group.create_task(echoing_gate(server, delay_s, gain))
            for delay_s in DELAYS_S
            for gain in GAINS
        ]
    await eventually(lambda: len(server.logged("ended")) == len(gates))
    assert server.logged("heard") == []
    for gate in gates:
        assert len(server.logged("listen", call_id=gate.result())) >= 2
