"""Every recorded stream, lived again: what FreeSWITCH sent is heard, and answered as it was."""

import asyncio
import json
import random
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.frames import Opcode

from porteiro.dialogue.terms import Role
from porteiro.lines.freeswitch.stream import StreamOptions
from tests.fixtures_path import fixtures
from tests.stream_side import StreamSite, close, masked, noise, sound, stream_site, text

pytestmark = pytest.mark.every_loop

FOLDER = fixtures("freeswitch")
NAMES = sorted(path.stem for path in FOLDER.glob("ws_*.jsonl"))


def recorded(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text().splitlines()]


@pytest.fixture
async def porteiro() -> AsyncIterator[StreamSite]:
    extensions = ("2000", "2001", "2016", "2100")
    async with stream_site(StreamOptions(closing_s=5.0), extensions=extensions) as made:
        yield made


def as_sent(frame: dict[str, Any], pcm: bytes) -> bytes:
    """Return a recorded frame from FreeSWITCH again; what it carried but texts is not kept."""
    match frame["type"]:
        case "binary":
            return sound(pcm)
        case "text":
            return text(frame["text"])
        case "pong":
            return masked(Opcode.PONG, frame["text"].encode())
        case "close":
            return close(frame["code"], frame["text"])
        case other:
            raise AssertionError(other)


@pytest.mark.parametrize("name", NAMES)
async def test_a_recorded_stream_is_accepted_heard_and_closed(
    porteiro: StreamSite, name: str
) -> None:
    asked, *frames = [
        frame for frame in recorded(name) if frame["dir"] == "from_fs" and "length" in frame
    ]
    end = await porteiro.connect()
    end.send(asked["text"].encode())
    answer = await end.answer()
    assert answer.startswith("HTTP/1.1 101 Switching Protocols\r\n")
    path = re.match(r"GET /stream/(\d+)/([0-9a-f-]+)", asked["text"])
    assert path
    end.send(text(json.dumps({"sampleRate": 16000 if "16k" in name else 8000})))
    stream = await porteiro.next_stream()
    assert (stream.extension, stream.call_id, stream.role) == (*path.groups(), Role.VISITOR)
    heard = porteiro.heard[stream.peer]
    pcm = [noise(frame["length"]) for frame in frames]
    our_close = "server_close" in name
    goodbye = frames.pop() if our_close else None
    end.send(*(as_sent(*both) for both in zip(frames, pcm, strict=False)))
    if goodbye:
        await heard.until(lambda: len(heard.sounds) == types(frames, "binary"))
        stream.close()
        await end.until(lambda: end.close_code)
        end.send(as_sent(goodbye, b""))
    await end.until_end()
    await heard.until(lambda: heard.causes)
    assert heard.sounds == [p for p, f in zip(pcm, frames, strict=False) if f["type"] == "binary"]
    assert heard.texts[1:] == [frame["text"] for frame in frames if frame["type"] == "text"]
    assert heard.causes == ["local" if our_close else "hangup"]
    (answered,) = end.frames
    assert answered.data == ((1000).to_bytes(2, "big") + (b"" if our_close else b"Normal closure"))


def types(frames: list[dict[str, Any]], kind: str) -> int:
    return sum(frame["type"] == kind for frame in frames)


@pytest.mark.parametrize("seed", range(12))
async def test_the_raw_bytes_are_answered_as_recorded_however_they_are_cut(
    porteiro: StreamSite, seed: int
) -> None:
    raw = (FOLDER / "ws_8k_metadata_remote_hangup.from_fs.bin").read_bytes()
    answered = (FOLDER / "ws_8k_metadata_remote_hangup.to_fs.bin").read_bytes()
    frames = recorded("ws_8k_metadata_remote_hangup")
    upgrade = raw.index(b"\r\n\r\n") + 4
    end = await porteiro.connect()
    rest = raw
    dice = random.Random(seed)
    while rest:
        size = dice.choice([1, 2, 7, 100, 328, 1000, len(raw)])
        end.send(rest[:size])
        rest = rest[size:]
        for _ in range(3 if seed else 0):
            await asyncio.sleep(0)
        if len(raw) - len(rest) == upgrade:
            await asyncio.sleep(0)
    head = await end.answer()
    recorded_head = answered[: answered.index(b"\r\n\r\n") + 4].decode()
    assert without_date(head) == without_date(recorded_head)
    await end.until_end()
    assert end.received == answered[len(recorded_head) :]
    heard = porteiro.heard[(await porteiro.next_stream()).peer]
    await heard.until(lambda: heard.causes)
    assert [len(pcm) for pcm in heard.sounds] == [320] * types(frames, "binary")
    assert heard.texts == [frame["text"] for frame in frames if frame["type"] == "text"]
    assert heard.causes == ["hangup"]


def without_date(head: str) -> list[str]:
    return sorted(line for line in head.split("\r\n") if not line.startswith("Date:"))
