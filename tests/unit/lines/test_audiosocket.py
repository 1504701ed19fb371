"""The AudioSocket server against a PBX's side over real sockets."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest
from structlog.testing import capture_logs

from porteiro.audio.clip import Clip
from porteiro.audio.g711 import LAWS, Encoding, encode
from porteiro.calls.ports import Line
from porteiro.lines.audiosocket import AudioSocketOptions
from porteiro.wire.audiosocket import (
    Audio,
    HangUp,
    audio_message,
    call_id_message,
    dtmf_message,
    hang_up_message,
)
from tests.pbx_side import PATIENCE_S, PbxEnd, Remembering, Site, site

pytestmark = pytest.mark.every_loop

SPEECH = b"\x40\x01" * 160
RATES = [8000, 12000, 16000, 24000, 32000, 44100, 48000, 96000, 192000]


@pytest.fixture
async def porteiro() -> AsyncIterator[Site]:
    async with site() as made:
        yield made


async def test_a_line_arrives_with_its_first_sound(porteiro: Site) -> None:
    end, line, _heard = await porteiro.call()
    assert line.call_id == end.call_id
    assert line.sample_rate == 8000
    host, port = end.writer.get_extra_info("sockname")
    assert line.peer == f"{host}:{port}"


async def test_a_line_without_sound_arrives_as_well(porteiro: Site) -> None:
    end = await porteiro.connect()
    end.name_call()
    line = await porteiro.next_line()
    assert (line.call_id, line.sample_rate) == (end.call_id, 8000)


async def test_silence_flows_from_the_call_id_on_whole_and_without_a_pause(porteiro: Site) -> None:
    end = await porteiro.connect()
    end.name_call()
    assert await end.until_frames(20) == [Audio(8000, bytes(320))] * len(end.frames)
    await porteiro.next_line()


@pytest.mark.parametrize("size", [320, 480, 640, 960])
async def test_sound_of_any_packet_time_is_heard(porteiro: Site, size: int) -> None:
    sound = bytes(n % 50 for n in range(size))
    end, _line, heard = await porteiro.call(frame=sound)
    for _ in range(5):
        end.speak(sound)
    await heard.until(lambda: len(heard.sound) == 6 * size)
    assert heard.sound == 6 * sound


@pytest.mark.parametrize("rate", RATES)
async def test_the_reply_uses_the_kind_in_which_the_sound_came(porteiro: Site, rate: int) -> None:
    end, line, _heard = await porteiro.call(rate)
    line.play(Clip(line.sample_rate, SPEECH * 50, complete=True), lambda _s, *, finished: None)
    await end.until(lambda: any(any(frame.payload) for frame in end.frames))
    await end.until_frames(10)
    assert line.sample_rate == (8000 if rate == 8000 else 16000)
    fed_before_sound = {frame for frame in end.frames if frame == Audio(8000, bytes(320))}
    assert {
        (frame.rate, len(frame.payload)) for frame in end.frames if frame not in fed_before_sound
    } <= {(rate, 2 * (rate // 50))}


async def test_a_line_that_changes_its_kind_changes_nothing_for_the_leg(porteiro: Site) -> None:
    end, line, heard = await porteiro.call(8000)
    end.speak(b"\x00\x10" * 320, 16000)
    await end.until(lambda: end.frames and end.frames[-1].rate == 16000)
    assert line.sample_rate == 8000
    await heard.until(lambda: len(heard.sound) == 320 + 320)
    line.play(Clip(8000, SPEECH * 50, complete=True), heard.ended)
    await end.until(lambda: any(end.frames[-1].payload))
    assert end.frames[-1].rate == 16000
    assert len(end.frames[-1].payload) == 640


async def test_sound_that_came_before_the_call_id_ends_the_connection(porteiro: Site) -> None:
    end = await porteiro.connect()
    with capture_logs() as logs:
        end.speak()
        assert await end.until_end() == [HangUp()]
    assert any("call id must come first" in entry["cause"] for entry in logs)


async def test_keys_reach_the_listener_those_before_it_came_as_well() -> None:
    async with site(attach=False) as porteiro:
        end, line, heard = await porteiro.call()
        end.send(dtmf_message("5"), dtmf_message("0"))
        end.send(dtmf_message("1"), dtmf_message("#"))
        await end.until_frames(3)
        line.attach(heard)
        await heard.until(lambda: heard.keys == "501#")
        end.send(dtmf_message("*"))
        await heard.until(lambda: heard.keys == "501#*")


async def test_a_clip_is_played_whole_and_its_end_is_told(porteiro: Site) -> None:
    end, line, heard = await porteiro.call()
    sound = bytes(1 + n % 199 for n in range(320 * 7))
    line.play(Clip(8000, sound, complete=True), heard.ended)
    await heard.until(lambda: heard.ends)
    assert heard.ends == [(0.14, True)]
    await end.until(lambda: sound in b"".join(frame.payload for frame in end.frames))


async def test_a_stopped_clip_is_followed_by_silence(porteiro: Site) -> None:
    end, line, heard = await porteiro.call()
    line.play(Clip(8000, SPEECH * 500, complete=True), heard.ended)
    await end.until(lambda: end.frames[-1:] == [Audio(8000, SPEECH)])
    line.stop()
    assert [finished for _, finished in heard.ends] == [False]
    await end.until(lambda: end.frames[-1] == Audio(8000, bytes(320)))


async def test_our_hang_up_is_said_and_then_the_stream_ends(porteiro: Site) -> None:
    end, line, heard = await porteiro.call()
    line.play(Clip(8000, SPEECH * 500, complete=True), heard.ended)
    line.hang_up()
    line.hang_up()
    assert (await end.until_end())[-1] == HangUp()
    assert end.messages.count(HangUp()) == 1
    assert [finished for _, finished in heard.ends] == [False]
    assert heard.causes == []
    end.speak(SPEECH)
    end.close()
    await heard.until(lambda: heard.causes)
    assert heard.causes == ["local"]
    assert SPEECH not in heard.sound


async def test_a_pbx_that_does_not_close_after_our_hang_up_is_cut_off() -> None:
    async with site(AudioSocketOptions(closing_s=0.05)) as porteiro:
        _end, line, heard = await porteiro.call()
        line.hang_up()
        await heard.until(lambda: heard.causes)
        assert heard.causes == ["local"]


async def test_a_clip_played_on_an_ending_line_ends_at_once(porteiro: Site) -> None:
    _end, line, heard = await porteiro.call()
    line.hang_up()
    line.play(Clip(8000, SPEECH, complete=True), heard.ended)
    assert heard.ends == [(0.0, False)]


async def test_a_line_removed_by_force_is_gone_at_once(porteiro: Site) -> None:
    end, line, heard = await porteiro.call()
    line.abort()
    line.abort()
    await end.until_end()
    await heard.until(lambda: heard.causes)
    assert heard.causes == ["local"]
    line.abort()
    line.hang_up()


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (hang_up_message(), "hangup"),
        (b"\xff\x00\x01\x04", "error 04"),
        (b"\x99\x00\x00", "protocol error: unknown message kind 0x99"),
        (
            b"\x10\xff\xff",
            "protocol error: an audio message of 65535 bytes is longer than a second",
        ),
        (
            call_id_message("e69439e9-1489-4bba-b55d-37612b5dffaf"),
            "protocol error: a second call id",
        ),
    ],
)
async def test_the_pbx_ends_a_line_and_the_cause_is_told(
    porteiro: Site, said: bytes, cause: str
) -> None:
    end, line, heard = await porteiro.call()
    with capture_logs() as logs:
        end.send(said)
        await heard.until(lambda: heard.causes)
    assert heard.causes[0].startswith(cause)
    assert len(heard.causes) == 1
    assert [entry["call_id"] for entry in logs] == [line.call_id]
    assert HangUp() in await end.until_end()


async def test_the_end_of_the_stream_is_a_hang_up(porteiro: Site) -> None:
    end, _line, heard = await porteiro.call()
    end.close()
    await heard.until(lambda: heard.causes)
    assert heard.causes == ["eof"]


async def test_a_stream_that_ends_in_half_a_message_says_so(porteiro: Site) -> None:
    end, _line, heard = await porteiro.call()
    end.send(audio_message(8000, bytes(320))[:100])
    end.writer.write_eof()
    await heard.until(lambda: heard.causes)
    assert heard.causes == ["eof in the middle of a message"]


async def test_a_reset_is_a_hang_up(porteiro: Site) -> None:
    end, _line, heard = await porteiro.call()
    end.writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    end.writer.transport.abort()
    await heard.until(lambda: heard.causes)
    assert heard.causes[0] in {"reset", "eof"}


async def test_a_listener_that_comes_after_the_end_is_told_of_it(porteiro: Site) -> None:
    end, line, heard = await porteiro.call()
    end.close()
    await heard.until(lambda: heard.causes)
    late = Remembering()
    line.attach(late)
    assert late.causes == ["eof"]


async def test_a_listener_that_fails_loses_its_own_line_only(
    porteiro: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[str] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _loop, context: errors.append(str(context["exception"]))
    )
    other_end, _other, other = await porteiro.call()
    end, _line, heard = await porteiro.call()

    def fail(_digit: str) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(heard, "key", fail)
    end.send(dtmf_message("1"))
    await end.until_end()
    await heard.until(lambda: heard.causes)
    assert (heard.causes, errors) == (["fault"], ["a bug"])
    other_end.send(dtmf_message("1"))
    await other.until(lambda: other.keys == "1")


async def test_a_guessable_call_id_is_accepted_and_logged(porteiro: Site) -> None:
    end = await porteiro.connect()
    with capture_logs() as logs:
        end.send(call_id_message("6fa459ea-ee8a-11e1-9b23-0800200c9a66"))
        line = await porteiro.next_line()
    assert line.call_id == "6fa459ea-ee8a-11e1-9b23-0800200c9a66"
    assert any("can be guessed" in entry["event"] for entry in logs)


async def test_a_peer_outside_the_allowed_networks_is_closed_at_once_and_logged() -> None:
    options = AudioSocketOptions(allow=(ip_network("192.0.2.0/24"),))
    async with site(options) as porteiro:
        with capture_logs() as logs:
            for _ in range(20):
                end = await porteiro.connect()
                end.name_call()
                assert await end.until_end() == []
        assert porteiro.lines.empty()
        assert [(entry["log_level"], entry["peer"]) for entry in logs] == [("warning", "127.0.0.1")]
        assert "PORTEIRO_PBX_ALLOW" in logs[0]["event"]


async def test_connections_that_say_nothing_are_closed_and_harm_nobody() -> None:
    async with site(AudioSocketOptions(id_timeout_s=0.3)) as porteiro:
        end, _line, heard = await porteiro.call()
        silent = [await porteiro.connect() for _ in range(200)]
        assert [await one.until_end() for one in silent] == [[HangUp()]] * 200
        end.speak(SPEECH)
        await heard.until(lambda: heard.sound.endswith(SPEECH))
        assert heard.causes == []
        assert len(porteiro.clock._sources) == 1
        assert not porteiro.listener._waiting


async def test_a_peer_that_stops_reading_is_dropped_and_bounded() -> None:
    async with site(AudioSocketOptions(stalled_s=0.2)) as porteiro:
        end, line, heard = await porteiro.call(192000)
        end.stop_reading()
        line.play(Clip(16000, bytes(16000 * 2 * 60), complete=True), heard.ended)
        await heard.until(lambda: heard.causes)
        assert heard.causes == ["stalled"]
        assert [finished for _, finished in heard.ends] == [False]


async def test_closing_the_listener_leaves_lines_alone_and_frees_the_port(porteiro: Site) -> None:
    end, _line, heard = await porteiro.call()
    nameless = await porteiro.connect()
    nameless.send(b"\x01")
    port = porteiro.listener.port
    await end.until_frames(3)
    await porteiro.listener.close()
    await nameless.until_end()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    end.send(dtmf_message("7"))
    await heard.until(lambda: heard.keys == "7")
    await end.until_frames(len(end.frames) + 3)
    await porteiro.listener.open("127.0.0.1", port)
    assert porteiro.listener.port == port


async def test_a_port_that_is_taken_is_an_os_error(porteiro: Site) -> None:
    async with site() as other:
        await other.listener.close()
        with pytest.raises(OSError, match="address already in use"):
            await other.listener.open("127.0.0.1", porteiro.listener.port)


async def test_nothing_is_left_of_lines_that_ended(porteiro: Site) -> None:
    for _ in range(5):
        end, _line, heard = await porteiro.call()
        end.close()
        await heard.until(lambda heard=heard: heard.causes)  # type: ignore[misc]
    assert not porteiro.clock._sources
    assert porteiro.clock._timer is None
    assert not porteiro.listener._waiting


# -------------------------------------------------------------------------- G.711


async def telephone(
    porteiro: Site, payload: bytes, gap_s: float
) -> tuple[PbxEnd, Line, Remembering]:
    """Send the same payload at a steady pace until the line arrives."""
    end = await porteiro.connect()
    end.name_call()

    async def speak() -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        for n in range(1, 10_000):
            end.speak(payload)
            await asyncio.sleep(start + n * gap_s - loop.time())

    speaking = asyncio.create_task(speak())
    try:
        async with asyncio.timeout(PATIENCE_S):
            line = await porteiro.next_line()
            await end.until_frames(30)
    finally:
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)
    return end, line, porteiro.heard[line.call_id]


@pytest.mark.parametrize("law", LAWS)
async def test_g711_is_decoded_answered_in_kind_and_logged_once(
    porteiro: Site, law: Encoding
) -> None:
    with capture_logs() as logs:
        end, line, heard = await telephone(porteiro, encode(law, SPEECH), 0.02)
        line.play(Clip(8000, SPEECH * 50, complete=True), heard.ended)
        await end.until(lambda: end.frames[-1].payload == encode(law, SPEECH))
    assert {(frame.rate, len(frame.payload)) for frame in end.frames} == {(8000, 160)}
    assert {frame.payload for frame in end.frames} == {
        b"\xff" * 160,
        encode(law, bytes(320)),
        encode(law, SPEECH),
    }
    assert len(heard.sound) % 320 == 0
    assert {heard.sound[n : n + 2] for n in range(0, len(heard.sound), 2)} == {heard.sound[:2]}
    advice = [entry for entry in logs if "/c(slin)" in entry["event"]]
    assert [(entry["call_id"], entry["encoding"]) for entry in advice] == [(line.call_id, law)]


async def test_linear_sound_in_packets_of_10_ms_is_answered_as_linear(porteiro: Site) -> None:
    with capture_logs() as logs:
        end, _line, heard = await telephone(porteiro, SPEECH[:160], 0.01)
    assert end.frames[-1] == Audio(8000, bytes(320))
    assert {heard.sound[n : n + 2] for n in range(0, len(heard.sound), 2)} == {SPEECH[:2]}
    assert not any("/c(slin)" in entry["event"] for entry in logs)
