"""A phone on the sound card: the microphone is its mouth, the speaker its ear."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final, Protocol

from porteiro.errors import LineClosedError, PorteiroError
from porteiro.phones.telephone import Telephone

_BLOCK_S: Final = 0.02
_LAG_BLOCKS: Final = 10
"""How far the speaker may fall behind before the oldest sound is dropped."""


class SoundCardError(PorteiroError):
    """There is no usable sound card; the message says what is missing."""


class _Buffer(Protocol):
    """What the sound card's driver hands over: bytes to be read or written."""

    def __bytes__(self) -> bytes: ...

    def __setitem__(self, place: slice, value: bytes, /) -> None: ...


@contextmanager
def on_sound_card(phone: Telephone) -> Iterator[None]:
    """Connect a phone to the default microphone and speaker while the block lasts.

    Raises:
        SoundCardError: If sounddevice is not installed, or there is no such device.
    """
    try:
        import sounddevice  # noqa: PLC0415  an optional extra
    except (ImportError, OSError) as error:
        message = (
            "the sound card needs sounddevice and PortAudio: pip install 'porteiro[microphone]'"
        )
        raise SoundCardError(message) from error
    card = _Card(phone)
    rate = phone.options.sample_rate
    how = {"samplerate": rate, "channels": 1, "dtype": "int16", "blocksize": round(rate * _BLOCK_S)}
    try:
        with (
            sounddevice.RawInputStream(callback=card.microphone, **how),
            sounddevice.RawOutputStream(callback=card.speaker, **how),
        ):
            yield
    except sounddevice.PortAudioError as error:
        raise SoundCardError(f"the sound card cannot be used: {error}") from error


class _Card:
    """Carries sound between the driver's threads and the event loop."""

    def __init__(self, phone: Telephone) -> None:
        self._phone = phone
        self._loop = asyncio.get_running_loop()
        self._heard: deque[bytes] = deque(maxlen=_LAG_BLOCKS)
        phone.heard_by(self._heard.append)

    def microphone(self, block: _Buffer, _frames: int, _time: object, _status: object) -> None:
        """Take a block from the microphone, in the driver's thread."""
        self._loop.call_soon_threadsafe(self._say, bytes(block))

    def speaker(self, block: _Buffer, frames: int, _time: object, _status: object) -> None:
        """Give the speaker its next block, in the driver's thread."""
        sound = self._heard.popleft() if self._heard else b""
        block[:] = sound[: 2 * frames].ljust(2 * frames, b"\0")

    def _say(self, pcm: bytes) -> None:
        with suppress(LineClosedError):
            said = self._phone.put(pcm)
            said.add_done_callback(lambda done: done.cancelled() or done.exception())
