"""An AudioSocket connection as a line: its phases and its sound both ways."""

from collections import deque
from typing import Final, Protocol

import structlog

from porteiro.audio.clip import Clip
from porteiro.audio.frame_clock import FrameClock
from porteiro.audio.g711 import Encoding
from porteiro.audio.g711_detection import MEASURE_S
from porteiro.audio.playout import Playout
from porteiro.calls.ports import LineListener, PlayoutObserver
from porteiro.errors import ProtocolError
from porteiro.lines.connection import ORDERLY, PbxConnection, Phase
from porteiro.lines.options import AudioSocketOptions
from porteiro.lines.sound import FILLER, TELEPHONE_RATE, FormatFinder, WireFormat, codec_for
from porteiro.wire.audiosocket import (
    Audio,
    AudioSocketParser,
    CallId,
    Dtmf,
    Failure,
    HangUp,
    hang_up_message,
)

_log = structlog.get_logger()

_FEED_AFTER_S: Final = 0.04
_KEYS_KEPT: Final = 32
_AT_ONCE: Final = 4  # frames that a line takes at a time as one of a crowd


class Gatehouse(Protocol):
    """What a connection needs of its listener."""

    @property
    def options(self) -> AudioSocketOptions:
        """The limits."""
        ...

    @property
    def frames(self) -> FrameClock:
        """The clock that asks for frames."""
        ...

    def admits(self, host: str) -> bool:
        """Return whether the address `host` may bring a line."""
        ...

    def nameless(self, line: "AudioSocketLine") -> None:
        """Learn of a connection that may become a line."""
        ...

    def arrived(self, line: "AudioSocketLine") -> None:
        """Take a line whose call id and sound are known."""
        ...

    def gone(self, line: "AudioSocketLine") -> None:
        """Learn that a connection has ended."""
        ...


