"""The control half of a FreeSWITCH channel: whose it is, and what happens on it."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import ClassVar, Final, Protocol

import structlog

from porteiro.dialogue.terms import Role
from porteiro.errors import ProtocolError
from porteiro.event_socket.connection import EventSocketConnection
from porteiro.lines.freeswitch.channel import Channel
from porteiro.wire import esl_commands
from porteiro.wire.audio_stream import playback_file
from porteiro.wire.esl import Disconnect, Event, Headers

_log = structlog.get_logger()

EXTRA_EVENTS: Final = (
    "CHANNEL_HOLD",
    "CHANNEL_UNHOLD",
    "CUSTOM",
    "mod_audio_stream::play",
    "mod_audio_stream::error",
)
"""What `myevents` leaves out; the subclasses of CUSTOM come last."""

UNWANTED_EVENTS: Final = (
    "CHANNEL_EXECUTE",
    "CHANNEL_STATE",
    "CHANNEL_PARK",
    "CHANNEL_UNPARK",
    "CALL_UPDATE",
)
"""What `myevents` brings for nothing, 7 KB each."""

_UNANSWERED: Final = frozenset({"ringing", "early"})
_KEYS: Final = frozenset("0123456789*#ABCD")
_EVENTS_KEPT: Final = 64
_OUR_OWN: Final = frozenset(
    {"CHANNEL_EXECUTE_COMPLETE", "CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE"}
)
"""What needs no observer to mean something."""


class ControlObserver(Protocol):
    """Who is told what happens on a channel; called on the event loop, must not block.

    Last of all comes either `hung_up` or `gone`, once.
    """

    def key(self, digit: str) -> None:
        """Take one telephone key: 0-9, `*`, `#`, A-D."""
        ...

    def held(self) -> None:
        """Learn that the person is away: on hold, or bridged to somebody."""
        ...

    def resumed(self) -> None:
        """Learn that the person is back."""
        ...

    def file_ready(self, path: str) -> None:
        """Learn that mod_audio_stream has written what it was sent to the file `path`."""
        ...

    def hung_up(self, cause: str) -> None:
        """Learn that the channel has ended, with FreeSWITCH's name for why."""
        ...

    def gone(self, cause: str) -> None:
        """Learn that the connection is lost; the channel may live on."""
        ...


