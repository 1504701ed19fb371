"""What a Wyoming server may do wrong, and what comes of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import pytest

from porteiro.calls.ports import Transcript
from porteiro.speech.wyoming import (
    WyomingSynthesizer,
    WyomingSynthesizerOptions,
    WyomingTranscriber,
    WyomingTranscriberOptions,
)
from tests.contract.faults import (
    HEARING,
    LOUD,
    NOTHING,
    SPEAKING,
    Fails,
    Outcome,
    Speaks,
    Then,
    comes_to,
    limit_s,
    sound_from,
    tries_all,
    words_from,
)

CANNOT = {
    **dict.fromkeys(("401", "429 in seconds", "429 until a date"), "the protocol has no refusal"),
    "500": "the protocol has no status; its `error` event is a row of its own",
    "untrusted": "the protocol has no TLS",
}
CONFIDENCES = dict.fromkeys(("NaN", "Infinity"), "the protocol tells no confidence")


@dataclass(frozen=True)
class Bytes:
    """What a server sends once it is spoken to, and what comes after it."""

    sent: bytes = b""
    then: Then = "ends"


NONE = Fails("does not speak the Wyoming protocol: check the address", retryable=False)
CUT = Fails("broke off in the middle: see its log")
ENDLESS = Fails("sends without end: check the address", retryable=False)


def event(kind: str, payload: bytes = b"", /, **data: object) -> bytes:
    header = {"type": kind, "data": data, "payload_length": len(payload)}
    return json.dumps(header).encode() + b"\n" + payload


def heard(text: str, **more: object) -> Bytes:
    return Bytes(event("transcript", text=text, **more))


HTML = b"HTTP/1.1 400 Bad Request\r\n\r\n<html>proxy</html>"
EITHER: Mapping[str, tuple[Bytes, Outcome]] = {
    "html": (Bytes(HTML), NONE),
    "empty": (Bytes(), CUT),
    "a blank line": (Bytes(b"\n"), NONE),
    "half a JSON": (Bytes(b'{"type": "transcript", "data": {"text": "abre o port\n'), NONE),
    "a line without end": (Bytes(b"a" * 65_536, then="goes on"), NONE),
    "an announcement of 10 MB": (
        Bytes(b'{"type": "audio-chunk", "payload_length": 10000000}\n'),
        ENDLESS,
    ),
    "an announcement of infinity": (
        Bytes(b'{"type": "audio-chunk", "payload_length": Infinity}\n'),
        ENDLESS,
    ),
    "an error": (
        Bytes(event("error", text="abre o portão", code="out-of-memory")),
        Fails(r"reports an error \(out-of-memory\): see its log"),
    ),
}
HEARS: Mapping[str, tuple[Bytes, Outcome]] = {
    **EITHER,
    "10 MB": (Bytes(event("info", text="a" * 10_000), then="goes on"), ENDLESS),
    "a long text": (heard("sim " * 1000), Fails("more than anybody could have spoken")),
    "never": (Bytes(then="hangs"), Fails(r"gave no words within 0\.3 s")),
    "cut": (Bytes(b'{"type": "trans', then="breaks off"), CUT),
    "text is a number": (Bytes(event("transcript", text=5)), NONE),
    "text is NaN": (Bytes(event("transcript", text=float("nan"))), NONE),
    "English": (heard("Yes, sure.", language="en"), NOTHING),
    "English, unsaid": (heard("Yes, sure."), Transcript("Yes, sure.", 0.5, sure=False)),
    "Spanish": (heard("Sí, claro.", language="es-MX"), NOTHING),
    "Portuguese": (heard("Sim.", language="pt_BR"), Transcript("Sim.", 0.5, sure=False)),
    "a language that is none": (heard("Sim.", language=["pt"]), NOTHING),
    "Chinese": (heard("好的，请进"), NOTHING),
    "film credits": (heard(" Legendas pela comunidade Amara.org"), NOTHING),
    "a field too many": (heard("sim", authorized=True), Transcript("sim", 0.5, sure=False)),
}

FORMAT = {"rate": 22_050, "width": 2, "channels": 1}
START, STOP = event("audio-start", **FORMAT), event("audio-stop")
CHUNK = event("audio-chunk", LOUD * 22_050, **FORMAT)
SPEAKS: Mapping[str, tuple[Bytes, Outcome]] = {
    **EITHER,
    "10 MB": (Bytes(START + CHUNK, then="goes on"), ENDLESS),
    "never": (Bytes(then="hangs"), Fails("took too long")),
    "silent after its start": (Bytes(START, then="hangs"), Fails("took too long")),
    "cut": (Bytes(START + CHUNK, then="breaks off"), CUT),
    "cut in a piece": (Bytes(START + CHUNK[:20_000]), CUT),
    "as promised": (Bytes(START + CHUNK + STOP), Speaks(1.0)),
    "another rate": (
        Bytes(START + event("audio-chunk", LOUD * 800, **{**FORMAT, "rate": 16_000}) + STOP),
        Fails("sent sound at another rate than it promised", retryable=False),
    ),
    "a rate of its own": (
        Bytes(event("audio-chunk", LOUD * 16_000, **{**FORMAT, "rate": 16_000}) + STOP),
        Speaks(1.0),
    ),
    "no rate": (
        Bytes(event("audio-start", **{**FORMAT, "rate": float("nan")})),
        Fails("not 16-bit mono at 8000 to 48000 Hz", retryable=False),
    ),
    "odd bytes": (
        Bytes(START + CHUNK + event("audio-chunk", b"\x01", **FORMAT) + STOP),
        Speaks(1.0),
    ),
}


@asynccontextmanager
async def sending(sent: Bytes) -> AsyncIterator[str]:
    over = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.readline()
            writer.write(sent.sent)
            await writer.drain()
            while sent.then == "goes on" and not over.is_set():
                writer.write(sent.sent)
                await writer.drain()
            if sent.then == "hangs":
                await over.wait()
        if sent.then == "ends" and writer.can_write_eof():
            with suppress(OSError):
                writer.write_eof()
                await reader.read()
        writer.transport.abort()

    talks: list[asyncio.Task[None]] = []
    server = await asyncio.start_server(
        lambda reader, writer: talks.append(asyncio.create_task(talk(reader, writer))),
        *("127.0.0.1", 0),
    )
    async with server:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        over.set()
        await asyncio.gather(*talks)


@pytest.mark.parametrize("fault", HEARS)
async def test_hearing(fault: str) -> None:
    sent, outcome = HEARS[fault]
    async with sending(sent) as url:
        options = WyomingTranscriberOptions(url, connect_s=20.0, limit_s=limit_s(fault))
        await comes_to(words_from(WyomingTranscriber(options)), outcome)


@pytest.mark.parametrize("fault", SPEAKS)
async def test_speaking(fault: str) -> None:
    sent, outcome = SPEAKS[fault]
    limit = limit_s("never" if sent.then == "hangs" else fault)
    async with sending(sent) as url:
        options = WyomingSynthesizerOptions(url, connect_s=20.0, limit_s=limit)
        await comes_to(sound_from(WyomingSynthesizer(options)), outcome)


def test_every_fault_is_tried() -> None:
    tries_all(HEARING, HEARS, {**CANNOT, **CONFIDENCES})
    tries_all(SPEAKING, SPEAKS, CANNOT)
