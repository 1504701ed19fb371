"""Porteiro dies in the middle of a visit and is started again; the dialplan tries again."""

import asyncio
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.pbx.asterisk import Asterisk
from tests.pbx.conversation import Stage, stage
from tests.pbx.manager import Manager
from tests.pbx.people import Person, visitor, whoever_picks_up
from tests.pbx.porteiro_process import START_S, PorteiroProcess, running_porteiro

pytestmark = pytest.mark.pbx

APOLOGY = "Desculpe, a ligação caiu."
UP_S = 5.0
"""A line that was not up for some seconds does not try again."""


@contextmanager
def started_again(porteiro: PorteiroProcess) -> Iterator[PorteiroProcess]:
    """Kill the server, and run it again as it was while the block lasts."""
    system = Path(f"/proc/{porteiro.process.pid}")
    given = system.joinpath("environ").read_bytes().decode().rstrip("\0").split("\0")
    command = system.joinpath("cmdline").read_bytes().decode().rstrip("\0").split("\0")
    log = porteiro.log.with_name("porteiro-again.log")
    porteiro.kill()
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  the project's own program
            command,
            cwd=log.parent,
            env=dict(one.split("=", 1) for one in given),
            stdout=output,
            stderr=output,
        )
    try:
        deadline = time.monotonic() + START_S
        while "Porteiro serves" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield replace(porteiro, process=process, log=log)
    finally:
        process.terminate()
        process.wait(15)


def told(visit: dict[str, object], role: str) -> list[str]:
    """Return what Porteiro said to somebody, in all."""
    transcript = visit["transcript"]
    assert isinstance(transcript, list)
    return [
        line["text"] for line in transcript if (line["role"], line["speaker"]) == (role, "porteiro")
    ]


async def rings(scene: Stage, guest: Person, apartment: str) -> str:
    """Have the visitor key an apartment in; return the call's id once its phone rings."""
    await scene.changes.wait("listen")
    await guest.press(f"{apartment}#")
    await scene.changes.wait("state", state="recording")
    await guest.press("#")
    ring = await scene.changes.wait("ring")
    return str(ring["call_id"])


async def resident(manager: Manager, asterisk: Asterisk, port: int, call_id: str) -> Person:
    """Have somebody's program connect a resident's phone to the return port."""
    response = await manager.act(
        "Originate",
        {
            "Channel": "Local/resident@gates/n",
            "ChannelId": f"resident-{call_id}",
            "OtherChannelId": f"resident-{call_id}-pbx",
            "Context": "phones",
            "Exten": "pick-up",
            "Priority": "1",
            "Codecs": "slin",
            "Async": "true",
            "Variable": [f"PORTEIRO=127.0.0.1:{port}", f"CALL={call_id}", "PERSON=resident"],
        },
    )
    assert response.response == "Success", response.get("Message")
    return await whoever_picks_up(manager, asterisk, "resident")


@pytest.mark.parametrize("gate", ["gate", "gate-by-dial"])
async def test_both_lines_come_back_and_the_visit_goes_on(
    asterisk: Asterisk, manager: Manager, tmp_path: Path, gate: str
) -> None:
    with running_porteiro(tmp_path, asterisk) as porteiro:
        async with stage(asterisk, manager, porteiro) as scene:
            guest = await visitor(manager, asterisk, porteiro.port, gate)
            call_id = await rings(scene, guest, "502")
            host = await resident(manager, asterisk, porteiro.return_port, call_id)
            await scene.changes.wait("listen", role="resident")
            await asyncio.sleep(UP_S)
        with started_again(porteiro) as again:
            async with stage(asterisk, manager, again) as scene:
                await scene.changes.wait("listen", role="resident")
                await host.press("1")
                await guest.gone()
                visit = await scene.record()
                orders = scene.gate.orders
    assert (visit["call_id"], visit["decision"]) == (call_id, "authorized")
    assert [order["action"] for order in orders] == ["authorize"]
    assert APOLOGY in told(visit, "visitor")
    assert APOLOGY in told(visit, "resident")
    assert manager.holds(UserEvent="Rings", Person="2001")
    assert len([seen for seen in manager.seen if seen.message.get("Person") == "2001"]) == 1
    assert not manager.holds(UserEvent="PickedUp", Person="porter")


async def test_a_phone_that_porteiro_rang_is_rung_again_when_its_line_is_lost(
    asterisk: Asterisk, manager: Manager, tmp_path: Path
) -> None:
    with running_porteiro(tmp_path, asterisk) as porteiro:
        async with stage(asterisk, manager, porteiro) as scene:
            guest = await visitor(manager, asterisk, porteiro.port)
            await rings(scene, guest, "501")
            await whoever_picks_up(manager, asterisk, "1001")
            await scene.changes.wait("listen", role="resident")
            await asyncio.sleep(UP_S)
        since = len(manager.seen)
        with started_again(porteiro) as again:
            async with stage(asterisk, manager, again) as scene:
                picked = (await manager.wait(since, UserEvent="PickedUp", Person="1001")).message
                channel, uniqueid = picked.get("Channel"), picked.get("Uniqueid")
                host = Person(manager, asterisk, channel, uniqueid)
                await scene.changes.wait("listen", role="resident")
                await host.press("1")
                await guest.gone()
                visit = await scene.record()
                orders = scene.gate.orders
    assert visit["decision"] == "authorized"
    assert [order["action"] for order in orders] == ["authorize"]
    assert not manager.holds(UserEvent="PickedUp", Person="porter")
