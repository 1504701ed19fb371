"""A telephone behind Asterisk: the calling end of an AudioSocket line, over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, cast

from porteiro.audio import g711
from porteiro.errors import ProtocolError
from porteiro.phones.telephone import Ending, PhoneOptions, Telephone
from porteiro.wire.audiosocket import (
    Audio,
    AudioSocketParser,
    HangUp,
    Message,
    audio_message,
    call_id_message,
    dtmf_message,
)

_CONNECT_LIMIT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class AudioSocketPhoneOptions(PhoneOptions):
    """A phone's options, and how its sound is carried; G.711 is for 8 kHz (kind 0x10)."""

    encoding: g711.Encoding = g711.Encoding.LINEAR


class AudioSocketPhone(Telephone, asyncio.Protocol):
    """One phone call, from the PBX's side.

    It hangs up as Asterisk does: by closing, never by a message.
    """

    def __init__(self, call_id: str, options: AudioSocketPhoneOptions) -> None:
        """Make a phone for `call_id`; `dial` connects it."""
        super().__init__(call_id, options)
        self._encoding = options.encoding
        self._parser = AudioSocketParser(from_pbx=False)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say which call this is, and start the clock."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass of it
        self._write(call_id_message(self.call_id))
        self._begin()

    def data_received(self, data: bytes) -> None:
        """Take what Porteiro sends."""
        try:
            for message in self._parser.receive(data):
                self._take(message)
        except ProtocolError as broken:
            self.mark("broken", str(broken))
            self._end(Ending.BROKEN)

    def connection_lost(self, exc: Exception | None) -> None:
        """Be over."""
        self._over(exc)

    def _take(self, message: Message) -> None:
        """Take one message, as strictly as Asterisk, which drops the call on most kinds."""
        if isinstance(message, Audio):
            self._hear(g711.decode(self._encoding, message.payload), message.rate)
        elif isinstance(message, HangUp):
            self.mark("hang_up_received")
            self._end(Ending.PORTEIRO_HUNG_UP)
        else:
            raise ProtocolError(f"a PBX takes no {type(message).__name__} from a server")

    def _send_sound(self, pcm: bytes) -> None:
        payload = g711.encode(self._encoding, pcm)
        self._write(audio_message(self.options.sample_rate, payload))

    def _send_key(self, key: str) -> None:
        self._write(dtmf_message(key))

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


@asynccontextmanager
async def dial(
    host: str, port: int, call_id: str, options: AudioSocketPhoneOptions | None = None
) -> AsyncIterator[AudioSocketPhone]:
    """Connect a phone to Porteiro as a PBX would, for as long as the block lasts.

    `call_id` is a UUID in dashed form. Leaving the block hangs up.

    Raises:
        OSError: If nobody listens at `host`:`port`, or does not answer within 5 s.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(_CONNECT_LIMIT_S):
        _, phone = await loop.create_connection(
            lambda: AudioSocketPhone(call_id, options or AudioSocketPhoneOptions()), host, port
        )
    try:
        yield phone
    finally:
        phone.hang_up()
