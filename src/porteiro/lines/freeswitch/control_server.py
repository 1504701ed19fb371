"""The ESL outbound server: takes the connections of the dialplan's `socket` application."""

import asyncio
from collections.abc import Callable

import structlog

from porteiro.errors import EventSocketError, ProtocolError
from porteiro.event_socket.connection import EventSocketConnection, EventSocketOptions
from porteiro.lines.freeswitch.control import ControlConnection
from porteiro.lines.freeswitch.doorway import WIDE_OPEN, Door
from porteiro.lines.freeswitch.options import FreeSwitchOptions
from porteiro.lines.listening import PbxListener

_log = structlog.get_logger()


class ControlServer(PbxListener[ControlConnection]):
    """The one port on which all channels hand us their control.

    `arrived` is called with each, once, on the event loop, as soon as it is known whose it
    is and its events come; it attaches an observer or closes it. `strays` counts the events
    that came on another channel's connection. For whom `door` has no room is let go before
    any events are asked for: the dialplan goes on to a human.
    """

    def __init__(
        self,
        options: FreeSwitchOptions,
        arrived: Callable[[ControlConnection], None],
        door: Door = WIDE_OPEN,
    ) -> None:
        """Make a server that is not open yet."""
        super().__init__(options.allow)
        self.strays = 0
        self._limits = EventSocketOptions(options.stalled_s, options.closing_s)
        self._arrived = arrived
        self._door = door
        self._greetings: set[asyncio.Task[None]] = set()

    def connection(self) -> EventSocketConnection:
        """Return the connection that may become a channel's."""
        return EventSocketConnection(self._opened, self._limits)

    async def close(self) -> None:
        """Stop listening. Channels that arrived go on; connections that had not are ended."""
        await super().close()
        await asyncio.gather(*self._greetings)

    def _opened(self, socket: EventSocketConnection) -> None:
        if not self.admits(socket.peer.rpartition(":")[0]):
            socket.abort("refused")
            return
        control = ControlConnection(socket, self._released)
        self.nameless(control)
        greeting = asyncio.get_running_loop().create_task(self._greet(control))
        self._greetings.add(greeting)
        greeting.add_done_callback(self._greetings.discard)

    async def _greet(self, control: ControlConnection) -> None:
        """Bring a connection to where it can be handed over, or end it."""
        handed_over = False
        try:
            await control.identify()
            if not self._door.admits((control.call_id, control.role)):
                return
            await control.greet()
            self.gone(control)
            if not control.over:
                _log.info(
                    "control arrived", call_id=control.call_id, role=control.role, peer=control.peer
                )
                self._arrived(control)
            handed_over = True
        except EventSocketError as error:
            _log.info(
                "a channel was gone before its control came", peer=control.peer, why=str(error)
            )
        except ProtocolError as error:
            _log.warning("no channel came", peer=control.peer, why=str(error))
        finally:
            if not handed_over:
                control.close()

    def _released(self, control: ControlConnection) -> None:
        self.strays += control.strays
        self._door.leaves((control.call_id, control.role))
        self.gone(control)
