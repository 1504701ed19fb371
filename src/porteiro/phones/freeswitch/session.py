"""One channel with all that hangs on it: its phone, its sound, its server."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from porteiro.phones.freeswitch import sounds
from porteiro.phones.freeswitch.applications import DONE, Applications, Begin, Finish, Order
from porteiro.phones.freeswitch.channel import Channel
from porteiro.phones.freeswitch.commands import Command
from porteiro.phones.freeswitch.endpoint import SipEndpoint
from porteiro.phones.freeswitch.outbound import OutboundSocket
from porteiro.phones.freeswitch.packets import Event
from porteiro.phones.freeswitch.phone import FreeSwitchPhone
from porteiro.phones.freeswitch.player import Player
from porteiro.phones.freeswitch.stream import AudioStream, Module
from porteiro.phones.freeswitch.websocket import Address
from porteiro.phones.telephone import PhoneOptions

_PLAYBACK_LAG_S: Final = 0.031
"""From `execute playback` to the first sound."""

_HANGUP_LAG_S: Final = 0.006
"""From a phone's BYE to CHANNEL_HANGUP; the stream's close goes first."""

_NOTICE_LAG_S: Final = 0.02
"""How long the linger notice waits for the last events, when a stream will not close."""


class Exchange(Protocol):
    """The FreeSWITCH that a session belongs to."""

    files: dict[str, bytes]

    def publish(self, event: Event) -> None:
        """Let every event socket have an event."""
        ...

    def answered(self, session: "Session") -> None:
        """Run what `api_on_answer` says."""
        ...

    def bridge(self, session: "Session", target: str, finish: Finish) -> None:
        """Ring the target and join the two; `finish` when that is over."""
        ...

    def transfer(self, session: "Session", number: str) -> None:
        """Send the channel on in the dialplan."""
        ...

    def over(self, session: "Session") -> None:
        """Forget a session: its channel is gone."""
        ...


class Session:
    """Carries sound, keys, commands and events between one channel and those around it."""

    def __init__(
        self,
        exchange: Exchange,
        channel: Channel,
        options: PhoneOptions,
        call_id: str,
    ) -> None:
        """Make the channel's phone, not yet picked up."""
        self._exchange = exchange
        self.channel = channel
        channel.emit = exchange.publish
        self.phone = FreeSwitchPhone(call_id, options, self)
        self.player = Player(options.sample_rate, self.phone.hear)
        self.stream: AudioStream | None = None
        self.control: OutboundSocket | None = None
        self.partner: FreeSwitchPhone | None = None
        self.stream_hangs_up = False
        """Whether the stream's close by the server is a hang-up: so a dialplan can have it."""
        self._socket: tuple[str, str] | None = None
        self.applications = Applications(channel, self._known(), self._unknown)
        self._loop = asyncio.get_running_loop()
        self.stream_may_begin = asyncio.Event()
        """Is set when the dialplan's stream may connect: at once, or after the control half."""
        self.gone: asyncio.Future[str] = self._loop.create_future()
        """Is done, with the cause, when the channel has ended."""
        self._timers: list[asyncio.TimerHandle] = []

    @property
    def ended(self) -> bool:
        """Return whether the channel has begun to hang up."""
        return bool(self.channel.cause)

    # --------------------------------------------------------------------------- the phone

    def sound(self, pcm: bytes) -> None:
        """Carry what the person says to the stream, and to whom they are bridged to."""
        if self.stream is not None:
            self.stream.sound(pcm)
        if self.partner is not None:
            self.partner.hear(pcm)

    def key(self, digit: str) -> None:
        """Tell of a key, as RFC 2833 brought it."""
        self.channel.digit(digit, 1600, "RTP")

    def hold(self) -> None:
        """Take the person's re-INVITE for hold."""
        self.channel.hold()

    def resume(self) -> None:
        """Take the person's re-INVITE for the call's going on."""
        self.channel.resume()

    def left(self) -> None:
        """Take the person's BYE: the stream is closed first, the events follow."""
        if isinstance(self.channel.endpoint, SipEndpoint):
            self.channel.endpoint.left = True
        if self.stream is not None:
            self.stream.stop()
        self._later(_HANGUP_LAG_S, lambda: self.hang_up("NORMAL_CLEARING"))

    # ------------------------------------------------------------------------ what happens

    def answer(self) -> None:
        """Be answered: by the dialplan, by a command, or by a person who was rung."""
        if self.channel.answer_state == "answered":
            return
        self.channel.answer()
        self.phone.pick_up()
        self._exchange.answered(self)

    def handed_to(self, control: OutboundSocket, address: str, event_uuid: str) -> None:
        """Be controlled by a server from now on: the application `socket` has connected."""
        self.control = control
        self._socket = address, event_uuid

    def left_by_server(self) -> None:
        """Be controlled no more: the dialplan goes on."""
        self.player.break_off()
        self.applications.flush()
        if self._socket is not None:
            self.channel.leave_park()
            self.channel.complete("socket", *self._socket)
        self.control = self._socket = None

    def hang_up(self, cause: str) -> None:
        """End the channel: its events, its stream, its phone."""
        if self.ended:
            return
        self.channel.hang_up(cause)
        self.player.close()
        self.applications.abandon()
        if self._socket is not None:
            self.channel.leave_park()
            self.channel.complete("socket", *self._socket)
        self.channel.stop()
        if not self._lingers:
            self._notice()
        if self.stream is None:
            self._finish()
            return
        self._later(_NOTICE_LAG_S, self._notice)
        self.stream.stop()

    def obey(self, message: Command) -> asyncio.Future[None]:
        """Do what a `sendmsg` says when its turn comes; return a future of its end."""
        done: asyncio.Future[None] = self._loop.create_future()
        headers = message.headers
        if headers.get("call-command") == "hangup":
            cause = headers.get("hangup-cause", "NORMAL_CLEARING")
            self._loop.call_soon(self.applications.then, lambda: self.hang_up(cause))
            done.set_result(None)
            return done
        argument = message.body or headers.get("execute-app-arg", "")
        order = Order(
            headers.get("execute-app-name", ""), argument, headers.get("event-lock") == "true"
        )
        order.event_uuid = headers.get("event-uuid", order.event_uuid)
        order.done = done
        if self.ended:
            done.set_result(None)
        else:
            self._loop.call_soon(self.applications.execute, order)
        return done

    def break_off(self, *, everything: bool) -> None:
        """Stop what is being played, and with `everything` forget what waits behind it."""
        if everything:
            self.applications.flush()
        self.player.break_off()

    # -------------------------------------------------------------------------- the stream

    async def start_stream(
        self, module: Module, address: Address, sample_rate: int, metadata: str = ""
    ) -> bool:
        """Send the channel's sound to a WebSocket; False where that cannot be, or is so already."""
        if self.stream is not None:
            return False
        self.stream = AudioStream(module, self, self.player, self.channel.uuid)
        if await self.stream.start(address, sample_rate, metadata):
            return True
        self.stream = None
        return False

    def tell(self, subclass: str, body: bytes) -> None:
        """Fire an event of mod_audio_stream."""
        self.channel.custom(f"mod_audio_stream::{subclass}", body)

    def keep_file(self, path: str, pcm: bytes) -> None:
        """Keep what the module wrote."""
        self._exchange.files[path] = pcm

    def stream_opened(self) -> None:
        """Note it for whoever looks at the phone."""
        self.phone.mark("stream_opened")

    def stream_closed(self, *, by_server: bool) -> None:
        """Go on ending, or go on without sound."""
        self.stream = None
        self.phone.mark("stream_closed")
        if self.ended:
            self._finish()
        elif by_server and self.stream_hangs_up:
            self.hang_up("NORMAL_CLEARING")

    # ------------------------------------------------------------------------------ inside

    def _known(self) -> Mapping[str, Begin]:
        return {
            "answer": self._answer,
            "bridge": lambda target, done: self._exchange.bridge(self, target, done),
            "export": self._set,
            "hangup": lambda cause, _: self.hang_up(cause or "NORMAL_CLEARING"),
            "park": lambda _, done: done(DONE),
            "playback": self._playback,
            "send_dtmf": self._send_dtmf,
            "set": self._set,
            "sleep": self._sleep,
            "transfer": self._transfer,
            "unset": self._unset,
        }

    def _unknown(self) -> None:
        self.hang_up("DESTINATION_OUT_OF_ORDER")

    def _answer(self, _: str, done: Finish) -> None:
        self.answer()
        done(DONE)

    def _set(self, argument: str, done: Finish) -> None:
        name, _, value = argument.partition("=")
        self.channel.set(name.strip(), value or None)
        done(DONE)

    def _unset(self, argument: str, done: Finish) -> None:
        self.channel.set(argument.strip(), None)
        done(DONE)

    def _sleep(self, argument: str, done: Finish) -> None:
        self._later(int(argument or "0") / 1000, lambda: done(DONE))

    def _send_dtmf(self, argument: str, done: Finish) -> None:
        for digit in argument.partition("@")[0]:
            self.phone.mark("tone", digit)
        done(DONE)

    def _transfer(self, argument: str, done: Finish) -> None:
        done(DONE)
        self._exchange.transfer(self, argument.partition(" ")[0])

    def _playback(self, name: str, done: Finish) -> None:
        rate = self.phone.options.sample_rate
        packets = sounds.made(name, rate)
        if packets is None and name in self._exchange.files:
            packets = self.player.packets_of(self._exchange.files[name])
        if packets is None:
            done("FILE NOT FOUND")
            return
        self.phone.mark("playback", name)
        self.player.play(packets, lambda _: done("FILE PLAYED"), after_s=_PLAYBACK_LAG_S)

    @property
    def _lingers(self) -> bool:
        return self.control is not None and self.control.lingers

    def _notice(self) -> None:
        if self.control is not None:
            self.control.hung_up()

    def _finish(self) -> None:
        """Be over: the stream has closed, so the last events and the BYE can go."""
        if self.gone.done():
            return
        self.gone.set_result(self.channel.cause)
        for timer in self._timers:
            timer.cancel()
        self.channel.finish()
        self._notice()
        if self.partner is not None:
            self.partner.hung_up()
        self.phone.hung_up()
        self._exchange.over(self)

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        self._timers.append(self._loop.call_later(seconds, call))
