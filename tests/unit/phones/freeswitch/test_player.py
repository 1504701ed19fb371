"""What a phone hears of FreeSWITCH: files, tones, and which of them first."""

import asyncio

import numpy as np
import pytest

from porteiro.phones.freeswitch import sounds
from porteiro.phones.freeswitch.player import Player
from porteiro.phones.freeswitch.rate import RateConverter

pytestmark = pytest.mark.virtual_time


class Heard:
    """A player and what it played: a packet's first byte, the time it came."""

    def __init__(self) -> None:
        self.packets: list[int] = []
        self.ends: list[bool] = []
        self.player = Player(8000, lambda packet: self.packets.append(packet[0]))

    def play(self, mark: int, packets: int, after_s: float = 0.0) -> None:
        pcm = bytes([mark]) * 320 * packets
        self.player.play(self.player.packets_of(pcm), self.ends.append, after_s)


async def test_a_file_is_played_packet_by_packet_to_its_end() -> None:
    heard = Heard()
    heard.play(1, 5)
    await asyncio.sleep(0.05)
    assert heard.packets == [1, 1, 1]
    await asyncio.sleep(1)
    assert heard.packets == [1] * 5
    assert heard.ends == [True]
    assert not heard.player.playing


async def test_a_second_file_goes_first_and_the_first_goes_on_after_it() -> None:
    heard = Heard()
    heard.play(1, 4)
    await asyncio.sleep(0.03)
    heard.play(2, 2)
    await asyncio.sleep(1)
    assert heard.packets == [1, 1, 2, 2, 1, 1]


async def test_what_is_broken_off_is_heard_no_more() -> None:
    heard = Heard()
    heard.play(1, 50)
    await asyncio.sleep(0.05)
    heard.player.break_off()
    heard.player.break_off()
    await asyncio.sleep(1)
    assert heard.packets == [1, 1, 1]
    assert heard.ends == [False]


async def test_sound_begins_a_moment_after_the_order() -> None:
    heard = Heard()
    heard.play(1, 1, after_s=0.031)
    await asyncio.sleep(0.03)
    assert not heard.packets
    await asyncio.sleep(0.05)
    assert heard.packets == [1]


async def test_closing_ends_everything() -> None:
    heard = Heard()
    heard.play(1, 50)
    heard.player.put(b"\5" * 640, at_once=True)
    heard.player.close()
    await asyncio.sleep(1)
    assert heard.packets == []
    assert heard.ends == [False]


async def test_a_tone_lasts_as_long_as_it_says() -> None:
    packets = sounds.made("tone_stream://%(200,100,425,450);loops=2", 8000)
    assert packets is not None
    sound = np.frombuffer(b"".join(packets), dtype="<i2")
    assert sound.size == 2 * 2400
    assert np.abs(sound[:1600]).max() > 3000
    assert not sound[1600:2400].any()


async def test_silence_is_silence_and_a_file_is_neither() -> None:
    packets = sounds.made("silence_stream://100", 8000)
    assert packets is not None
    assert b"".join(packets) == bytes(1600)
    assert sounds.made("/var/sounds/a.wav", 8000) is None


async def test_a_rate_is_converted_without_a_seam() -> None:
    wave = (8000 * np.sin(np.arange(1600) / 8)).astype("<i2").tobytes()
    converter = RateConverter(8000, 16_000)
    pieces = [converter.convert(wave[start : start + 320]) for start in range(0, 3200, 320)]
    assert [len(piece) for piece in pieces[1:]] == [640] * 9
    assert b"".join(pieces) == RateConverter(8000, 16_000).convert(wave)
    assert RateConverter(8000, 8000).convert(b"\1\2\3") == b"\1\2"
