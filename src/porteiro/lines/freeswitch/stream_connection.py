"""A WebSocket from mod_audio_stream: its handshake, its sound both ways, and its close."""

import logging
from collections import deque
from http import HTTPStatus
from typing import Final, Protocol

import structlog
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from porteiro.audio.resampling import Resampler
from porteiro.dialogue.terms import Role
from porteiro.errors import ProtocolError
from porteiro.lines.connection import ORDERLY, PbxConnection, Phase
from porteiro.lines.freeswitch.stream_format import (
    MEASURE_S,
    TELEPHONE_RATE,
    RateFinder,
    likely_rate,
)
from porteiro.lines.freeswitch.stream_options import StreamOptions
from porteiro.wire.audio_stream import StreamPath, parse_path, parse_text
from porteiro.wire.websocket_frames import FrameCutter, binary_frame, sound_of

_log = structlog.get_logger()

_library_log: Final = logging.getLogger(__name__)
_library_log.setLevel(logging.ERROR)  # openings and closings are logged here, with the call id

# Small windows: 32 KiB a stream, which matters with hundreds of them.
_DEFLATE: Final = ServerPerMessageDeflateFactory(
    server_max_window_bits=12, client_max_window_bits=12, compress_settings={"memLevel": 5}
)
_TEXTS_KEPT: Final = 4
_BAD_REQUEST: Final = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_HANG_UP_CODES: Final = frozenset({CloseCode.NORMAL_CLOSURE, CloseCode.GOING_AWAY})
_NOBODY: Final = StreamPath("", "", Role.VISITOR)


class StreamObserver(Protocol):
    """Who hears what comes in on a stream; called on the event loop, must not block."""

    def sound(self, pcm: bytes) -> None:
        """Take 16-bit little-endian mono samples at the stream's rate, whole ones."""
        ...

    def text(self, text: str) -> None:
        """Take a text message: metadata, or what the dialplan sends by `send_text`."""
        ...

    def closed(self, cause: str) -> None:
        """Learn that the stream is gone, whoever ended it; called once, last of all."""
        ...


class StreamGatehouse(Protocol):
    """What a connection needs of its server."""

    @property
    def options(self) -> StreamOptions:
        """The limits."""
        ...

    def admits(self, host: str) -> bool:
        """Return whether the address `host` may connect."""
        ...

    def knows(self, path: StreamPath) -> bool:
        """Return whether the extension of `path` is served."""
        ...

    def turns_away(self, request: bytes) -> bool:
        """Return whether there is no room for whoever a request begins like this for."""
        ...

    def has_room(self, path: StreamPath) -> bool:
        """Return whether there is room for the leg of `path`."""
        ...

    def nameless(self, connection: "StreamConnection") -> None:
        """Learn of a connection that may become a stream."""
        ...

    def arrived(self, connection: "StreamConnection") -> None:
        """Take a stream whose path and rate are known."""
        ...

    def gone(self, connection: "StreamConnection") -> None:
        """Learn that a connection has ended."""
        ...


