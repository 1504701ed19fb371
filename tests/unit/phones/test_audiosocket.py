import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from porteiro.audio import g711
from porteiro.errors import LineClosedError
from porteiro.phones.audiosocket import AudioSocketPhone, AudioSocketPhoneOptions, dial
from porteiro.phones.telephone import Ending
from tests.audiosocket_peer import CALL_ID, HANG_UP, Peer, listening, sound

TONE = (8000 * np.sin(np.arange(1600) / 4)).astype("<i2").tobytes()


@asynccontextmanager
async def call(
    options: AudioSocketPhoneOptions | None = None,
) -> AsyncIterator[tuple[AudioSocketPhone, Peer]]:
    async with (
        asyncio.timeout(20),
        listening() as server,
        dial("127.0.0.1", server.port, CALL_ID, options) as phone,
    ):
        yield phone, await server.phones.get()


async def test_it_says_its_call_id_first_and_then_sends_silence() -> None:
    async with call() as (_, peer):
        audio = await peer.until(0x10, 3)
        assert peer.messages[0] == (0x01, bytes.fromhex(CALL_ID.replace("-", "")))
        assert audio[:3] == [bytes(320)] * 3


async def test_what_it_says_arrives_whole_and_is_recorded() -> None:
    async with call() as (phone, peer):
        await phone.say(TONE)
        await peer.until(0x10, len(phone.recording.said.samples()) // 160)
        assert TONE in b"".join(peer.of_kind(0x10))
        assert TONE in phone.recording.said.samples().tobytes()


async def test_two_sayings_are_said_one_after_the_other() -> None:
    async with call() as (phone, peer):
        other = TONE[::-1]
        await asyncio.gather(phone.say(TONE), phone.say(other))
        sent = b"".join(await peer.until(0x10, len(phone.recording.said.samples()) // 160))
        assert 0 <= sent.find(TONE) < sent.find(other)


async def test_a_cancelled_saying_falls_silent() -> None:
    async with call() as (phone, peer):
        saying = asyncio.ensure_future(phone.say(TONE * 50))
        await peer.until(0x10, 5)
        saying.cancel()
        so_far = len(peer.of_kind(0x10))
        later = await peer.until(0x10, so_far + 10)
        assert later[-1] == bytes(320)


@pytest.mark.parametrize(("packet_ms", "size"), [(10, 160), (30, 480), (60, 960)])
async def test_the_packet_time_decides_the_size(packet_ms: int, size: int) -> None:
    async with call(AudioSocketPhoneOptions(packet_ms=packet_ms)) as (_, peer):
        assert {len(packet) for packet in await peer.until(0x10, 3)} == {size}


async def test_sixteen_kilohertz_travels_under_its_own_kind() -> None:
    async with call(AudioSocketPhoneOptions(sample_rate=16_000)) as (_, peer):
        assert (await peer.until(0x12))[0] == bytes(640)


async def test_a_phone_that_suppresses_silence_sends_nothing_but_its_voice() -> None:
    async with call(AudioSocketPhoneOptions(suppress_silence=True)) as (phone, peer):
        await phone.say(TONE)
        phone.press("5")
        await peer.until(0x03)
        assert b"".join(peer.of_kind(0x10)) == TONE


async def test_g711_goes_out_under_kind_0x10_and_is_decoded_when_it_comes() -> None:
    law = g711.Encoding.A_LAW
    async with call(AudioSocketPhoneOptions(encoding=law)) as (phone, peer):
        await phone.say(TONE)
        sent = b"".join(await peer.until(0x10, len(phone.recording.said.samples()) // 160))
        assert g711.encode(law, TONE) in sent
        peer.send(sound(g711.encode(law, TONE)) + HANG_UP)
        await phone.ended()
        assert phone.recording.heard.samples().any()


async def test_it_hears_and_knows_when_porteiro_stops_talking() -> None:
    async with call() as (phone, peer):
        began = asyncio.get_running_loop().time()
        peer.send(sound(TONE) + sound(bytes(320)))
        await phone.phrase_end(began)
        assert not phone.ear.talking
        assert TONE in phone.recording.heard.samples().tobytes()


async def test_waiting_for_a_phrase_ends_with_the_call() -> None:
    async with call() as (phone, peer):
        waiting = asyncio.ensure_future(phone.phrase_end(asyncio.get_running_loop().time()))
        peer.send(HANG_UP)
        with pytest.raises(LineClosedError):
            await waiting


async def test_keys_arrive_as_dtmf() -> None:
    async with call() as (phone, peer):
        for key in "501#":
            phone.press(key)
        assert await peer.until(0x03, 4) == [b"5", b"0", b"1", b"#"]


async def test_what_is_no_key_is_refused() -> None:
    async with call() as (phone, _):
        with pytest.raises(ValueError, match="no telephone key"):
            phone.press("ü")


async def test_a_hang_up_message_ends_the_call_properly() -> None:
    async with call() as (phone, peer):
        peer.send(HANG_UP)
        assert await phone.ended() is Ending.PORTEIRO_HUNG_UP
        await peer.gone.wait()


async def test_a_close_without_hang_up_is_told_apart() -> None:
    async with call() as (phone, peer):
        peer.writer.close()
        assert await phone.ended() is Ending.CLOSED


async def test_hanging_up_closes_and_sends_no_message() -> None:
    async with call() as (phone, peer):
        phone.hang_up()
        phone.hang_up()
        assert await phone.ended() is Ending.WE_HUNG_UP
        await peer.gone.wait()
        assert peer.of_kind(0x00) == []


@pytest.mark.parametrize("broken", [b"\x03\x00\x015", b"\xff\x00\x00", b"\x77\x00\x00"])
async def test_what_makes_a_pbx_drop_the_call_drops_it_here(broken: bytes) -> None:
    async with call() as (phone, peer):
        peer.send(broken)
        assert await phone.ended() is Ending.BROKEN


async def test_speaking_after_the_end_is_an_error() -> None:
    async with call() as (phone, _):
        phone.hang_up()
        await phone.ended()
        with pytest.raises(LineClosedError):
            await phone.say(TONE)


async def test_who_speaks_when_the_call_ends_is_told() -> None:
    async with call() as (phone, peer):
        saying = asyncio.ensure_future(phone.say(TONE * 50))
        await peer.until(0x10, 2)
        peer.send(HANG_UP)
        with pytest.raises(LineClosedError):
            await saying


async def test_nobody_listening_is_an_oserror() -> None:
    async with listening() as server:
        port = server.port
    with pytest.raises(OSError, match="Connect call failed"):
        async with dial("127.0.0.1", port, CALL_ID):
            pass
