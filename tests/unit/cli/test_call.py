import asyncio
import json
import sys
import wave
from pathlib import Path
from types import ModuleType
from typing import Self

import aiohttp.web
import numpy as np
import pytest

from porteiro.cli.call import call
from porteiro.cli.calling import meter
from porteiro.dialogue.terms import Role
from tests.audiosocket_peer import CALL_ID, HANG_UP, Peer, PeerServer, listening, sound

PHRASE = sound(np.full(1600, 3000, dtype="<i2").tobytes())


async def picked_up(server: PeerServer) -> Peer:
    """Return the phone that calls, once Porteiro has said something to it."""
    peer = await server.phones.get()
    peer.send(PHRASE)
    return peer


async def test_it_presses_keys_once_porteiro_has_spoken_and_ends_with_status_0() -> None:
    async with asyncio.timeout(20), listening() as server:
        calling = asyncio.ensure_future(call(f"127.0.0.1:{server.port}", keys="501#"))
        peer = await picked_up(server)
        assert await peer.until(0x03, 4) == [b"5", b"0", b"1", b"#"]
        peer.send(HANG_UP)
        assert await calling == 0


async def test_a_close_without_hang_up_is_status_1() -> None:
    async with asyncio.timeout(20), listening() as server:
        calling = asyncio.ensure_future(call(f"127.0.0.1:{server.port}"))
        (await picked_up(server)).writer.close()
        assert await calling == 1


async def test_a_text_of_nothing_but_keys_is_pressed_and_another_is_spoken() -> None:
    async with asyncio.timeout(20), listening() as server:
        calling = asyncio.ensure_future(call(f"127.0.0.1:{server.port}", say=("sim", "1")))
        peer = await picked_up(server)
        while not any(map(any, peer.of_kind(0x10))):
            await peer.until(0x10, len(peer.of_kind(0x10)) + 1)
        assert peer.of_kind(0x03) == []
        while any(peer.of_kind(0x10)[-1]):
            await peer.until(0x10, len(peer.of_kind(0x10)) + 1)
        peer.send(PHRASE)
        assert await peer.until(0x03) == [b"1"]
        peer.send(HANG_UP)
        assert await calling == 0


async def test_a_wav_file_of_another_rate_is_said_and_the_call_recorded(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "in.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(np.full(8000, 4000, "<i2").tobytes())
    async with asyncio.timeout(20), listening() as server:
        calling = asyncio.ensure_future(
            call(
                f"127.0.0.1:{server.port}",
                wav=(tmp_path / "in.wav",),
                record=tmp_path / "out.wav",
            )
        )
        peer = await picked_up(server)
        while not any(map(any, peer.of_kind(0x10))):
            await peer.until(0x10, len(peer.of_kind(0x10)) + 1)
        peer.send(HANG_UP)
        assert await calling == 0
    with wave.open(str(tmp_path / "out.wav")) as file:
        recorded = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    assert np.abs(recorded[:, 0]).max() > 3000
    assert (recorded[:, 1] == 3000).sum() == 1600


async def test_the_servers_words_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    async def events(request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
        answer = aiohttp.web.StreamResponse()
        await answer.prepare(request)
        say = {"call_id": CALL_ID, "kind": "say", "data": {"role": "visitor", "text": "Bom dia"}}
        other = say | {"call_id": "another", "data": {"text": "Segredo"}}
        for event in (other, say):
            await answer.write(f"event: say\ndata: {json.dumps(event)}\n\n".encode())
        told.set()
        return answer

    told = asyncio.Event()
    api = aiohttp.web.Application()
    api.router.add_get("/api/events", events)
    runner = aiohttp.web.AppRunner(api)
    await runner.setup()
    site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with asyncio.timeout(20), listening() as server:
            address = f"127.0.0.1:{server.port}"
            calling = asyncio.ensure_future(call(address, call_id=CALL_ID, api=base))
            peer = await picked_up(server)
            await told.wait()
            await peer.until(0x10, len(peer.of_kind(0x10)) + 5)
            peer.send(HANG_UP)
            assert await calling == 0
    finally:
        await runner.cleanup()
    shown = capsys.readouterr().out
    assert "Bom dia" in shown
    assert "Segredo" not in shown


async def test_without_the_api_the_call_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    async with listening() as nobody:
        api = f"http://127.0.0.1:{nobody.port}"
    async with asyncio.timeout(20), listening() as server:
        calling = asyncio.ensure_future(call(f"127.0.0.1:{server.port}", api=api, keys="1"))
        peer = await picked_up(server)
        await peer.until(0x03)
        peer.send(HANG_UP)
        assert await calling == 0
    assert "cannot be read" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("address", "given", "message"),
    [
        ("127.0.0.1:0", {}, "no HOST:PORT"),
        ("127.0.0.1:99999", {}, "no HOST:PORT"),
        ("127.0.0.1:x", {}, "no HOST:PORT"),
        ("", {"call_id": "501"}, "must be a UUID"),
        ("", {"as_": Role.RESIDENT}, "needs --call-id"),
        ("", {"wav": (Path("/none.wav"),)}, "/none.wav cannot be read"),
    ],
)
async def test_bad_input_is_one_clear_line_and_status_2(
    address: str,
    given: dict[str, object],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert await call(address, **given) == 2  # type: ignore[arg-type]
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""


async def test_nobody_listening_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    async with listening() as server:
        port = server.port
    assert await call(f"127.0.0.1:{port}") == 2
    assert "cannot be called" in capsys.readouterr().err


async def test_a_machine_without_sounddevice_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    async with asyncio.timeout(20), listening() as server:
        assert await call(f"127.0.0.1:{server.port}", microphone=True) == 2
    assert "porteiro[microphone]" in capsys.readouterr().err


async def test_the_sound_card_is_the_phones_mouth_and_ear(monkeypatch: pytest.MonkeyPatch) -> None:
    card = FakeCard()
    monkeypatch.setitem(sys.modules, "sounddevice", card)
    async with asyncio.timeout(20), listening() as server:
        calling = asyncio.ensure_future(call(f"127.0.0.1:{server.port}", microphone=True))
        peer = await server.phones.get()
        await peer.until(0x10)
        card.streams[0].callback(b"\1\2" * 160, 160, None, None)
        while not any(map(any, peer.of_kind(0x10))):
            await peer.until(0x10, len(peer.of_kind(0x10)) + 1)
        assert b"\1\2" * 160 in b"".join(peer.of_kind(0x10))
        peer.send(sound(b"\3\4" * 160) + HANG_UP)
        assert await calling == 0
    block = bytearray(320)
    card.streams[1].callback(block, 160, None, None)
    assert bytes(block) == b"\3\4" * 160


class FakeStream:
    """A sound card's stream: keeps the callback that its driver would call."""

    def __init__(self, callback: object, **_: object) -> None:
        assert callable(callback)
        self.callback = callback

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class FakeCard(ModuleType):
    """The sounddevice package of a machine with a sound card."""

    PortAudioError = OSError

    def __init__(self) -> None:
        super().__init__("sounddevice")
        self.streams: list[FakeStream] = []

    def _stream(self, callback: object, **how: object) -> FakeStream:
        self.streams.append(FakeStream(callback, **how))
        return self.streams[-1]

    RawInputStream = RawOutputStream = _stream


def test_the_meter_shows_how_loud_it_was() -> None:
    assert meter([0, 50, 100]) == "▁▅█"
    assert meter([]) == ""
    assert len(meter([1.0] * 1000)) <= 24
