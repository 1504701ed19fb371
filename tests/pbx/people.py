"""People on the phone: one half of a Local channel each, told by the test what to say."""

import asyncio
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from tests.pbx.asterisk import Asterisk
from tests.pbx.manager import Manager


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has picked up; `channel` is their phone's, `uniqueid` its id."""

    manager: Manager
    asterisk: Asterisk
    channel: str
    uniqueid: str

    async def say(self, words: str) -> None:
        """Begin to say something, and return when Asterisk took it."""
        voice = await spoken(words, self.asterisk.home / "voices")
        await self._act("Setvar", Variable="PHRASE", Value=str(voice.with_suffix("")))
        await self._act("Redirect", Context="phones", Exten="say", Priority="1")

    async def press(self, keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            await self._act("PlayDTMF", Digit=key, Duration="120")
            await self.manager.wait(
                Event="DTMFEnd", Digit=key, Direction="Received", Linkedid=self.uniqueid
            )

    async def hang_up(self) -> None:
        """Put the phone down."""
        await self._act("Hangup")

    async def gone(self, limit_s: float = 30.0) -> float:
        """Wait until their phone was hung up by the other side; return the loop's time of it."""
        return (await self.manager.wait(limit_s, Event="Hangup", Uniqueid=self.uniqueid)).at

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
    return Person(manager, asterisk, message.get("Channel"), message.get("Uniqueid"))


async def spoken(words: str, folder: Path) -> Path:
    """Return a WAV file of these words in Portuguese, at 8 kHz, as Asterisk plays it."""
    file = folder / ("".join(c if c.isalnum() else "-" for c in words) + ".wav")
    if file.exists():
        return file
    espeak = await asyncio.create_subprocess_exec(
        *("espeak-ng", "-v", "pt-br", "-s", "150", "--stdout", words),
        stdout=asyncio.subprocess.PIPE,
    )
    sound, _ = await espeak.communicate()
    assert espeak.returncode == 0
    samples = np.frombuffer(sound[44:], "<i2")
    rate = int.from_bytes(sound[24:28], "little")
    narrow = soxr.resample(samples, rate, 8000)
    write_wav(file, narrow.astype("<i2").tobytes())
    return file


def write_wav(file: Path, pcm: bytes) -> None:
    """Write 16-bit mono samples at 8 kHz."""
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(pcm)


def loudness(file: Path) -> float:
    """Return the root mean square of a recording, in dB of full scale; -96 where silent."""
    samples = np.frombuffer(file.read_bytes(), "<i2").astype(np.float64)
    power = float(np.mean(samples**2)) if samples.size else 0.0
    return 10 * float(np.log10(max(power, 0.26) / 32768**2))
