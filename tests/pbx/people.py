"""People on the phone: one half of a Local channel each, told by the test what to do."""

import wave
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from porteiro.phones.voice import MAN, WOMAN, Voice, speak
from tests.pbx.asterisk import Asterisk
from tests.pbx.manager import Manager

RATE = 8000
BREATH = bytes(2 * RATE * 3 // 10)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has picked up; `channel` is their phone's, `uniqueid` its id."""

    manager: Manager
    asterisk: Asterisk
    channel: str
    uniqueid: str
    voice: Voice = MAN

    async def say(self, words: str) -> None:
        """Say something to the end."""
        file = await spoken(words, self.voice, self.asterisk.home / "voices")
        await self._act("Setvar", Variable="PHRASE", Value=str(file.with_suffix("")))
        begun = len(self.manager.seen)
        await self._act("Redirect", Context="phones", Exten="say", Priority="1")
        await self.manager.wait(begun, UserEvent="Said", Uniqueid=self.uniqueid)

    async def press(self, keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            begun = len(self.manager.seen)
            await self._act("PlayDTMF", Digit=key, Duration="120")
            await self.manager.wait(
                begun, Event="DTMFEnd", Digit=key, Direction="Received", Linkedid=self.linkedid
            )

    async def hang_up(self) -> None:
        """Put the phone down."""
        await self._act("Hangup")

    async def gone(self) -> None:
        """Wait until their phone was hung up, by whomever."""
        await self.manager.wait(Event="Hangup", Uniqueid=self.uniqueid)

    async def hears_the_end(self, since: int) -> None:
        """Wait until what they are told is over: from message `since` on, and truly."""
        while True:
            await self.manager.wait(since, Event="ChannelTalkingStop", Uniqueid=self.uniqueid)
            talking = [
                (place, seen.message.event)
                for place, seen in enumerate(self.manager.seen)
                if seen.message.event.startswith("ChannelTalking")
                and seen.message.get("Uniqueid") == self.uniqueid
            ]
            since, last = talking[-1]
            if last == "ChannelTalkingStop":
                return

    @property
    def linkedid(self) -> str:
        """What Asterisk calls the whole of their call."""
        return self.uniqueid.partition(";")[0]

    @property
    def heard(self) -> Path:
        """The recording of what they heard: 16-bit mono samples at 8 kHz, no header."""
        return self.asterisk.recordings / f"{self.uniqueid}.sln"

    async def _act(self, action: str, **headers: str) -> None:
        response = await self.manager.act(action, {"Channel": self.channel, **headers})
        assert response.response == "Success", f"{action}: {response.get('Message')}"


async def visitor(
    manager: Manager, asterisk: Asterisk, port: int, gate: str = "gate", codec: str = "slin"
) -> Person:
    """Call from the gate to the Porteiro that listens on `port`, and return who called."""
    uniqueid = f"visitor-{port}-{len(manager.seen)}"
    response = await manager.act(
        "Originate",
        {
            "Channel": f"Local/{gate}@gates/n",
            "ChannelId": uniqueid,
            "OtherChannelId": f"{uniqueid}-pbx",
            "Context": "phones",
            "Exten": "pick-up",
            "Priority": "1",
            "Codecs": codec,
            "Async": "true",
            "Variable": [f"PORTEIRO=127.0.0.1:{port}", "PERSON=visitor"],
        },
    )
    assert response.response == "Success", response.get("Message")
    picked_up = await manager.wait(UserEvent="PickedUp", Uniqueid=uniqueid)
    return Person(manager, asterisk, picked_up.message.get("Channel"), uniqueid)


async def whoever_picks_up(manager: Manager, asterisk: Asterisk, number: str) -> Person:
    """Wait until somebody answers the phone of that number ("porter" for the human one)."""
    message = (await manager.wait(UserEvent="PickedUp", Person=number)).message
    return Person(manager, asterisk, message.get("Channel"), message.get("Uniqueid"), WOMAN)


async def spoken(words: str, voice: Voice, folder: Path) -> Path:
    """Return a WAV file of these words in Portuguese, at 8 kHz, as Asterisk plays it.

    A breath before and after belongs to them: between them the phone sends nothing.
    """
    file = folder / f"{sha256(f'{voice}{words}'.encode()).hexdigest()[:16]}.wav"
    if not file.exists():
        with wave.open(str(file), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes(BREATH + await speak(words, voice, RATE) + BREATH)
    return file


def loudness(file: Path) -> float:
    """Return the root mean square of a recording, in dB of full scale; -96 where silent."""
    samples = np.frombuffer(file.read_bytes(), "<i2").astype(np.float64)
    power = float(np.mean(samples**2)) if samples.size else 0.0
    return 10 * float(np.log10(max(power, 0.26) / 32768**2))


def silence_at_the_end(file: Path) -> float:
    """Return how many seconds a recording goes on after its last sound (above -40 dB)."""
    samples = np.frombuffer(file.read_bytes(), "<i2").astype(np.int32)
    loud = np.flatnonzero(np.abs(samples) > 328)
    return float(samples.size - 1 - loud[-1]) / RATE if loud.size else float("inf")
