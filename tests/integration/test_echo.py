"""A gate whose loudspeaker is heard by its microphone: Porteiro does not listen to itself."""

import asyncio
import audioop
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.integration.server import Server, Site, eventually, serving
from tests.integration.wire_peer import SILENCE, call_id_message, message

FRAME_S = 0.02
QUESTIONS = 2
"""So many are put, and come back, before a gate hangs up."""
LISTENED_S = 90.0
"""Long enough for that on a busy machine, too."""
DELAYS_S = (0.1, 0.4, 0.8)
GAINS = (1.0, 0.2)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with serving(tmp_path, Site()) as running:
        yield running


async def echoing_gate(server: Server, delay_s: float, gain: float) -> str:
    """Be a gate that sends back what it hears, until it was asked for long; return the call."""
    call_id = str(uuid4())
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(call_id_message(call_id))
    under_way = deque([SILENCE] * round(delay_s / FRAME_S))
    sending = asyncio.create_task(_send(writer, under_way))
    returning = asyncio.create_task(_return(reader, under_way, gain))
    await eventually(
        lambda: len(server.logged("listen", call_id=call_id)) > QUESTIONS, limit_s=LISTENED_S
    )
    returning.cancel()
    sending.cancel()
    writer.close()
    return call_id


async def _return(reader: asyncio.StreamReader, under_way: deque[bytes], gain: float) -> None:
    while header := await reader.readexactly(3):
        payload = await reader.readexactly(int.from_bytes(header[1:3]))
        under_way.append(audioop.mul(payload, 2, gain))


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
