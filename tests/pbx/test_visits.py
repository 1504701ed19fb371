"""Whole visits: real Asterisk, the dialplan that is shipped, the real server, real sound."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from porteiro.dialogue.terms import Question
from porteiro.phones.reactions import RECORD, Asked, Press, Reaction, Speak, Stay
from tests.pbx.asterisk import Asterisk
from tests.pbx.conversation import Stage, stage
from tests.pbx.manager import Manager
from tests.pbx.people import Person, loudness, silence_at_the_end, visitor, whoever_picks_up
from tests.pbx.porteiro_process import PorteiroProcess, running_porteiro
from tests.ports import free_port

pytestmark = pytest.mark.pbx

FAREWELL_PAUSE_S = 0.5
AUDIBLE_DB = -40.0


@pytest.fixture
async def scene(
    asterisk: Asterisk, manager: Manager, porteiro: PorteiroProcess
) -> AsyncIterator[Stage]:
    """A stage of the running server."""
    async with stage(asterisk, manager, porteiro) as ready:
        yield ready


@dataclass(frozen=True, slots=True)
class Guest:
    """A visitor who says why they came, if `purpose` is asked for, and then uses the keys."""

    apartment: str
    purpose: str = ""

    def react(self, asked: Asked) -> Reaction:
        if asked.question == RECORD:
            return Speak("Pedro, tenho uma entrega")
        if asked.question == Question.PURPOSE and self.purpose and asked.times == 1:
            return Speak(self.purpose)
        return Press(f"{self.apartment}#")


@dataclass(frozen=True, slots=True)
class Host:
    """A resident who gives the same answer, by a key or spoken, whenever asked.

    Asked whether they really mean it, they say only the first word again.
    """

    words: str = ""
    key: str = ""

    def react(self, asked: Asked) -> Reaction:
        if self.key:
            return Press(self.key)
        confirm = asked.question == Question.CONFIRM_AUTHORIZE
        return Speak(self.words.split()[0] if confirm else self.words)


@dataclass(frozen=True, slots=True)
class Silent:
    """Somebody who never answers."""

    def react(self, asked: Asked) -> Reaction:
        return Stay()


def porteiro_ended_it(manager: Manager, person: Person) -> bool:
    """Tell whether Asterisk saw the line end by Porteiro's doing: the phone was still up."""
    return not manager.holds(Response="Success", Message="Channel Hungup") and manager.holds(
        Event="Hangup", Uniqueid=person.uniqueid
    )


def attempts_of(visit: dict[str, object]) -> list[str]:
    """Return how each attempt to reach the resident ended."""
    attempts = visit["attempts"]
    assert isinstance(attempts, list)
    return [attempt["result"] for attempt in attempts]


async def visit_decided_by(
    host: Host, guest: Guest, scene: Stage, gate: str = "gate", codec: str = "slin"
) -> tuple[Person, Person, dict[str, object]]:
    """Play a visit with a resident who decides; returns both people, gone, and the record."""
    asterisk = scene.asterisk
    at_the_gate = await visitor(scene.manager, asterisk, scene.porteiro.port, gate, codec)
    scene.act(at_the_gate, "visitor", guest)
    resident = await whoever_picks_up(scene.manager, asterisk, "1001")
    scene.act(resident, "resident", host)
    await resident.gone()
    await at_the_gate.gone()
    return at_the_gate, resident, await scene.record()


async def test_a_resident_who_says_yes_opens_the_gate(scene: Stage) -> None:
    host = Host(words="sim autorizo")
    guest, resident, visit = await visit_decided_by(host, Guest("501", "tenho uma entrega"), scene)
    assert (visit["decision"], visit["end"], visit["gate"]) == ("authorized",) * 2 + ("opened",)
    assert visit["purpose"] == "entrega"
    assert "sim" in str(visit["decided_by"])
    assert [(order["action"], order["call_id"]) for order in scene.gate.orders] == [
        ("authorize", visit["call_id"])
    ]
    assert min(loudness(guest.heard), loudness(resident.heard)) > AUDIBLE_DB
    assert porteiro_ended_it(scene.manager, guest)


async def test_a_visitor_who_speaks_into_the_greeting_is_listened_to(scene: Stage) -> None:
    guest = await visitor(scene.manager, scene.asterisk, scene.porteiro.port)
    await scene.manager.wait(Event="ChannelTalkingStart", Uniqueid=guest.uniqueid)
    await asyncio.sleep(1.0)  # into the greeting
    await guest.say("tenho uma entrega")
    interrupted = await scene.changes.wait("interrupted", role="visitor", key="greeting")
    await scene.changes.wait("heard", purpose="entrega")
    scene.act(guest, "visitor", Guest("501"))
    resident = await whoever_picks_up(scene.manager, scene.asterisk, "1001")
    scene.act(resident, "resident", Host(key="1"))
    await guest.gone()
    visit = await scene.record()
    transcript = visit["transcript"]
    assert isinstance(transcript, list)
    assert transcript[0]["heard_s"] == interrupted["played_s"]
    assert (visit["purpose"], visit["decision"]) == ("entrega", "authorized")