class ControlConnection(Channel):
    """One channel under our control, over an ESL outbound socket.

    `call_id`, `role` and `extension` say whose leg it is: what the channel variables of
    those names, with `porteiro_` before, say, and else the visitor's leg of the call that
    the channel's own id names, at the number dialed. What happens before an observer is
    attached is told to it then. `strays` counts events of other channels, which are dropped.
    """

    def __init__(
        self, socket: EventSocketConnection, released: "Callable[[ControlConnection], None]"
    ) -> None:
        """Take over a connection just made; `released` is called when it is gone."""
        super().__init__(socket)
        self.call_id = ""
        self.role = Role.VISITOR
        self.extension = ""
        self.strays = 0
        self._released = released
        self._observer: ControlObserver | None = None
        self._early: deque[Event] = deque(maxlen=_EVENTS_KEPT)
        self._away: set[str] = set()
        self._last_key = ""
        self._hung_up = False
        self._answered = True
        self._left = False
        socket.attach(self)

    @property
    def peer(self) -> str:
        """FreeSWITCH's address and port."""
        return self._socket.peer

    async def identify(self) -> None:
        """Learn whose channel it is.

        Raises `EventSocketError` where the caller is gone or FreeSWITCH refuses or is late,
        `ProtocolError` where it tells of no channel.
        """
        reply = await self._socket.command(esl_commands.connect())
        self._identify(reply.headers)

    async def greet(self) -> None:
        """Answer the channel if the dialplan has not, and ask for its events.

        Raises `EventSocketError` as `identify` does.
        """
        if not self._answered:
            self._socket.send(esl_commands.execute("answer"))
        if not self.full:
            _log.error(
                "the dialplan grants no events, so that keys and hold do not work: write "
                "`socket <host>:<port> async full` there",
                call_id=self.call_id,
                peer=self.peer,
            )
            return
        await asyncio.gather(  # one after the other they would cost a round trip each
            self._socket.command(esl_commands.linger()),
            self._socket.command(esl_commands.my_events()),
            self._socket.command(esl_commands.events(*EXTRA_EVENTS)),
        )
        self._socket.send(esl_commands.nix_events(*UNWANTED_EVENTS))
        # Or else the key * would break off what plays.
        self._socket.send(esl_commands.execute("set", "playback_terminators=none"))

    def attach(self, observer: ControlObserver) -> None:
        """Give the channel its observer, and it what happened before."""
        self._observer = observer
        while self._early:
            self._dispatch(self._early.popleft())
        if self.over:
            self._tell_end()

    def close(self) -> None:
        """Let the channel go: say `exit` and close. Idempotent."""
        self._left = True
        self._socket.close()

    def abort(self, cause: str = "local") -> None:
        """Cut the connection off. Idempotent."""
        self._left = True
        self._socket.abort(cause)

    # ---------------------------------------------------------- what the connection tells

    def event(self, event: Event) -> None:
        """Take an event."""
        if event.channel != self.channel:
            self.strays += 1
            if self.strays == 1:
                _log.warning(
                    "an event of another channel is dropped",
                    call_id=self.call_id,
                    peer=self.peer,
                    event_name=event.name,
                )
        elif self._observer is None and event.name not in _OUR_OWN:
            self._early.append(event)
        else:
            self._dispatch(event)

    def disconnecting(self, notice: Disconnect) -> None:
        """Learn that the channel has ended, if no event said so, or was taken from us."""
        if notice.lingering:
            self._end("hangup", hung_up=True)
        elif not self._left:
            self._end("let go by FreeSWITCH", hung_up=True)

    def lost(self, cause: str) -> None:
        """Learn that the connection is gone."""
        self._end(cause, hung_up=False)
        self._released(self)

    # -------------------------------------------------------------------- what happens

    def _dispatch(self, event: Event) -> None:
        handler = self.HANDLERS.get(event.name)
        if handler is not None and not self.over:
            handler(self, event)

    def _key_pressed(self, event: Event) -> None:
        sequence = event.headers.get("Event-Sequence")
        if sequence and sequence == self._last_key:
            return
        self._last_key = sequence
        digit = event.headers.get("DTMF-Digit").upper()
        if digit in _KEYS and self._observer is not None:
            self._observer.key(digit)

    def _went_away(self, event: Event) -> None:
        was_here = not self._away
        self._away.add(_reason(event))
        if was_here and self._observer is not None:
            _log.info("person away", call_id=self.call_id, role=self.role, reason=_reason(event))
            self._observer.held()

    def _came_back(self, event: Event) -> None:
        was_away = bool(self._away)
        self._away.discard(_reason(event))
        if was_away and not self._away and self._observer is not None:
            _log.info("person back", call_id=self.call_id, role=self.role, reason=_reason(event))
            self._observer.resumed()

    def _module_spoke(self, event: Event) -> None:
        if event.subclass == "mod_audio_stream::error":
            _log.warning("mod_audio_stream failed", call_id=self.call_id, said=event.body[:200])
            return
        try:
            path = playback_file(event)
        except ProtocolError as error:
            _log.warning("a file cannot be played", call_id=self.call_id, reason=str(error))
            return
        if path is not None and self._observer is not None:
            self._observer.file_ready(path)

    def _channel_ended(self, event: Event) -> None:
        self._end(event.headers.get("Hangup-Cause") or "hangup", hung_up=True)

    HANDLERS: ClassVar[Mapping[str, "Callable[[ControlConnection, Event], None]"]] = (
        MappingProxyType(
            {
                "DTMF": _key_pressed,
                "CHANNEL_HOLD": _went_away,
                "CHANNEL_UNHOLD": _came_back,
                "CHANNEL_BRIDGE": _went_away,
                "CHANNEL_UNBRIDGE": _came_back,
                "CHANNEL_EXECUTE_COMPLETE": Channel.completed,
                "CHANNEL_HANGUP": _channel_ended,
                "CHANNEL_HANGUP_COMPLETE": _channel_ended,
                "CUSTOM": _module_spoke,
            }
        )
    )
    """What is done with each kind of event; the others are let go by."""

    # ------------------------------------------------------------------------ in between

    def _identify(self, channel: Headers) -> None:
        self.channel = channel.get("Unique-ID")
        if not self.channel:
            raise ProtocolError("FreeSWITCH answers `connect` without a channel")
        self.call_id = (channel.get("variable_porteiro_call_id") or self.channel).lower()
        if channel.get("variable_porteiro_role") == Role.RESIDENT:
            self.role = Role.RESIDENT
        self._answered = channel.get("Answer-State") not in _UNANSWERED
        number = channel.get("variable_porteiro_extension")
        self.extension = number or channel.get("Caller-Destination-Number")
        mode = (channel.get("Socket-Mode"), channel.get("Control"))
        self.full = mode == ("async", "full")

    def _end(self, cause: str, *, hung_up: bool) -> None:
        """Fail what is under way, and tell; only the first word of an end counts."""
        if self.over:
            return
        self._hung_up = hung_up
        self._end_all(cause)
        if hung_up:
            self.close()
        self._tell_end()

    def _tell_end(self) -> None:
        if self._observer is None:
            return
        if self._hung_up:
            self._observer.hung_up(self.over)
        else:
            self._observer.gone(self.over)


def _reason(event: Event) -> str:
    return "hold" if event.name.endswith("HOLD") else "bridge"
