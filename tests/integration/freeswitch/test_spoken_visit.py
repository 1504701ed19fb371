"""A visit that is spoken from end to end, over FreeSWITCH's sound alone: no keys, no events."""

import asyncio
import random
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path

from porteiro.app import running
from porteiro.calls.board import Change
from porteiro.demo.building import DemoOptions, Pbx, furnish, phone_number, settings, visitor
from porteiro.dialogue.terms import Role
from porteiro.phones.freeswitch import FreeSwitch, FreeSwitchOptions, Module, Registered
from porteiro.phones.person import Part, Person, Temper
from porteiro.phones.resident import ResidentOptions, SimulatedResidents
from porteiro.phones.telephone import Ending, Telephone
from porteiro.phones.voice import MAN

QUICK = Temper(quickest_s=0.5, slowest_s=0.55, listens_s=0.8, between_keys_s=0.1)


async def test_a_spoken_visit_needs_nothing_but_the_stream(tmp_path: Path) -> None:
    options = DemoOptions(pbx=Pbx.FREESWITCH, by_voice=True, fast=True)
    furnish(tmp_path)
    base = settings(tmp_path, options)
    assert base.esl_password is not None
    module = FreeSwitchOptions(
        module=Module.FORK,
        stream_hangs_up=True,
        stream_rate=16_000,
        password=base.esl_password.get_secret_value(),
    )
    phones: list[Telephone] = []
    async with FreeSwitch(module) as pbx:
        how = {
            "esl_port": pbx.port,
            "audio_mode": "websocket",
            "stream_playback": "stream-audio",
        }
        async with running(base.model_copy(update=how)) as porteiro:
            assert porteiro.freeswitch is not None
            pbx.serves(porteiro.freeswitch.stream_port, None)
            home = ResidentOptions(rings_s=0.2, temper=QUICK)
            async with SimulatedResidents(porteiro.changes, home, phones.append) as residents:
                person = visitor(options, 0)
                pbx.numbers[phone_number(person.apartment)] = Registered(
                    picked_up=residents.pick_up
                )
                with porteiro.changes.subscribe() as asked, porteiro.changes.subscribe() as told:
                    phone = await pbx.call("2018519")
                    part = Part(Role.VISITOR, person, MAN, QUICK)
                    async with asyncio.timeout(120):
                        await Person(part, phone, random.Random(1)).live(asked)
                        ended = await anext(aiter(ends(told)))
    assert ended.data["decision"] == "authorized"
    assert [mark.kind for mark in phone.marks].count("key") == 0
    assert phone.ending is Ending.PORTEIRO_HUNG_UP
    assert [one.ending for one in phones] == [Ending.PORTEIRO_HUNG_UP]
    assert "control_opened" not in {mark.kind for mark in phone.marks}


async def ends(changes: AsyncIterable[Change]) -> AsyncIterator[Change]:
    async for change in changes:
        if change.kind == "ended":
            yield change
