"""What no mod_audio_stream sends: answered clearly, bounded, and no harm to other streams."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs
from websockets.frames import Opcode

from porteiro.lines.freeswitch.stream import StreamOptions
from tests.stream_side import (
    CALL_ID,
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
    """A server with one good stream, which is as well afterwards as it was before."""
    async with stream_site() as made:
        end, _stream, heard = await made.call()
        yield made
        frame = noise(320)
        end.send(sound(frame))
        await heard.until(lambda: heard.sounds[1:] == [frame])
        assert heard.causes == []


# ---------------------------------------------------------------------- handshakes


@pytest.mark.parametrize(
    ("asked", "status", "why"),
    [
        (request(f"/stream/2999/{CALL_ID}"), 404, "extension 2999 is not served here"),
        (request("/stream/2000/not-a-uuid"), 400, "/stream/<extension>/<call id>"),
        (request(f"/stream/2000/{CALL_ID[:-1]}"), 400, "/stream/<extension>/<call id>"),
        (request(f"/stream/2000/{CALL_ID}/porter"), 400, "/stream/<extension>/<call id>"),
        (request(f"/stream/../{CALL_ID}"), 404, "extension .. is not served here"),
        (request("/"), 400, "/stream/<extension>/<call id>"),
        (b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % PATH.encode(), 426, "WebSocket client"),
        (b"POST %s HTTP/1.1\r\nHost: x\r\n\r\n" % PATH.encode(), 405, "unsupported HTTP method"),
        (request(PATH).replace(b"Version:13", b"Version:8"), 400, "Sec-WebSocket-Version"),
        (request(PATH).replace(b"lkDLw==", b""), 400, "Sec-WebSocket-Key"),
        (b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 200 + b"\r\n", 431, "no more than 128 headers"),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", 414, "no more than 8192 bytes"),
    ],
)
async def test_a_request_that_cannot_be_granted_is_told_why(
    porteiro: StreamSite, asked: bytes, status: int, why: str
) -> None:
    end = await porteiro.connect()
    with capture_logs() as logs:
        end.send(asked)
        async with asyncio.timeout(10):
            answer = (await end.reader.read()).decode()
        end.writer.close()
        await porteiro_forgets(porteiro)
    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert why in answer
    assert [entry["log_level"] for entry in logs] == ["warning"]
    assert logs[0]["cause"].startswith("refused: ")


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        b"\x01\x00\x10" + bytes(16) + b"\x10\x01\x40" + bytes(320),
        b"\n" * 10_000,
        b"connect\n\n",
        b"GET\r\n\r\n",
        b"\xff\xfe\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
    ],
    ids=["tls", "audiosocket", "newlines", "esl", "short", "bytes", "header"],
)
async def test_what_is_no_http_is_closed(porteiro: StreamSite, garbage: bytes) -> None:
    end = await porteiro.connect()
    end.send(garbage)
    end.writer.write_eof()
    async with asyncio.timeout(10):
        answer = await end.reader.read()
    if b"\n" in garbage:  # else it might have become a request, had it gone on
        assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 505 "))
    end.writer.close()
    await porteiro_forgets(porteiro)


async def porteiro_forgets(porteiro: StreamSite) -> None:
    """Wait until the server has no connection that did not arrive."""
    async with asyncio.timeout(10):
        while porteiro.server._waiting:  # noqa: ASYNC110  the event loop's affair
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("said", [b"", b"GET /stream/2000/", request(PATH)[:-2]])
async def test_half_a_handshake_and_silence_is_cut_off(said: bytes) -> None:
    async with stream_site(StreamOptions(accept_s=0.1)) as porteiro:
        with capture_logs() as logs:
            end = await porteiro.connect()
            end.send(said)
            await end.until_end()
            await porteiro_forgets(porteiro)
        assert [entry["cause"] for entry in logs] == ["no WebSocket handshake came"]


async def test_a_handshake_that_drips_gains_no_time() -> None:
    async with stream_site(StreamOptions(accept_s=0.15)) as porteiro:
        end = await porteiro.connect()
        began = asyncio.get_running_loop().time()
        ending = asyncio.create_task(end.until_end())
        for byte in request(PATH):
            if ending.done():
                break
            end.send(bytes((byte,)))
            await asyncio.sleep(0.02)  # the whole request would take 4 s
        await ending
        assert asyncio.get_running_loop().time() - began < 3
        assert porteiro.streams.empty()


async def test_a_hundred_that_only_connect_are_closed_and_harm_nobody() -> None:
    async with stream_site(StreamOptions(accept_s=0.3)) as porteiro:
        end, _stream, heard = await porteiro.call()
        silent = [await porteiro.connect() for _ in range(100)]
        assert [await one.until_end() for one in silent] == [[]] * 100
        end.send(sound(noise(320)))
        await heard.until(lambda: len(heard.sounds) == 2)
        assert not porteiro.server._waiting


# -------------------------------------------------------------- borne for the person's sake


async def test_half_a_sample_is_cut_off_and_logged_once(porteiro: StreamSite) -> None:
    frames = [noise(length) for length in (321, 1, 159, 640, 33)]
    with capture_logs() as logs:
        end, _stream, heard = await porteiro.call()
        end.send(*(sound(frame) for frame in frames))
        await heard.until(lambda: len(heard.sounds) == 5)
    assert heard.sounds[1:] == [frames[0][:-1], frames[2][:-1], frames[3], frames[4][:-1]]
    assert [entry["length"] for entry in logs if "odd" in entry["event"]] == [321]


async def test_empty_messages_are_nothing(porteiro: StreamSite) -> None:
    end, _stream, heard = await porteiro.call()
    end.send(sound(b""), masked(Opcode.PING, b""), sound(noise(320)))
    await heard.until(lambda: len(heard.sounds) == 2)


@pytest.mark.parametrize(
    "said",
    ["hello", "", "[1]", "7", '{"a":', '{"sampleRate":[]}', '{"sampleRate":44100}', "[" * 60_000],
)
async def test_text_that_says_nothing_is_ignored(porteiro: StreamSite, said: str) -> None:
    with capture_logs() as logs:
        end, stream, heard = await porteiro.call()
        end.send(text(said), text(said), text('{"good":1}'))
        await heard.until(lambda: heard.texts)
    assert heard.texts == ['{"good":1}']
    assert [entry["call_id"] for entry in logs if entry["log_level"] == "warning"] == [CALL_ID]
    assert stream.sample_rate == 8000


async def test_metadata_before_the_sound_that_say_nothing_leave_the_rate_to_be_found(
    porteiro: StreamSite,
) -> None:
    end = await porteiro.connect()
    await end.upgrade(PATH)
    end.send(text("hello"), sound(noise(320)))
    assert (await porteiro.next_stream()).sample_rate == 8000


async def test_second_metadata_change_nothing(porteiro: StreamSite) -> None:
    with capture_logs() as logs:
        end, stream, heard = await porteiro.call()
        frame = noise(320)
        end.send(text('{"sampleRate":8000}'), text('{"sampleRate":16000}'), sound(frame))
        await heard.until(lambda: len(heard.sounds) == 2)
    assert (stream.sample_rate, heard.sounds[1]) == (8000, frame)
    assert [entry["rate"] for entry in logs if entry["log_level"] == "warning"] == [16000]


async def test_messages_in_fragments_are_put_together(porteiro: StreamSite) -> None:
    end, _stream, heard = await porteiro.call()
    first, second, third, whole = noise(101), noise(320), noise(139), noise(320)
    end.send(
        masked(Opcode.BINARY, first, fin=False),
        masked(Opcode.CONT, second, fin=False),
        masked(Opcode.PING, b""),
        *(masked(Opcode.CONT, b"", fin=False) for _ in range(1000)),
        masked(Opcode.CONT, third),
        masked(Opcode.TEXT, b'{"a"', fin=False),
        masked(Opcode.CONT, b":1}"),
        sound(whole),
    )
    await heard.until(lambda: len(heard.sounds) == 3)
    assert heard.sounds[1:] == [first + second + third, whole]
    assert heard.texts == ['{"a":1}']


# ------------------------------------------------------------------------ ended by its code


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"\x82\x02ab", 1002),
        (b"\x82\x7e\x01\x40" + bytes(320), 1002),
        (b"\x83\x82" + bytes(6), 1002),
        (b"\xc2\x82" + bytes(6), 1002),
        (b"\x80\x82" + bytes(6), 1002),
        (b"\x09\x80" + bytes(4), 1002),
        (b"\x89\xfe\x01\x40" + bytes(324), 1002),
        (b"\x88\x81" + bytes(5), 1002),
        (masked(Opcode.BINARY, bytes(200), fin=False) + sound(bytes(320)), 1002),
        (masked(Opcode.BINARY, bytes(200), fin=False) + close(), 1002),
        (masked(Opcode.TEXT, b"\xff\xfe"), 1007),
        (sound(bytes(65538)), 1009),
        (b"\x82\xff" + (1 << 22).to_bytes(8, "big") + bytes(4), 1009),
        (b"\x82\xff" + b"\xff" * 8 + bytes(4), 1009),
        (text("x" * 65537), 1009),
        (
            masked(Opcode.BINARY, bytes(60_000), fin=False) + masked(Opcode.CONT, bytes(60_000)),
            1009,
        ),
    ],
    ids=[
        "unmasked", "unmasked-sound", "opcode", "rsv", "lone-continuation", "fragmented-ping",
        "long-ping", "short-close", "sound-in-fragments", "close-in-fragments", "utf-8",
        "long", "4-mib", "endless", "long-text", "long-in-fragments",
    ],
)  # fmt: skip
async def test_who_breaks_the_rules_is_closed_with_the_code_for_it(
    porteiro: StreamSite, said: bytes, code: int
) -> None:
    with capture_logs() as logs:
        end, _stream, heard = await porteiro.call()
        end.send(said)
        await end.until(lambda: end.close_code)
        end.send(sound(bytes(320)), close())
        await end.until_end()
        end.writer.close()
        await heard.until(lambda: heard.causes)
    assert end.close_code == code
    assert heard.causes[0].startswith(f"protocol error: {code}")
    assert len(heard.sounds) == 1
    assert [entry["event"] for entry in logs if entry["log_level"] == "warning"] == [
        "stream closed"
    ]


async def test_frames_of_4_mib_are_refused_before_they_are_there(porteiro: StreamSite) -> None:
    """Whatever is sent all the same is thrown away."""
    frame = sound(bytes(4 << 20))
    tracemalloc.start()
    end, _stream, heard = await porteiro.call()
    before = tracemalloc.take_snapshot()
    end.send(frame)
    await heard.until(lambda: heard.causes)
    kept = sum(
        statistic.size_diff
        for statistic in tracemalloc.take_snapshot().compare_to(before, "filename")
        if "websockets" in statistic.traceback[0].filename
    )
    tracemalloc.stop()
    assert heard.causes[0].startswith("protocol error: 1009")
    assert kept < 1 << 18


# ---------------------------------------------------------------------- who never reads


async def test_a_peer_that_never_reads_is_dropped_and_bounded() -> None:
    async with stream_site(StreamOptions(stalled_s=0.2)) as porteiro:
        end, stream, heard = await porteiro.call()
        end.stop_reading()
        frame = noise(640)
        most = 0
        while not heard.causes:
            for _ in range(100):
                stream.send_sound(frame)
            most = max(most, stream._transport.get_write_buffer_size())
            await asyncio.sleep(0.001)
        assert heard.causes == ["stalled"]
        assert most < 64 * 1024


async def test_a_peer_that_pings_and_never_reads_is_dropped_and_bounded() -> None:
    async with stream_site(StreamOptions(stalled_s=0.2)) as porteiro:
        end, stream, heard = await porteiro.call()
        end.stop_reading()
        most = 0
        pings = masked(Opcode.PING, bytes(125)) * 1000
        while not heard.causes:
            end.send(pings)
            await asyncio.sleep(0.001)
            most = max(most, stream._transport.get_write_buffer_size())
        assert heard.causes == ["stalled"]
        assert most < 1 << 20
