"""A FreeSWITCH channel as a line: its sound and its control, joined."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

import structlog

from porteiro.audio.clip import Clip
from porteiro.calls.ports import LineListener, PlayoutObserver
from porteiro.errors import LineClosedError
from porteiro.lines.connection import ORDERLY, Phase
from porteiro.lines.freeswitch.control import ControlConnection
from porteiro.lines.freeswitch.doorway import Key
from porteiro.lines.freeswitch.options import FreeSwitchOptions
from porteiro.lines.freeswitch.playback import StreamPlayback
from porteiro.lines.freeswitch.playback_file import FilePlayback
from porteiro.lines.freeswitch.stream import StreamConnection
from porteiro.lines.freeswitch.stream_format import TELEPHONE_RATE

_log = structlog.get_logger()

_KEYS_KEPT: Final = 32
_ORDERLY: Final = ORDERLY | {"NORMAL_CLEARING", "ORIGINATOR_CANCEL", "handed over"}


class LineHouse(Protocol):
    """What a line needs of those who join halves."""

    @property
    def options(self) -> FreeSwitchOptions:
        """How lines are taken and spoken on."""
        ...

    def playback(
        self, stream: StreamConnection, control: ControlConnection | None
    ) -> StreamPlayback:
        """Return what speaks on these halves."""
        ...

    def arrived(self, line: "FreeSwitchLine") -> None:
        """Take a line that can be spoken on; it gets a listener or is hung up."""
        ...

    def lost_sound(self, line: "FreeSwitchLine", control: ControlConnection) -> None:
        """Care for the person of an ended line whose channel still stands."""
        ...

    def hand_over(self, line: "FreeSwitchLine", control: ControlConnection, human: str) -> None:
        """Have the person of an ended line bridged to `human`, a dial string."""
        ...

    def released(self, line: "FreeSwitchLine") -> None:
        """Forget a line of which nothing is left."""
        ...


class FreeSwitchLine:
    """A `Line` made of a stream of sound and, in dual mode, the channel's control.

    It exists from its first half on, and arrives when it is whole, or when its sound has
    waited long enough. A control half that comes later still joins it. It observes both
    until both are gone, which may be after its listener was told of the end. `closed` names
    FreeSWITCH's hang-up cause; "local" where we hung up first.
    """

    def __init__(self, house: LineHouse, whose: Key) -> None:
        """Make a line of which no half is there yet; needs a running event loop."""
        self.whose = whose
        self.call_id, self.role = whose
        self.peer = self.extension = self.cause = ""
        self.sample_rate = TELEPHONE_RATE
        self._house = house
        self._loop = asyncio.get_running_loop()
        self._phase = Phase.NAMED
        self._stream: StreamConnection | None = None
        self.control: ControlConnection | None = None
        self._playback: StreamPlayback | None = None
        self._stale = False  # another way of playing is to be taken
        self._listener: LineListener | None = None
        self._keys: deque[str] = deque(maxlen=_KEYS_KEPT)
        self._held = False
        self._human = ""  # whom our hang-up hands the person over to
        self._timer: asyncio.TimerHandle | None = None

    # ------------------------------------------------------------------ the Line port

    @property
    def played_s(self) -> float:
        """How much of the clip that plays now has been heard, in seconds."""
        return 0.0 if self._playback is None else self._playback.played_s

    def attach(self, listener: LineListener) -> None:
        """Give the line its listener, and it the keys and the hold that were before it."""
        self._listener = listener
        if self._held:
            listener.held()
        while self._keys:
            listener.key(self._keys.popleft())
        if self._phase is Phase.ENDED:
            self._listener = None
            listener.closed(self.cause)

    def play(self, clip: Clip, ended: PlayoutObserver) -> None:
        """Play `clip` from now on; on a line that is ending it ends unheard."""
        if self._phase is not Phase.ARRIVED or self._playback is None or self._stream is None:
            ended(0.0, finished=False)
            return
        if self._stale:
            self._playback.close()
            self._playback = self._house.playback(self._stream, self.control)
            self._stale = False
        self._playback.play(clip, ended)

    def stop(self) -> None:
        """Stop playing at once; silence follows."""
        if self._playback is not None:
            self._playback.stop()

    def hang_up(self) -> None:
        """End the channel, or hand its person over; without control the stream is closed."""
        if self._phase not in {Phase.NAMED, Phase.ARRIVED}:
            return
        if self._human and self.control is not None:
            self._leave("handed over")
            self._loop.call_soon(self._end)
            return
        self._leave("local")
        if self.control is not None:
            self.control.hang_up()
        elif self._stream is not None:
            self._stream.close()
        self._set_timer(self._house.options.closing_s, self.abort)

    def abort(self, cause: str = "local") -> None:
        """Cut the sound off and end the channel, if it can still be told to."""
        if self._phase is Phase.ENDED:
            return
        self._leave(cause)
        if self.control is not None:
            self.control.hang_up()
        if self._stream is not None:
            self._stream.abort(cause)
        else:
            self._loop.call_soon(self._end)

    # ------------------------------------------------------------------- its two halves

    @property
    def has_sound(self) -> bool:
        """Whether its sound is there."""
        return self._stream is not None

    @property
    def waiting(self) -> bool:
        """Whether it has not arrived yet."""
        return self._phase is Phase.NAMED

    @property
    def empty(self) -> bool:
        """Whether nothing is left of it."""
        return self._stream is None and self.control is None

    def take_sound(self, stream: StreamConnection) -> bool:
        """Take the sound half; return False where the line has no place for it."""
        if self._stream is not None or self._phase is not Phase.NAMED:
            return False
        self._stream = stream
        self.peer, self.extension = stream.peer, stream.extension
        self.sample_rate = stream.sample_rate
        stream.attach(self)
        return True

    def take_control(self, control: ControlConnection) -> bool:
        """Take the control half; return False where the line has one.

        A line that is ending has the channel hung up.
        """
        if self.control is not None:
            return False
        self.control = control
        self._stale = True
        self.peer = self.peer or control.peer
        self.extension = self.extension or control.extension
        control.attach(self)
        if self._phase not in {Phase.NAMED, Phase.ARRIVED}:
            control.hang_up()
        if self._phase is Phase.ENDED:
            self._set_timer(self._house.options.closing_s, control.close)
        return True

    def begin(self) -> None:
        """Arrive, with as much as has come."""
        if self._stream is None:
            return
        self._phase = Phase.ARRIVED
        self._playback = self._house.playback(self._stream, self.control)
        self._stale = False
        handed_over = False
        try:
            self._house.arrived(self)
            handed_over = True
        finally:
            if not handed_over:
                self.abort("fault")

    def hand_over_to(self, human: str) -> None:
        """Have the person bridged to `human`, a dial string, when the line is hung up.

        Raises `LineClosedError` where the channel is not in our hands.
        """
        if self.control is None or self._phase is not Phase.ARRIVED:
            raise LineClosedError("no control of the channel, so it can be sent nowhere")
        self._human = human

    # ------------------------------------------------------------- what the sound brings

    def sound(self, pcm: bytes) -> None:
        """Pass sound on."""
        if self._listener is not None and self._phase is Phase.ARRIVED:
            self._listener.audio(pcm)

    def text(self, text: str) -> None:
        """Note what the dialplan says by `send_text`; nothing depends on it."""
        _log.debug("a text came", call_id=self.call_id, role=self.role, length=len(text))

    def closed(self, cause: str) -> None:
        """Learn that the sound is gone: a hang-up, whose cause control may tell yet."""
        self._stream = None
        if self._phase is Phase.ARRIVED and self.control is not None:
            self._leave("")
            self._set_timer(self._house.options.cause_s, lambda: self._end(f"sound: {cause}"))
        else:
            self._end(cause)

    # ----------------------------------------------------------- what the control brings

    def key(self, digit: str) -> None:
        """Pass a key on, or keep it for the listener to come."""
        if self._listener is not None and self._phase is Phase.ARRIVED:
            self._listener.key(digit)
        elif self._phase in {Phase.NAMED, Phase.ARRIVED}:
            self._keys.append(digit)

    def held(self) -> None:
        """Pass on that the person is away."""
        self._held = True
        if self._listener is not None and self._phase is Phase.ARRIVED:
            self._listener.held()

    def resumed(self) -> None:
        """Pass on that the person is back."""
        self._held = False
        if self._listener is not None and self._phase is Phase.ARRIVED:
            self._listener.resumed()

    def file_ready(self, path: str) -> None:
        """Have a file played that was sent as sound."""
        if isinstance(self._playback, FilePlayback):
            self._playback.file_ready(path)

    def hung_up(self, cause: str) -> None:
        """Learn that the channel has ended."""
        self.control = None
        self._end(cause)

    def gone(self, cause: str) -> None:
        """Learn that control is lost: where nothing can be said without it, the line ends."""
        self.control = None
        if self._phase is Phase.ARRIVED and not isinstance(self._playback, FilePlayback):
            _log.warning(
                "control is lost, the call goes on by sound alone",
                call_id=self.call_id,
                role=self.role,
                cause=cause,
            )
        else:
            self._end(f"control: {cause}")

    # -------------------------------------------------------------------------- the end

    def _leave(self, cause: str) -> None:
        """Say and hear nothing more; the end is near."""
        self.cause = self.cause or cause
        self._phase = Phase.ENDING
        self._set_timer(None)
        if self._playback is not None:
            self._playback.close()

    def _end(self, cause: str = "") -> None:
        """Tell the listener, once; then see to what is left of the line."""
        if self._phase is not Phase.ENDED:
            arrived = self._phase is not Phase.NAMED
            self._leave(cause)
            self._phase = Phase.ENDED
            if arrived:
                log = _log.info if self.cause in _ORDERLY else _log.warning
                log("line closed", call_id=self.call_id, peer=self.peer, cause=self.cause)
            if self._stream is not None:
                self._stream.close()
            if self.control is not None:
                self._settle(self.control)
            listener, self._listener = self._listener, None
            if listener is not None:
                listener.closed(self.cause)
        if self.empty:
            self._set_timer(None)
            self._house.released(self)

    def _settle(self, control: ControlConnection) -> None:
        """See to a channel that stands although its line has ended."""
        if self.cause == "handed over":
            self._house.hand_over(self, control, self._human)
        elif self.cause == "local":
            self._set_timer(self._house.options.closing_s, control.close)
        else:
            self._set_timer(
                self._house.options.closing_s, lambda: self._house.lost_sound(self, control)
            )

    def _set_timer(self, delay_s: float | None, then: Callable[[], None] | None = None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if delay_s is not None and then is not None:
            self._timer = self._loop.call_later(delay_s, then)
