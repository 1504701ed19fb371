import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import numpy as np

from porteiro.calls.board import Change, ChangeStream
from porteiro.calls.ports import RingRequest
from porteiro.dialogue.events import RingResult
from porteiro.dialogue.terms import Role
from porteiro.phones.audiosocket import AudioSocketPhone, dial
from porteiro.phones.person import Part, Person, Temper
from porteiro.phones.reactions import Behaviour, Visitor
from porteiro.phones.resident import ResidentOptions, SimulatedResidents
from porteiro.phones.telephone import Ending, Telephone
from porteiro.phones.voice import MAN
from tests.audiosocket_peer import CALL_ID, HANG_UP, Peer, listening, sound

PHRASE = sound(np.full(1600, 3000, dtype="<i2").tobytes())
QUICK = Temper(quickest_s=0.01, slowest_s=0.02, between_keys_s=0.01)


def change(kind: str, call_id: str = CALL_ID, **data: str) -> Change:
    return Change(datetime(2026, 11, 21, tzinfo=UTC), call_id, kind, data)


def put(changes: ChangeStream, peer: Peer, data: Mapping[str, str]) -> None:
    """Ask as Porteiro does: the changes first, then the sound."""
    role = data["role"]
    changes.publish(change("say", role=role, text=data.get("text", "")))
    changes.publish(change("listen", role=role, question=data["question"]))
    peer.send(PHRASE)


@asynccontextmanager
async def visitor(changes: ChangeStream) -> AsyncIterator[tuple[AudioSocketPhone, Peer]]:
    part = Part(Role.VISITOR, Visitor(), MAN, QUICK)
    async with asyncio.timeout(20), listening() as server:
        with changes.subscribe() as subscription:
            async with (
                dial("127.0.0.1", server.port, CALL_ID) as phone,
                asyncio.TaskGroup() as life,
            ):
                life.create_task(Person(part, phone, random.Random(1)).live(subscription))
                yield phone, await server.phones.get()
                phone.hang_up()


async def test_a_person_answers_once_porteiro_has_asked() -> None:
    changes = ChangeStream()
    async with visitor(changes) as (phone, peer):
        put(changes, peer, {"role": "visitor", "question": "purpose"})
        while not phone.recording.said.samples().any():
            await peer.until(0x10, len(peer.of_kind(0x10)) + 1)
        said = [mark for mark in phone.marks if mark.kind == "says"]
        assert [mark.text for mark in said] == ["tenho uma entrega"]
        assert said[0].at - phone.ear.last_voice > 0.4


async def test_a_person_says_nothing_before_porteiro_has_spoken() -> None:
    changes = ChangeStream()
    async with visitor(changes) as (phone, peer):
        changes.publish(change("say", role="visitor", text=""))
        changes.publish(change("listen", role="visitor", question="purpose"))
        await peer.until(0x10, 40)
        assert not [mark for mark in phone.marks if mark.kind == "says"]


async def test_another_calls_question_is_not_for_this_person() -> None:
    changes = ChangeStream()
    async with visitor(changes) as (phone, peer):
        changes.publish(change("listen", str(CALL_ID)[::-1], role="visitor", question="purpose"))
        changes.publish(change("listen", role="resident", question="authorize"))
        peer.send(PHRASE)
        await peer.until(0x10, 60)
        assert not [mark for mark in phone.marks if mark.kind == "says"]


async def test_asked_the_third_time_a_visitor_types() -> None:
    changes = ChangeStream()
    async with visitor(changes) as (_, peer):
        for _ in range(2):
            changes.publish(change("listen", role="visitor", question="apartment"))
        put(changes, peer, {"role": "visitor", "question": "apartment"})
        assert b"".join(await peer.until(0x03, 4)) == b"501#"


def request(port: int, limit_s: float = 0.1) -> RingRequest:
    attempt_id = "0f6a1c58-63d0-4ac8-8f3a-4cf3e0a3a001"
    return RingRequest(CALL_ID, attempt_id, 1, "1003030", "1001", "127.0.0.1", port, limit_s)


async def test_a_resident_picks_up_and_presses_the_key() -> None:
    changes, phones = ChangeStream(), list[Telephone]()
    options = ResidentOptions(Behaviour.KEY, rings_s=0, temper=QUICK)
    async with (
        asyncio.timeout(20),
        listening() as server,
        SimulatedResidents(changes, options, phones.append) as residents,
    ):
        assert await residents.answer(request(server.port)) is RingResult.ANSWERED
        peer = await server.phones.get()
        put(changes, peer, {"role": "resident", "question": "authorize"})
        assert await peer.until(0x03) == [b"1"]
        peer.send(HANG_UP)
        assert await phones[0].ended() is Ending.PORTEIRO_HUNG_UP


async def test_a_resident_may_hang_up_on_the_question() -> None:
    changes = ChangeStream()
    options = ResidentOptions(Behaviour.HANGS_UP, rings_s=0, temper=QUICK)
    async with (
        asyncio.timeout(20),
        listening() as server,
        SimulatedResidents(changes, options) as residents,
    ):
        await residents.answer(request(server.port))
        peer = await server.phones.get()
        put(changes, peer, {"role": "resident", "question": "authorize"})
        await peer.gone.wait()


async def test_a_resident_who_never_answers_lets_it_ring() -> None:
    options = ResidentOptions(Behaviour.NEVER_ANSWERS)
    async with SimulatedResidents(ChangeStream(), options) as residents:
        assert await residents.answer(request(9, limit_s=0)) is RingResult.NO_ANSWER


async def test_a_return_port_that_nobody_listens_on_is_a_failed_attempt() -> None:
    async with listening() as server:
        port = server.port
    async with SimulatedResidents(ChangeStream(), ResidentOptions(rings_s=0)) as residents:
        assert await residents.answer(request(port)) is RingResult.FAILED


async def test_leaving_hangs_up_every_resident() -> None:
    async with asyncio.timeout(20), listening() as server:
        async with SimulatedResidents(ChangeStream(), ResidentOptions(rings_s=0)) as residents:
            await residents.answer(request(server.port))
            peer = await server.phones.get()
        await peer.gone.wait()
