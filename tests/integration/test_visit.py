"""Whole visits on a running server, by keys: lines, API, events, dialer, gate, record, hang-up."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import takewhile
from uuid import uuid4

import pytest
import pytest_asyncio

from porteiro.phones.ear import level
from tests.integration.building import DIRECTORY
from tests.integration.neighbours import NEVER_ANSWERS, Json, Neighbours, neighbours
from tests.integration.server import Server, Site, eventually, serving
from tests.integration.wire_peer import LOUD, WirePeer, call_id_message, message, peer

pytestmark = pytest.mark.asyncio(loop_scope="module")

FRAMES_A_SECOND = 50


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def site(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[Server, Neighbours]]:
    async with neighbours() as building:
        site = Site(building.settings | {"PORTEIRO_RING_SECONDS": "20"}, DIRECTORY)
        async with serving(tmp_path_factory.mktemp("visit"), site) as server:
            yield server, building


@dataclass
class Visiting:
    """A visit with both people on the line, and the resident asked."""

    call_id: str
    visitor: WirePeer
    resident: WirePeer


def press(line: WirePeer, keys: str) -> None:
    for key in keys:
        line.send(message(0x03, key.encode()))


async def phrases(server: Server, call_id: str) -> list[str]:
    """Return what the visitor was told, phrase by phrase."""
    told = (await server.call(call_id))["transcripts"]["visitor"]
    return [said["text"] for said in told if said["speaker"] == "porteiro"]


@asynccontextmanager
async def visiting(server: Server) -> AsyncIterator[Visiting]:
    """Come for apartment 503, and have its resident pick up."""
    call_id = str(uuid4())
    async with peer(server.port) as visitor, peer(server.return_port) as resident:
        visitor.send(call_id_message(call_id))
        await eventually(lambda: visitor.told)
        press(visitor, "503##")
        await server.until(call_id, "ringing")
        resident.send(call_id_message(call_id))
        await server.until(call_id, "asking")
        await eventually(lambda: resident.told)
        yield Visiting(call_id, visitor, resident)


def seconds_of_silence_at_the_end(line: WirePeer) -> float:
    silent = takewhile(lambda frame: level(frame) < LOUD, reversed(line.frames()))
    return sum(1 for _ in silent) / FRAMES_A_SECOND


async def test_a_star_repeats_the_question(site: tuple[Server, Neighbours]) -> None:
    server, _ = site
    call_id = str(uuid4())
    async with peer(server.port) as visitor:
        visitor.send(call_id_message(call_id))
        await eventually(lambda: visitor.told)
        greeting, question = await phrases(server, call_id)
        assert greeting == "Portaria, em que posso ajudar?"
        press(visitor, "*")
        await eventually(lambda: len(server.logged("say", call_id=call_id)) == 3)
        assert await phrases(server, call_id) == [greeting, question, question]


async def test_a_visit_authorized_by_key_is_told_opened_hung_up_and_recorded(
    site: tuple[Server, Neighbours],
) -> None:
    server, building = site
    async with visiting(server) as v:
        (ring,) = building.rings_of(v.call_id)
        assert ring == {
            "call_id": v.call_id,
            "number": NEVER_ANSWERS,
            "extension": "2018510",
            "host": "127.0.0.1",
            "port": server.return_port,
            "attempt": 1,
        }
        during = await server.call(v.call_id)
        assert during["legs"] == ["visitor", "resident"]
        assert during["collected"]["apartment"] == "503"
        assert (during["state"], during["decision"]) == ("asking", "no_decision")
        press(v.resident, "1")
        press(v.resident, "2")
        await asyncio.gather(v.resident.end(), v.visitor.end())
    for line in (v.visitor, v.resident):
        assert line.hung_up
        assert 0.2 < seconds_of_silence_at_the_end(line) < 3
    await eventually(lambda: server.visits(v.call_id))
    opened_once(building, v.call_id)
    after = await server.call(v.call_id)
    (record,) = server.visits(v.call_id)
    assert (after["state"], after["legs"]) == ("ended", [])
    for view in (after, record):
        assert (view["decision"], view["gate"]) == ("authorized", "opened")
        assert (view["decided_by"], view["end"]) == ("tecla 1", "authorized")
    assert (record["apartment"], record["extension"]) == ("503", "2018510")
    assert [line["key"] for line in record["transcript"] if line["key"]][-2:] == [
        "authorized",
        "thanks_authorized",
    ]


def opened_once(building: Neighbours, call_id: str) -> None:
    """Hold the gate's only order to the fields of the contract."""
    (order,) = building.orders_of(call_id)
    assert building.keys_of(call_id) == {call_id}
    assert isinstance(order.pop("timestamp"), float)
    assert order == {
        "call_id": call_id,
        "action": "authorize",
        "apartment": "503",
        "resident": "",
        "visitor": "",
        "intent_type": None,
        "authorization_result": "authorized",
    }


@pytest.mark.parametrize(
    ("role", "end", "words"),
    [
        ("visitor", "visitor left", "A pessoa no portão desligou."),
        ("resident", "resident left", "Não consegui a autorização agora."),
    ],
)
async def test_a_leg_hung_up_by_the_api_is_gone_and_the_other_is_told(
    site: tuple[Server, Neighbours], role: str, end: str, words: str
) -> None:
    server, building = site
    async with visiting(server) as v:
        gone, told = (v.visitor, v.resident) if role == "visitor" else (v.resident, v.visitor)
        other = "resident" if role == "visitor" else "visitor"
        order = {"call_id": v.call_id} | ({} if role == "visitor" else {"role": role})
        answer = await server.api.post("/api/hangup", json=order)
        assert answer.json() == {
            "status": "success",
            "message": f"the {role}'s leg is hung up",
            "call_id": v.call_id,
            "role": role,
        }
        await gone.end(3)
        await told.end()
        assert gone.hung_up
        assert told.hung_up
    await eventually(lambda: server.visits(v.call_id))
    call = await server.call(v.call_id)
    assert call["end"] == end
    assert call["transcripts"][other][-1]["text"].startswith(words)
    assert not building.orders_of(v.call_id)
    again = await server.api.post("/api/hangup", json=order)
    assert again.status_code == 404


async def test_every_change_of_a_call_is_streamed_as_it_happens(
    site: tuple[Server, Neighbours],
) -> None:
    server, _ = site
    call_id = str(uuid4())
    changes: list[tuple[str, Json]] = []
    async with server.api.stream("GET", f"/api/events?call_id={call_id}") as stream:
        lines = stream.aiter_lines()
        assert await anext(lines) == ": connected"
        async with peer(server.port) as visitor:
            visitor.send(call_id_message(call_id))
            await eventually(lambda: visitor.told)
        kind = ""
        async with asyncio.timeout(15):
            async for line in lines:
                name, _, rest = line.partition(": ")
                if name == "event":
                    kind = rest
                elif name == "data":
                    changes.append((kind, json.loads(rest)))
                if changes and changes[-1][0] == "ended":
                    break
    kinds = [kind for kind, _ in changes]
    assert kinds[:2] == ["started", "leg_arrived"]
    assert kinds[-1] == "ended"
    assert {"say", "listen", "state", "leg_left"} < set(kinds)
    assert {change["call_id"] for _, change in changes} == {call_id}
