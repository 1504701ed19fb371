"""A machine that fails beneath a call, and a server that is told to stop in the middle of one."""

import asyncio
import os
import signal
from pathlib import Path
from uuid import uuid4

from porteiro.phones.audiosocket import dial
from porteiro.phones.telephone import Ending
from porteiro.speech.espeak import EspeakSynthesizer
from tests.integration.building import DIRECTORY
from tests.integration.neighbours import key_in, neighbours, over
from tests.integration.server import Site, eventually, serving
from tests.integration.wire_peer import call_id_message, peer


def without_phrases(data: Path) -> None:
    """Let the server start with nothing synthesized before."""
    (data / "phrases").unlink()


async def test_without_espeak_the_start_says_what_to_install_and_callers_hear_the_busy_tone(
    tmp_path: Path,
) -> None:
    nowhere = tmp_path / "bin"
    nowhere.mkdir()
    site = Site({"PATH": str(nowhere)}, DIRECTORY, prepare=without_phrases)
    async with serving(tmp_path, site) as server:
        (error,) = [line for line in server.log if line["level"] == "error"]
        assert "install the Debian package espeak-ng" in error["reason"]
        call_id = str(uuid4())
        async with peer(server.port) as visitor, peer(server.return_port) as stranger:
            visitor.send(call_id_message(call_id))
            stranger.send(call_id_message(str(uuid4())))
            await asyncio.gather(visitor.end(), stranger.end())
        assert visitor.told
        assert visitor.hung_up
        assert stranger.told
        assert stranger.hung_up
        await eventually(lambda: server.visits(call_id))
        (trouble, *_) = server.logged("trouble", call_id=call_id, level="warning")
        assert "espeak-ng cannot be run" in trouble["reason"]
        await server.left_with()


async def test_a_recognizer_killed_in_the_middle_of_a_turn_is_replaced_and_the_turn_heard(
    tmp_path: Path,
) -> None:
    word = b"".join([sound async for sound in EspeakSynthesizer().stream("entrega", "pt-br", 8000)])
    async with neighbours() as building, serving(tmp_path, Site(building.settings, DIRECTORY)) as s:
        (recognizer,) = s.children()
        call_id = str(uuid4())
        async with dial("127.0.0.1", s.port, call_id) as phone:
            await eventually(lambda: phone.ear.talking)
            await phone.phrase_end(since=0.0)
            os.kill(recognizer, signal.SIGSTOP)
            await phone.say(word)
            await asyncio.sleep(2)  # the turn is over and at the recognizer, which stands still
            assert not s.logged("heard", call_id=call_id)
            os.kill(recognizer, signal.SIGKILL)
            await eventually(lambda: s.logged("heard", call_id=call_id))
            (heard,) = s.logged("heard", call_id=call_id)
            assert heard["purpose"] == "entrega"
            assert s.logged("a worker died and is replaced")
            await key_in(phone, "501")
            assert await over(phone) is Ending.PORTEIRO_HUNG_UP
        await eventually(lambda: s.visits(call_id))
        assert s.visits(call_id)[0]["decision"] == "authorized"
        (replaced,) = s.children()
        assert replaced != recognizer


async def test_a_server_told_to_stop_hangs_up_on_everybody_and_records_their_visits(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path, Site({"PORTEIRO_DRAIN_SECONDS": "0"}, DIRECTORY)) as server:
        calls = [str(uuid4()) for _ in range(3)]
        async with peer(server.port) as one, peer(server.port) as two, peer(server.port) as three:
            lines = [one, two, three]
            for line, call_id in zip(lines, calls, strict=True):
                line.send(call_id_message(call_id))
            await eventually(lambda: all(line.told for line in lines))
            assert await server.stop() == 0
            await asyncio.gather(*(line.end() for line in lines))
        assert all(line.hung_up for line in lines)
        for call_id in calls:
            (visit,) = server.visits(call_id)
            assert visit["end"] == "broken: the server stops"
        assert not [line for line in server.log if line["level"] in ("error", "critical")]