class AudioSocketLine(PbxConnection):
    """A `Line` on one AudioSocket connection.

    From the call id on the PBX gets a frame each 20 ms, speech or silence, until the line
    ends. A peer that stops reading gets no frames, and what plays waits for it. Once the
    line is ending nothing is delivered but `closed`. An error that a listener raises ends
    the line and reaches the event loop's handler.

    As one of a crowd it takes sound four frames at a time, up to 60 ms later, as long as
    sound flows: waking up costs more than a frame does. What is alone, as a key in silence,
    never waits longer than 200 ms, and that once.
    """

    __slots__ = (
        "_codec",
        "_finder",
        "_flows",
        "_gatehouse",
        "_keys",
        "_listener",
        "_options",
        "_parser",
        "_phase",
        "_playout",
        "_saves_waking",
        "_settled",
        "_wire_rate",
        "call_id",
        "sample_rate",
    )

    def __init__(self, gatehouse: Gatehouse) -> None:
        """Make the protocol of a connection to come; needs a running event loop."""
        super().__init__(gatehouse.options, gatehouse.admits)
        self.call_id = ""
        self.sample_rate = TELEPHONE_RATE
        self._gatehouse = gatehouse
        self._options = gatehouse.options
        self._phase = Phase.NAMELESS
        self._parser = AudioSocketParser()
        self._finder = FormatFinder()
        self._wire_rate = 0  # not known
        self._settled = False  # the last message was sound at the wire's rate
        self._flows = False  # something came since the last survey
        self._saves_waking = False  # the kernel wakes us for some frames at a time
        self._codec = codec_for(WireFormat(TELEPHONE_RATE), TELEPHONE_RATE)
        self._playout = Playout(TELEPHONE_RATE, self._loop.call_soon)
        self._listener: LineListener | None = None
        self._keys: deque[str] = deque(maxlen=_KEYS_KEPT)

    # ------------------------------------------------------------------ the Line port

    @property
    def played_s(self) -> float:
        """How much of the clip that plays now has left for the PBX, in seconds."""
        return self._playout.position_s

    def attach(self, listener: LineListener) -> None:
        """Give the line its listener, and it the keys that were pressed before it came."""
        self._listener = listener
        while self._keys:
            listener.key(self._keys.popleft())
        if self._phase is Phase.ENDED:
            listener.closed(self.cause)

    def play(self, clip: Clip, ended: PlayoutObserver) -> None:
        """Play `clip` from the next frame on; on a line that is ending it ends unheard."""
        self._playout.play(clip, ended)
        if self._phase is not Phase.ARRIVED:
            self._playout.stop()

    def stop(self) -> None:
        """Stop playing at once; silence follows."""
        self._playout.stop()

    def hang_up(self) -> None:
        """Send the hang-up and our end of stream, and wait for the PBX to close."""
        self._leave("local", wait=True)

    def abort(self, cause: str = "local") -> None:
        """Cut the connection off."""
        super().abort(cause)
        if self._phase is not Phase.ENDED:
            self._fall_silent()

    # ----------------------------------------------------------------- the connection

    def opened(self) -> None:
        """Wait for the call id."""
        self._gatehouse.nameless(self)
        self.set_timer(self._options.id_timeout_s, lambda: self._leave("no call id came"))

    def data_received(self, data: bytes) -> None:
        """Take what the PBX sent."""
        self._flows = True
        if self._settled and (payload := self._parser.more_of_the_same(data)) is not None:
            self._deliver(payload)
            return
        try:
            for message in self._parser.receive(data):
                if self._phase is Phase.ENDING:
                    return
                if type(message) is not Audio:
                    self._take(message)
                elif message.rate != self._wire_rate:
                    self._find_format(message)
                else:
                    self._settled = True
                    self._deliver(message.payload)
        except ProtocolError as error:
            self._leave(f"protocol error: {error}")

    def eof_received(self) -> None:
        """Take the PBX's end of stream: its hang-up."""
        self._leave("eof in the middle of a message" if self._parser.halfway else "eof")

    def ended(self) -> None:
        """Tell the listener, last of all."""
        self._fall_silent()
        self._phase = Phase.ENDED
        self._gatehouse.gone(self)
        if self.cause != "refused":
            log = _log.info if self.cause in ORDERLY else _log.warning
            log("line closed", call_id=self.call_id, peer=self.peer, cause=self.cause)
        if self._listener is not None:
            self._listener.closed(self.cause)

    def send_frame(self) -> None:
        """Write the next 20 ms: what plays, or silence."""
        if self._unread:
            return
        if self._finder.in_doubt:
            self._write(FILLER)
            return
        frame = self._playout.next_frame()
        self._write(self._codec.silence if frame is None else self._codec.message(frame))

    def survey(self, *, crowded: bool) -> None:
        """Take sound some frames at a time as one of a crowd, as long as it flows."""
        frame = len(self._codec.silence)
        usual = self._settled and self._flows and self._parser.usual_size == frame
        self._flows = False
        if self._saves_waking is not (crowded and usual) and self._phase is Phase.ARRIVED:
            self._saves_waking = not self._saves_waking
            self.read_from(_AT_ONCE * frame if self._saves_waking else 1)

    def _deliver(self, payload: bytes) -> None:
        if self._listener is not None and (pcm := self._codec.sound(payload)):
            self._listener.audio(pcm)

    # ------------------------------------------------------------------------- phases

    def _take(self, message: CallId | Dtmf | HangUp | Failure) -> None:
        match message:
            case CallId():
                self._name(message)
            case Dtmf(digit):
                if self._listener is None:
                    self._keys.append(digit)
                else:
                    self._listener.key(digit)
            case HangUp():
                self._leave("hangup")
            case Failure():
                self._leave(f"error {message.payload[:32].hex()}".rstrip())

    def _name(self, message: CallId) -> None:
        """Take the call id; wait a moment for sound, then feed the line without it."""
        self.call_id = message.call_id
        self._phase = Phase.NAMED
        if message.guessable:
            _log.warning(
                "the call id is no version-4 UUID and can be guessed",
                call_id=self.call_id,
                peer=self.peer,
            )
        self.set_timer(_FEED_AFTER_S, self._feed)

    def _feed(self) -> None:
        """Feed the line from now on; still without sound it arrives as 8 kHz linear."""
        self._gatehouse.frames.add(self, self.survey)
        self.set_timer(self._options.sound_timeout_s - _FEED_AFTER_S, self._arrive)

    def _find_format(self, message: Audio) -> None:
        """Take the first sound, or the first of another kind."""
        self._settled = False
        self._gatehouse.frames.add(self, self.survey)
        was_in_doubt = self._finder.in_doubt
        wire = self._finder.hear(message.rate, message.payload, self._loop.time())
        if wire is not None:
            self._adopt(wire)
            self._deliver(message.payload)
        elif not was_in_doubt:
            self._wire_rate = 0
            self.set_timer(MEASURE_S, lambda: self._adopt(self._finder.decide()))

    def _adopt(self, wire: WireFormat) -> None:
        """Speak with the PBX in `wire` from now on; a leg keeps the rate it has."""
        if self._phase is Phase.NAMED:
            self.sample_rate = wire.leg_rate
        self._wire_rate = wire.rate
        self._codec = codec_for(wire, self.sample_rate)
        self.bound_unread(wire.rate)
        if wire.encoding is not Encoding.LINEAR:
            _log.warning(
                "the PBX sends G.711 labelled as linear sound and is answered in kind; "
                "add /c(slin) to Dial(AudioSocket/...)",
                call_id=self.call_id,
                encoding=wire.encoding,
            )
        self._arrive()

    def _arrive(self) -> None:
        """Hand the line over, once."""
        self.set_timer(None)
        if self._phase is not Phase.NAMED:
            return
        self._phase = Phase.ARRIVED
        self._playout = Playout(self.sample_rate, self._loop.call_soon)
        _log.info("line arrived", call_id=self.call_id, peer=self.peer, rate=self._wire_rate)
        handed_over = False
        try:
            self._gatehouse.arrived(self)
            handed_over = True
        finally:
            if not handed_over:
                self.abort("fault")

    def _leave(self, cause: str, *, wait: bool = False) -> None:
        """End the line by the protocol's hang-up, whatever the cause."""
        if self._phase not in {Phase.ENDING, Phase.ENDED}:
            self._fall_silent()
            self.finish(cause, hang_up_message(), wait=wait)

    def _fall_silent(self) -> None:
        self._phase = Phase.ENDING
        self._settled = False
        self._gatehouse.frames.remove(self)
        self._playout.stop()
