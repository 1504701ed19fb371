"""The stream server against FreeSWITCH's side of a stream, over real sockets."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest
from structlog.testing import capture_logs
from websockets.frames import Opcode

from porteiro.dialogue.terms import Role
from porteiro.lines.freeswitch.stream import StreamOptions
from tests.stream_side import (
    CALL_ID,
    Hearing,
    StreamEnd,
    StreamSite,
    close,
    masked,
    noise,
    request,
    sound,
    stream_site,
    text,
)

pytestmark = pytest.mark.every_loop

PATH = f"/stream/2000/{CALL_ID}"


@pytest.fixture
async def porteiro() -> AsyncIterator[StreamSite]:
    async with stream_site() as made:
        yield made


# ------------------------------------------------------------------------ arriving


@pytest.mark.parametrize(
    ("path", "role"),
    [
        (PATH, Role.VISITOR),
        (f"{PATH}/visitor", Role.VISITOR),
        (f"{PATH}/resident", Role.RESIDENT),
        (f"/stream/2000/{CALL_ID.upper()}/resident", Role.RESIDENT),
    ],
)
async def test_a_stream_arrives_with_its_first_sound(
    porteiro: StreamSite, path: str, role: Role
) -> None:
    end, stream, _heard = await porteiro.call(path=path)
    assert (stream.extension, stream.call_id, stream.role) == ("2000", CALL_ID, role)
    assert stream.sample_rate == 8000
    host, port = end.writer.get_extra_info("sockname")
    assert stream.peer == f"{host}:{port}"


async def test_a_stream_without_sound_arrives_as_well(porteiro: StreamSite) -> None:
    end = await porteiro.connect()
    await end.upgrade(PATH)
    assert (await porteiro.next_stream()).sample_rate == 8000


@pytest.mark.parametrize("rate", [8000, 16000])
async def test_metadata_tell_the_rate_at_once_and_reach_the_observer(
    porteiro: StreamSite, rate: int
) -> None:
    end = await porteiro.connect()
    await end.upgrade(PATH)
    said = f'{{"sampleRate":{rate},"from":"5511"}}'
    end.send(text('{"note":"first"}'), text(said), sound(bytes(100)))
    stream = await porteiro.next_stream()
    heard = porteiro.heard[stream.peer]
    await heard.until(lambda: heard.sounds)
    assert (stream.sample_rate, heard.sounds) == (rate, [bytes(100)])
    await heard.until(lambda: len(heard.texts) == 2)
    assert heard.texts == ['{"note":"first"}', said]


async def test_the_rate_is_measured_where_nothing_tells_it(porteiro: StreamSite) -> None:
    end = await porteiro.connect()
    await end.upgrade(PATH)
    await speak(end, noise(640), 30, 0.02)
    assert (await porteiro.next_stream()).sample_rate == 16000


async def speak(end: StreamEnd, frame: bytes, count: int, every_s: float) -> None:
    """Send the same sound at a steady pace."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for n in range(count):
        await asyncio.sleep(began + n * every_s - loop.time())
        end.send(sound(frame))


async def test_sound_that_comes_after_a_rate_was_assumed_is_converted_both_ways() -> None:
    async with stream_site(StreamOptions(sound_timeout_s=0.02)) as porteiro:
        end = await porteiro.connect()
        await end.upgrade(PATH)
        stream = await porteiro.next_stream()
        heard = porteiro.heard[stream.peer]
        with capture_logs() as logs:
            await speak(end, noise(640), 20, 0.02)
            await heard.until(lambda: heard.sounds and len(heard.sounds[-1]) == 320)
        stream.send_sound(noise(320))
        await end.until(lambda: end.frames)
        assert (stream.sample_rate, len(end.frames[0].data)) == (8000, 640)
        assert [entry["rate"] for entry in logs if "metadata" in entry["event"]] == [16000]


async def test_metadata_after_a_rate_was_assumed_are_believed() -> None:
    async with stream_site(StreamOptions(sound_timeout_s=0.02)) as porteiro:
        end = await porteiro.connect()
        await end.upgrade(PATH)
        heard = porteiro.heard[(await porteiro.next_stream()).peer]
        end.send(text('{"sampleRate":16000}'), sound(noise(640)))
        await heard.until(lambda: heard.sounds)
        assert len(heard.sounds[0]) <= 320


