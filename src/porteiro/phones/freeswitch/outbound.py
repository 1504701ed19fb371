"""The `socket` application: FreeSWITCH connects to us and hands a channel over."""

import asyncio
from collections.abc import Callable
from typing import Final

from porteiro.phones.freeswitch.channel import Channel
from porteiro.phones.freeswitch.commands import Command
from porteiro.phones.freeswitch.event_socket import NOT_FOUND, EventSocket, Switch
from porteiro.phones.freeswitch.packets import Notice, Reply, channel_data, disconnect_notice

_CONNECT_LIMIT_S: Final = 24.5
"""How long FreeSWITCH waits for `connect` before it goes on in the dialplan."""


class OutboundSocket(EventSocket):
    """A channel's event socket. `gone` is called once it is closed, if it was ever open.

    `whole` is `async full`; without it most commands are refused, and an application is
    waited for.
    """

    def __init__(
        self,
        switch: Switch,
        channel: Channel,
        gone: Callable[["OutboundSocket"], None] = lambda _: None,
        *,
        whole: bool = True,
    ) -> None:
        """Control `channel`."""
        super().__init__(switch)
        self._channel = channel
        self._gone = gone
        self._whole = self._at_once = whole
        self._lingers: int | None = None
        self._connected = False
        self._noticed = False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for `connect`."""
        super().connection_made(transport)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(_CONNECT_LIMIT_S, self.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that the application is over."""
        super().connection_lost(exc)
        self._stop_timer()
        self._gone(self)

    def hung_up(self) -> None:
        """Let the server know that its channel has hung up: at once, or after lingering."""
        if self._noticed or not self.open:
            return
        self._noticed = True
        if self._lingers is None or not self._connected:
            self.say_goodbye(self._channel.uuid)
            return
        notice = Notice(self._channel.uuid, self._channel.name, self._lingers)
        self.write(disconnect_notice(notice))
        if self._lingers >= 0:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._lingers, self.say_goodbye, self._channel.uuid)

    @property
    def lingers(self) -> bool:
        """Return whether the server asked to hear the last events."""
        return self._lingers is not None

    async def _take(self, command: Command) -> None:
        verb, rest = command.verb, command.rest
        if verb == "exit":
            self._reply(Reply("+OK bye"))
            self.say_goodbye(self._channel.uuid)
        elif verb == "connect":
            self._connect()
        elif not self._connected:
            self._reply(NOT_FOUND)
        elif verb == "getvar":
            self._reply(Reply(self._variable(rest)))
        elif not self._whole and verb != "sendmsg":
            self._reply(NOT_FOUND)
        elif verb == "linger":
            self._linger(rest)
        elif verb == "myevents":
            self._reply(self.subscriptions.mine(self._channel.uuid, rest))
        elif verb == "sendmsg" and self._noticed:
            self._reply(Reply("+OK"))
        else:
            self._reply(await self._common(command, self._channel.uuid))

    def _connect(self) -> None:
        self._stop_timer()
        self._connected = True
        mode, control = ("async", "full") if self._whole else ("static", "single-channel")
        self.write(
            channel_data(
                [
                    *self._channel.connected(),
                    ("Content-Type", "command/reply"),
                    ("Reply-Text", "+OK\n"),
                    ("Socket-Mode", mode),
                    ("Control", control),
                ]
            )
        )
        if self._whole:
            self._channel.park()

    def _linger(self, rest: str) -> None:
        seconds = rest.strip()
        self._lingers = int(seconds) if seconds.isdecimal() else -1
        more = f" {seconds} seconds" if seconds.isdecimal() else ""
        self._reply(Reply(f"+OK will linger{more}"))

    def _variable(self, name: str) -> str:
        if name == "caller_id_number":
            return self._channel.profile.number
        if name == "caller_id_name":
            return self._channel.profile.name
        return self._channel.variables.get(name, "")

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