class StreamConnection(PbxConnection):
    """One stream of sound over a WebSocket.

    `path` says whose it is and `sample_rate` is in Hz; both are known once it is handed over.

    What can do no harm is borne, since a person is on the line: half a sample at the end of a
    frame is cut off (frames begin on a sample, so what follows is sound), messages in
    fragments are put together, text that is no JSON object or that names another sample rate
    later on is ignored; each is logged once. What shows that the peer is no mod_audio_stream
    ends the stream with the code that the standard has for it: a message beyond the limit
    (1009), an unmasked or malformed frame (1002), text that is not UTF-8 (1007). Once the
    stream is ending nothing is delivered but `closed`.
    """

    def __init__(self, gatehouse: StreamGatehouse) -> None:
        """Make the protocol of a connection to come; needs a running event loop."""
        super().__init__(gatehouse.options, gatehouse.admits)
        self.path = _NOBODY
        self.sample_rate = TELEPHONE_RATE
        self._gatehouse = gatehouse
        self._options = options = gatehouse.options
        self._phase = Phase.NAMELESS
        self._websocket = ServerProtocol(
            extensions=[_DEFLATE] if options.compression else None,
            max_size=options.max_frame_bytes,
            logger=_library_log,
        )
        self._frames = FrameCutter(options.max_frame_bytes)
        self._finder: RateFinder | None = RateFinder()  # until the rate is certain
        self._in_doubt = False  # sound came that tells no rate by itself
        self._inward: Resampler | None = None  # where the stream's rate is not `sample_rate`
        self._outward: Resampler | None = None
        self._pieces: bytearray | None = None  # of a message in fragments
        self._pieces_of = Opcode.BINARY
        self._observer: StreamObserver | None = None
        self._texts: deque[str] = deque(maxlen=_TEXTS_KEPT)
        self._warned: set[str] = set()

    @property
    def extension(self) -> str:
        """The number of the extension that it is for."""
        return self.path.extension

    @property
    def call_id(self) -> str:
        """The call id, in dashed lower-case form."""
        return self.path.call_id

    @property
    def role(self) -> Role:
        """Whether it is the visitor's or the resident's."""
        return self.path.role

    def attach(self, observer: StreamObserver) -> None:
        """Give the stream its observer, and it the texts that came before."""
        self._observer = observer
        while self._texts:
            observer.text(self._texts.popleft())
        if self._phase is Phase.ENDED:
            observer.closed(self.cause)

    def send_sound(self, pcm: bytes | bytearray) -> None:
        """Send `pcm` as one binary message; it is dropped while the peer does not read."""
        if self._phase is Phase.ARRIVED and not self._unread:
            sound = pcm if self._outward is None else self._outward.convert(pcm)
            self._write(binary_frame(sound))

    def send_text(self, text: str) -> None:
        """Send `text` as one text message."""
        if self._phase is Phase.ARRIVED:
            self._websocket.send_text(text.encode())
            self._write(b"".join(self._websocket.data_to_send()))

    def close(self) -> None:
        """Close with code 1000 and wait for the answer, `closing_s` at most. Idempotent."""
        if self._phase in {Phase.NAMED, Phase.ARRIVED}:
            self._phase = Phase.ENDING
            self._websocket.send_close(CloseCode.NORMAL_CLOSURE)
            self.part("local", b"".join(self._websocket.data_to_send()))

    def abort(self, cause: str = "local") -> None:
        """Cut the connection off. Idempotent."""
        super().abort(cause)
        if self._phase is not Phase.ENDED:
            self._phase = Phase.ENDING

    # ----------------------------------------------------------------- the connection

    def opened(self) -> None:
        """Wait for the whole handshake: a peer that drips it gains no time."""
        self._gatehouse.nameless(self)
        self.set_timer(self._options.accept_s, lambda: self.abort("no WebSocket handshake came"))

    def data_received(self, data: bytes) -> None:
        """Take what the PBX sent."""
        if self._frames.between and (sound := self._sound(data)) is not None:
            self._hear(sound)
            return
        if self._phase is Phase.NAMELESS and self._gatehouse.turns_away(data):
            self.abort("refused")
            return
        while self._phase is Phase.NAMELESS and data:
            line, end, data = data.partition(b"\n")
            self._feed(line + end)
        for frame in self._frames.receive(data):
            if (sound := self._sound(frame)) is None:
                self._feed(frame)
            else:
                self._hear(sound)

    def _sound(self, frame: bytes) -> bytes | None:
        """Return what a plain frame of sound carries, as most do."""
        if self._phase is not Phase.ARRIVED or self._pieces is not None:
            return None
        return sound_of(frame) if len(frame) <= self._options.max_frame_bytes else None

    def _feed(self, data: bytes) -> None:
        """Have the library read part of the handshake, or whatever is no plain sound."""
        websocket = self._websocket
        websocket.receive_data(data)
        for event in websocket.events_received():
            if type(event) is Frame:
                self._take(event)
            elif isinstance(event, Request):
                self._greet(event)
        if websocket.writes:
            self._answer()

    def _answer(self) -> None:
        """Write what the protocol answers by itself: pongs and closes."""
        answer = b"".join(self._websocket.data_to_send())
        if not self._websocket.eof_sent:
            if not self._unread:  # a pong can be spared, a buffer that grows can not
                self._write(answer)
            return
        close = self._websocket.close_rcvd
        if close is not None and self._websocket.parser_exc is None:
            orderly = close.code in _HANG_UP_CODES
            self._end("hangup" if orderly else f"closed by the peer: {close}", answer)
        elif self._phase is Phase.NAMELESS:
            fault = f"refused: {self._websocket.handshake_exc}"
            self._end(fault, answer or _BAD_REQUEST, wait=True)
        else:
            self._end(f"protocol error: {self._websocket.close_sent}", answer, wait=True)

    def _end(self, cause: str, last_words: bytes, *, wait: bool = False) -> None:
        self._phase = Phase.ENDING
        self.finish(cause, last_words, wait=wait)

    def eof_received(self) -> None:
        """Take an end of stream without a close: as good as a hang-up."""
        self._end("eof", b"")

    def ended(self) -> None:
        """Tell the observer, last of all."""
        self._phase = Phase.ENDED
        self._gatehouse.gone(self)
        if self.cause != "refused":
            log = _log.info if self.cause in ORDERLY else _log.warning
            log("stream closed", call_id=self.call_id, peer=self.peer, cause=self.cause)
        if self._observer is not None:
            self._observer.closed(self.cause)

    # --------------------------------------------------------------------- what comes

    def _greet(self, request: Request) -> None:
        """Accept the stream at once, or say why not."""
        response = self._response(request)
        self._websocket.send_response(response)
        if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
            return
        self._phase = Phase.NAMED
        self._answer()
        if self.path.guessable:
            _log.warning(
                "the call id is no version-4 UUID and can be guessed",
                call_id=self.call_id,
                peer=self.peer,
            )
        self.set_timer(self._options.sound_timeout_s, self._decide)

    def _response(self, request: Request) -> Response:
        websocket = self._websocket
        try:
            self.path = parse_path(request.path)
        except ProtocolError as error:
            websocket.handshake_exc = error
            return websocket.reject(HTTPStatus.BAD_REQUEST, f"{error}\n")
        if not self._gatehouse.knows(self.path):
            fault = f"extension {self.path.extension} is not served here"
            websocket.handshake_exc = ProtocolError(fault)
            return websocket.reject(HTTPStatus.NOT_FOUND, f"{fault}\n")
        if not self._gatehouse.has_room(self.path):
            websocket.handshake_exc = ProtocolError("there is no room for another visitor")
            return websocket.reject(HTTPStatus.SERVICE_UNAVAILABLE, "no room: try again later\n")
        return websocket.accept(request)

    def _take(self, frame: Frame) -> None:
        """Take a message, or a piece of one."""
        if self._phase not in {Phase.NAMED, Phase.ARRIVED} or frame.opcode >= Opcode.CLOSE:
            return
        opcode, data = frame.opcode, bytes(frame.data)
        if self._pieces is not None:
            self._pieces += data
        elif not frame.fin:
            self._pieces, self._pieces_of = bytearray(data), opcode
        if not frame.fin:
            return
        if self._pieces is not None:
            opcode, data, self._pieces = self._pieces_of, bytes(self._pieces), None
        if opcode is Opcode.BINARY:
            self._hear(data)
        else:
            self._read(data)

    def _hear(self, pcm: bytes) -> None:
        if len(pcm) & 1:
            self._warn_once("a frame of odd length is cut", length=len(pcm))
            pcm = pcm[:-1]
        if self._finder is not None and pcm:
            self._find_rate(self._finder, len(pcm))
        if self._inward is not None:
            pcm = self._inward.convert(pcm)
        if self._phase is Phase.ARRIVED and self._observer is not None and pcm:
            self._observer.sound(pcm)

    def _read(self, data: bytes) -> None:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self._websocket.fail(CloseCode.INVALID_DATA, "text that is not UTF-8")
            return
        try:
            rate = parse_text(text).sample_rate
        except ProtocolError as error:
            self._warn_once("a text from mod_audio_stream is ignored", error=str(error))
            return
        if rate is not None and self._finder is not None:
            self._adopt(rate)
        elif rate not in {None, self.sample_rate}:
            self._warn_once("another sample rate than the stream's is ignored", rate=rate)
        if self._observer is None:
            self._texts.append(text)
        elif self._phase is Phase.ARRIVED:
            self._observer.text(text)

    def _warn_once(self, event: str, **details: object) -> None:
        if event not in self._warned:
            self._warned.add(event)
            _log.warning(event, call_id=self.call_id, peer=self.peer, **details)

    # ----------------------------------------------------------------------- the rate

    def _find_rate(self, finder: RateFinder, length: int) -> None:
        now = self._loop.time()
        rate = finder.hear(length, now)
        if rate is not None:
            self._adopt(rate)
        elif self._phase is Phase.NAMED and (likely := likely_rate(length)) is not None:
            self._arrive(likely)
        elif self._phase is Phase.NAMED and not self._in_doubt:
            self._in_doubt = True
            self.set_timer(MEASURE_S, self._decide)

    def _decide(self) -> None:
        """Arrive at the likeliest rate; without any sound yet, it may prove to be another."""
        if self._finder is not None:
            rate = self._finder.decide(self._loop.time())
            if self._in_doubt:
                self._adopt(rate)
            else:
                self._arrive(rate)

    def _adopt(self, rate: int) -> None:
        """Take the rate as certain; a stream that has arrived keeps its own, converted."""
        self._finder = None
        if self._phase is Phase.NAMED:
            self._arrive(rate)
        elif rate != self.sample_rate:
            self._inward = Resampler(rate, self.sample_rate)
            self._outward = Resampler(self.sample_rate, rate)
            self._warn_once(
                "the stream's sample rate was not known at first; name it in the metadata, "
                'as in: uuid_audio_stream ... start <url> mono 16k {"sampleRate":16000}',
                rate=rate,
            )

    def _arrive(self, rate: int) -> None:
        """Hand the stream over, once."""
        self.set_timer(None)
        self.sample_rate = rate
        self._phase = Phase.ARRIVED
        _log.info("stream arrived", call_id=self.call_id, role=self.role, peer=self.peer, rate=rate)
        handed_over = False
        try:
            self._gatehouse.arrived(self)
            handed_over = True
        finally:
            if not handed_over:
                self.abort("fault")