async def test_a_peer_that_vanishes_is_looked_for(porteiro: StreamSite) -> None:
    _end, stream, _heard = await porteiro.call()
    sock = stream._transport.get_extra_info("socket")
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 5


@pytest.mark.parametrize("length", [2, 124, 126, 160, 320, 480, 640, 960, 1600, 32000, 65534])
async def test_sound_of_any_packet_time_is_heard_in_order(
    porteiro: StreamSite, length: int
) -> None:
    end, _stream, heard = await porteiro.call()
    frames = [noise(length) for _ in range(5)]
    end.send(*(sound(frame) for frame in frames))
    await heard.until(lambda: len(heard.sounds) == 6)
    assert heard.sounds[1:] == frames


async def test_frames_cut_anywhere_are_put_together(porteiro: StreamSite) -> None:
    end, _stream, heard = await porteiro.call()
    frames = [noise(length) for length in (320, 100, 320, 2, 640)]
    for byte in b"".join(sound(frame) for frame in frames):
        end.send(bytes((byte,)))
        await asyncio.sleep(0)
    await heard.until(lambda: len(heard.sounds) == 6)
    assert heard.sounds[1:] == frames


async def test_the_first_frame_may_follow_the_request_unasked(porteiro: StreamSite) -> None:
    """Nobody should, but where the answer is known in advance somebody might."""
    end = await porteiro.connect()
    frame = sound(noise(320))
    end.send(request(PATH) + frame[:5])
    await end.answer()
    end.send(frame[5:], sound(noise(640)))
    heard = porteiro.heard[(await porteiro.next_stream()).peer]
    await heard.until(lambda: [len(frame) for frame in heard.sounds] == [320, 640])


async def test_a_guessable_call_id_is_accepted_and_logged(porteiro: StreamSite) -> None:
    path = "/stream/2000/6fa459ea-ee8a-11e1-9b23-0800200c9a66"
    with capture_logs() as logs:
        await porteiro.call(path=path)
    assert any("can be guessed" in entry["event"] for entry in logs)


async def test_an_observer_that_comes_late_is_told_the_texts_and_the_end() -> None:
    async with stream_site(attach=False) as porteiro:
        end, stream, _heard = await porteiro.call()
        end.send(*(text(f'{{"n":{n}}}') for n in range(9)), close())
        await end.until_end()
        await asyncio.sleep(0)
        late = Hearing()
        stream.attach(late)
        assert late.texts == [f'{{"n":{n}}}' for n in range(5, 9)]
        await late.until(lambda: late.causes)
        assert late.causes == ["hangup"]


# ------------------------------------------------------------------------- sending


@pytest.mark.parametrize("length", [2, 160, 320, 640, 70000])
async def test_sound_is_sent_as_one_message(porteiro: StreamSite, length: int) -> None:
    end, stream, _heard = await porteiro.call()
    pcm = noise(length)
    stream.send_sound(bytearray(pcm))
    stream.send_text('{"type":"stopAudio"}')
    await end.until(lambda: len(end.frames) == 2)
    assert [(frame.opcode, frame.data) for frame in end.frames] == [
        (Opcode.BINARY, pcm),
        (Opcode.TEXT, b'{"type":"stopAudio"}'),
    ]


async def test_a_ping_is_answered(porteiro: StreamSite) -> None:
    end, _stream, _heard = await porteiro.call()
    end.send(masked(Opcode.PING, b"hb"), masked(Opcode.PONG, b"unasked"))
    await end.until(lambda: end.frames)
    assert [(frame.opcode, frame.data) for frame in end.frames] == [(Opcode.PONG, b"hb")]


# ------------------------------------------------------------------------- the end


async def test_the_close_is_answered_in_kind_and_tcp_is_closed(porteiro: StreamSite) -> None:
    end, stream, heard = await porteiro.call()
    last = noise(320)
    end.send(sound(last), close())
    await end.until_end()
    await heard.until(lambda: heard.causes)
    assert end.received == bytes((0x88, 16)) + (1000).to_bytes(2, "big") + b"Normal closure"
    assert (heard.sounds[-1], heard.causes) == (last, ["hangup"])
    stream.close()
    stream.abort()
    stream.send_sound(last)
    stream.send_text("{}")


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (close(1001, ""), "hangup"),
        (close(1011, "out of memory"), "closed by the peer: 1011 (internal error) out of memory"),
        (masked(Opcode.CLOSE, b""), "closed by the peer: 1005 (no status received [internal])"),
    ],
    ids=["going away", "internal error", "no code"],  # masks are random: no name of a test
)
async def test_a_close_of_another_kind_is_told_by_its_code(
    porteiro: StreamSite, said: bytes, cause: str
) -> None:
    end, _stream, heard = await porteiro.call()
    end.send(said)
    await end.until_end()
    await heard.until(lambda: heard.causes)
    assert heard.causes == [cause]