async def test_a_resident_who_says_no_keeps_it_closed(scene: Stage) -> None:
    guest, _, visit = await visit_decided_by(Host(words="não autorizo"), Guest("501"), scene)
    assert visit["decision"] == "denied"
    assert "não" in str(visit["decided_by"])
    assert [order["action"] for order in scene.gate.orders] == ["deny"]
    assert porteiro_ended_it(scene.manager, guest)


async def test_a_key_decides_alone_and_the_hang_up_follows_the_farewell_within_a_second(
    scene: Stage, record_property: Callable[[str, object], None]
) -> None:
    guest, _, visit = await visit_decided_by(Host(key="1"), Guest("501"), scene)
    assert (visit["decision"], visit["decided_by"]) == ("authorized", "tecla 1")
    assert [order["action"] for order in scene.gate.orders] == ["authorize"]
    # Counted in the samples that Asterisk gave the phone until it hung it up.
    pause = silence_at_the_end(guest.heard)
    record_property("farewell to hang-up, seconds", pause)
    assert 0 < pause <= 1.0


@pytest.mark.parametrize("gate", ["gate-by-dial", "gate-without-codec"])
async def test_a_visit_over_dial_is_a_visit_like_any_other(scene: Stage, gate: str) -> None:
    guest = Guest("501", "tenho uma entrega")
    at_the_gate, _, visit = await visit_decided_by(Host(key="1"), guest, scene, gate, "ulaw")
    assert (visit["decision"], visit["purpose"]) == ("authorized", "entrega")
    assert loudness(at_the_gate.heard) > AUDIBLE_DB
    # Sound that was decoded wrongly would have no silence. Dial loses a part of the last pause.
    assert silence_at_the_end(at_the_gate.heard) >= FAREWELL_PAUSE_S / 5
    noticed = "G.711" in scene.porteiro.log.read_text()
    assert noticed == (gate == "gate-without-codec")


async def test_a_resident_who_never_answers_ends_without_a_decision(scene: Stage) -> None:
    guest = await visitor(scene.manager, scene.asterisk, scene.porteiro.port)
    scene.act(guest, "visitor", Guest("502"))
    rings = await scene.manager.wait(UserEvent="Rings", Person="2001")
    await scene.manager.wait(Event="Hangup", Uniqueid=rings.message.get("Uniqueid"))
    await guest.gone()
    visit = await scene.record()
    assert (visit["decision"], visit["end"]) == ("no_decision", "resident not reached")
    assert "authorize" not in [order["action"] for order in scene.gate.orders]
    assert porteiro_ended_it(scene.manager, guest)


async def test_a_resident_whose_line_is_busy_ends_without_a_decision(scene: Stage) -> None:
    guest = await visitor(scene.manager, scene.asterisk, scene.porteiro.port)
    scene.act(guest, "visitor", Guest("503"))
    await guest.gone()
    visit = await scene.record()
    assert (visit["decision"], attempts_of(visit)) == ("no_decision", ["busy"])
    assert "authorize" not in [order["action"] for order in scene.gate.orders]
    assert porteiro_ended_it(scene.manager, guest)


async def test_a_visitor_who_leaves_while_it_rings_stops_the_ringing(scene: Stage) -> None:
    guest = await visitor(scene.manager, scene.asterisk, scene.porteiro.port)
    scene.act(guest, "visitor", Guest("502"))
    rings = await scene.manager.wait(UserEvent="Rings", Person="2001")
    await guest.hang_up()
    await scene.manager.wait(Event="Hangup", Uniqueid=rings.message.get("Uniqueid"))
    visit = await scene.record()
    assert visit["decision"] == "no_decision"
    assert "answered" not in attempts_of(visit)
    assert "authorize" not in [order["action"] for order in scene.gate.orders]


@pytest.mark.parametrize("gate", ["gate", "gate-by-dial"])
async def test_without_porteiro_the_visitor_gets_the_human_porter(
    asterisk: Asterisk, manager: Manager, gate: str
) -> None:
    await visitor(manager, asterisk, free_port(), gate)
    porter = await whoever_picks_up(manager, asterisk, "porter")
    await porter.hang_up()
    await porter.gone()


async def test_a_porteiro_that_dies_in_a_visit_leaves_the_visitor_to_the_human_porter(
    asterisk: Asterisk, manager: Manager, tmp_path: Path
) -> None:
    with running_porteiro(tmp_path, asterisk) as porteiro:
        async with stage(asterisk, manager, porteiro) as scene:
            await visitor(manager, asterisk, porteiro.port)
            await scene.changes.wait("listen")
            porteiro.kill()
            end = await manager.wait(Event="VarSet", Variable="TRYSTATUS")
            assert end.message.get("Value") == "FAILED"
            porter = await whoever_picks_up(manager, asterisk, "porter")
            await porter.hang_up()
            await porter.gone()


async def test_a_visitor_whom_nobody_understands_is_handed_over_to_the_human_porter(
    scene: Stage,
) -> None:
    guest = await visitor(scene.manager, scene.asterisk, scene.porteiro.port)
    scene.act(guest, "visitor", Silent())
    porter = await whoever_picks_up(scene.manager, scene.asterisk, "porter")
    await porter.hang_up()
    await porter.gone()
    visit = await scene.record()
    assert visit["decision"] == "no_decision"
    left = await scene.manager.act("DBGet", {"Family": "porteiro", "Key": str(visit["call_id"])})
    assert left.response == "Error", "the number of the handover is still there"
