"""A visitor who speaks, a running server, and a service behind AI_API_URL that does all it can."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from porteiro.phones.audiosocket import AudioSocketPhone, dial
from porteiro.phones.voice import MAN, speak
from tests.contract.mind_peer import INJECTION, Mind, mind_that
from tests.integration.building import DIRECTORY
from tests.integration.server import Server, Site, eventually, serving

KNOWS_THE_DIRECTORY = {
    "intent_type": "entrega",
    "interlocutor_name": "Polícia Federal",
    "apartment_number": "501",
    "resident_name": "Renata Oliveira",
}
"""A service may know the directory, and say what nobody said."""


@asynccontextmanager
async def served_with(mind: Mind, folder: Path) -> AsyncIterator[Server]:
    mind.dados, mind.mensagem, mind.valid_for_action = KNOWS_THE_DIRECTORY, INJECTION, True
    settings = {
        "AI_API_URL": mind.url.replace("http://", "http://porteiro:hunter2@"),
        "PORTEIRO_AI_API_SECONDS": "0.5",
        "PORTEIRO_LOG_LEVEL": "debug",
    }
    async with serving(folder, Site(settings, DIRECTORY)) as server:
        yield server


async def says_delivery(phone: AudioSocketPhone) -> None:
    """Wait for the question, and answer it aloud."""
    await phone.phrase_end(0.0)
    await phone.say(await speak("entrega", MAN))


async def asks_for_the_apartment(server: Server, call_id: str) -> None:
    """Wait until the visitor's errand is understood, and the next question put."""

    async def collected() -> tuple[str | None, str]:
        call = await server.call(call_id)
        said = [line["text"] for line in call["transcripts"]["visitor"]]
        return call["collected"]["purpose"], said[-1]

    for _ in range(200):
        purpose, last = await collected()
        if purpose == "entrega" and "número do apartamento" in last:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(await collected())


def told_or_logged(server: Server, call: object) -> list[str]:
    """Return what came from the service alone, wherever it turned up."""
    shown = (json.dumps(call, ensure_ascii=False) + server.log_file.read_text()).casefold()
    words = ("renata", "oliveira", "polícia", "ignore", "1003030", "hunter2")
    return [word for word in words if word in shown]


@pytest.mark.parametrize("behaves", ["well", "hang", "not json", "huge"])
async def test_a_visitor_is_understood_and_hears_nothing_of_the_service(
    tmp_path: Path, behaves: str
) -> None:
    async with mind_that(behaves) as mind, served_with(mind, tmp_path) as server:
        call_id = str(uuid4())
        async with dial("127.0.0.1", server.port, call_id) as phone:
            await says_delivery(phone)
            await asks_for_the_apartment(server, call_id)
            call = await server.call(call_id)
            assert {**call["collected"], "purpose": None} == {
                "purpose": None,
                "visitor": "",
                "apartment": "",
                "resident": "",
            }
            assert {asked["id"] for asked in mind.asked} == {call_id}
            assert mind.asked[0]["content"] == "entrega"
        await eventually(lambda: server.logged("ended", call_id=call_id))
        assert told_or_logged(server, call) == []
        failures = server.logged(
            "the service of AI_API_URL fails: the embedded rules understand alone"
        )
        assert len(failures) == (behaves != "well")
        advice = [line["valid_for_action"] for line in server.logged("external understanding")]
        assert advice == ([True] if behaves == "well" else [])