async def test_our_close_waits_for_the_answer_and_delivers_nothing_more(
    porteiro: StreamSite,
) -> None:
    end, stream, heard = await porteiro.call()
    stream.close()
    stream.close()
    await end.until(lambda: end.frames)
    assert end.close_code == 1000
    end.send(sound(noise(320)), text("{}"))
    await asyncio.sleep(0.02)
    assert heard.causes == []
    end.send(close(1000, "bye"))
    assert len(await end.until_end()) == 1
    await heard.until(lambda: heard.causes)
    assert (len(heard.sounds), heard.texts, heard.causes) == (1, [], ["local"])


async def test_a_peer_that_does_not_answer_our_close_is_cut_off() -> None:
    async with stream_site(StreamOptions(closing_s=0.05)) as porteiro:
        _end, stream, heard = await porteiro.call()
        stream.close()
        await heard.until(lambda: heard.causes)
        assert heard.causes == ["local"]


async def test_a_stream_removed_by_force_is_gone_at_once(porteiro: StreamSite) -> None:
    end, stream, heard = await porteiro.call()
    stream.abort()
    stream.abort()
    await end.until_end()
    await heard.until(lambda: heard.causes)
    assert heard.causes == ["local"]


async def test_an_end_without_a_close_is_an_end(porteiro: StreamSite) -> None:
    end, _stream, heard = await porteiro.call()
    end.send(sound(noise(320))[:100])
    end.writer.write_eof()
    await end.until_end()
    await heard.until(lambda: heard.causes)
    assert heard.causes == ["eof"]


async def test_a_reset_is_an_end(porteiro: StreamSite) -> None:
    end, _stream, heard = await porteiro.call()
    end.writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    end.writer.transport.abort()
    await heard.until(lambda: heard.causes)
    assert heard.causes[0] in {"reset", "eof"}


async def test_closing_the_server_leaves_streams_alone_and_frees_the_port(
    porteiro: StreamSite,
) -> None:
    end, _stream, heard = await porteiro.call()
    waiting = await porteiro.connect()
    waiting.send(b"GET /stream")
    port = porteiro.server.port
    end.send(sound(noise(320)))
    await heard.until(lambda: len(heard.sounds) == 2)
    states = [porteiro.server.serving]
    await porteiro.server.close()
    assert [*states, porteiro.server.serving] == [True, False]
    await waiting.until_end()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    end.send(sound(noise(320)))
    await heard.until(lambda: len(heard.sounds) == 3)
    await porteiro.server.open("127.0.0.1", port)
    assert porteiro.server.port == port


async def test_an_observer_that_fails_loses_its_own_stream_only(
    porteiro: StreamSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[str] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _loop, context: errors.append(str(context["exception"]))
    )
    other_end, _other, other = await porteiro.call()
    end, _stream, heard = await porteiro.call()

    def fail(_text: str) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(heard, "text", fail)
    end.send(text("{}"))
    await end.until_end()
    await heard.until(lambda: heard.causes)
    assert (heard.causes, errors) == (["fault"], ["a bug"])
    other_end.send(sound(noise(320)))
    await other.until(lambda: len(other.sounds) == 2)


async def test_nothing_is_left_of_streams_that_ended(porteiro: StreamSite) -> None:
    for _ in range(5):
        end, _stream, heard = await porteiro.call()
        end.send(close())
        await end.until_end()
        await heard.until(lambda heard=heard: heard.causes)  # type: ignore[misc]
    assert not porteiro.server._waiting


async def test_a_peer_outside_the_allowed_networks_is_closed_at_once_and_logged() -> None:
    async with stream_site(StreamOptions(allow=(ip_network("192.0.2.0/24"),))) as porteiro:
        with capture_logs() as logs:
            end = await porteiro.connect()
            end.send(sound(b""))
            await end.until_end()
        assert [(entry["log_level"], entry["peer"]) for entry in logs] == [("warning", "127.0.0.1")]
