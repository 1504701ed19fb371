"""permessage-deflate, granted or not to a client that offers it."""

import json
import zlib
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Opcode

from porteiro.lines.freeswitch.stream import StreamOptions
from tests.stream_side import CALL_ID, StreamSite, masked, noise, sound, stream_site

pytestmark = pytest.mark.every_loop

FORK_OFFER = (
    "permessage-deflate; client_no_context_takeover; server_no_context_takeover; "
    "client_max_window_bits=9"
)
EVEN = bytes(320)


@pytest.fixture(params=[False, True], ids=["off", "on"])
async def porteiro(request: pytest.FixtureRequest) -> AsyncIterator[StreamSite]:
    async with stream_site(StreamOptions(compression=request.param)) as made:
        yield made


def granted(site: StreamSite) -> bool:
    return site.server.options.compression


async def test_it_is_granted_to_who_offers_it_or_not_at_all(porteiro: StreamSite) -> None:
    path = f"/stream/2000/{CALL_ID}"
    answers = [
        await (await porteiro.connect()).upgrade(path, f"Sec-WebSocket-Extensions:{FORK_OFFER}"),
        await (await porteiro.connect()).upgrade(path),
    ]
    assert ["permessage-deflate" in answer for answer in answers] == [granted(porteiro), False]


async def test_a_client_that_offers_it_is_heard_and_spoken_to(porteiro: StreamSite) -> None:
    url = f"ws://127.0.0.1:{porteiro.server.port}/stream/2000/{CALL_ID}/resident"
    frames = [EVEN, noise(320), EVEN, noise(640), noise(100)]
    async with connect(url, compression="deflate") as client:
        for frame in frames:
            await client.send(frame)
        await client.send(json.dumps({"a": "b" * 1000}))
        stream = await porteiro.next_stream()
        heard = porteiro.heard[stream.peer]
        await heard.until(lambda: heard.texts)
        assert heard.sounds == frames
        stream.send_sound(frames[1])
        stream.send_text('{"type":"stopAudio"}')
        assert await client.recv() == frames[1]
        assert await client.recv() == '{"type":"stopAudio"}'
        stream.close()
        await client.wait_closed()
    await heard.until(lambda: heard.causes)
    assert (client.close_code, heard.causes) == (1000, ["local"])


async def test_plain_frames_are_taken_between_compressed_ones() -> None:
    async with stream_site(StreamOptions(compression=True)) as porteiro:
        end, _stream, heard = await porteiro.call(EVEN, offer=FORK_OFFER)
        pcm = noise(320)
        end.send(deflated(pcm), sound(pcm), deflated(EVEN), sound(pcm))
        await heard.until(lambda: len(heard.sounds) == 5)
        assert heard.sounds == [EVEN, pcm, pcm, EVEN, pcm]


async def test_what_was_not_granted_is_an_error() -> None:
    async with stream_site() as porteiro:
        end, _stream, heard = await porteiro.call(EVEN, offer=FORK_OFFER)
        end.send(deflated(EVEN))
        await heard.until(lambda: heard.causes)
        assert heard.causes[0].startswith("protocol error: 1002")


@pytest.mark.parametrize("size", [65538, 16 << 20])
async def test_what_inflates_beyond_the_limit_is_refused(size: int) -> None:
    async with stream_site(StreamOptions(compression=True)) as porteiro:
        url = f"ws://127.0.0.1:{porteiro.server.port}/stream/2000/{CALL_ID}"
        async with connect(url, compression="deflate") as client:
            await client.send(bytes(size))
            with pytest.raises(ConnectionClosedError) as ended:
                await client.recv()
        assert ended.value.rcvd is not None
        assert ended.value.rcvd.code == 1009


async def test_what_does_not_inflate_is_refused() -> None:
    async with stream_site(StreamOptions(compression=True)) as porteiro:
        end, _stream, heard = await porteiro.call(EVEN, offer=FORK_OFFER)
        end.send(compressed_flag(masked(Opcode.BINARY, b"\xff" * 100)))
        await heard.until(lambda: heard.causes)
        assert heard.causes[0].startswith("protocol error: 100")


def deflated(payload: bytes) -> bytes:
    """Return a compressed binary frame, without a memory of the last one."""
    squeezing = zlib.compressobj(wbits=-9)
    squeezed = squeezing.compress(payload) + squeezing.flush(zlib.Z_SYNC_FLUSH)
    return compressed_flag(masked(Opcode.BINARY, squeezed.removesuffix(b"\x00\x00\xff\xff")))


def compressed_flag(frame: bytes) -> bytes:
    return bytes((frame[0] | 0x40,)) + frame[1:]
