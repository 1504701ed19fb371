"""A FreeSWITCH channel as it is told what to do, over its ESL outbound socket."""

import asyncio
import re
from collections.abc import Callable
from typing import Final
from uuid import uuid4

from porteiro.errors import EventSocketError
from porteiro.event_socket.connection import EventSocketConnection
from porteiro.wire import esl_commands
from porteiro.wire.esl import Event, Headers

_TONES: Final = re.compile(r"[0-9*#A-D]{1,32}")
_PLACE: Final = re.compile(r"[0-9A-Za-z+*#._@-]{1,64}")
_COMMAND_S: Final = 2.0
_A_DAY_S: Final = 86_400.0


class Channel:
    """The commands of one channel, and what becomes of them.

    Each raises `EventSocketError` where the channel has ended or FreeSWITCH does not answer
    in time, `EventSocketRefusedError` where it says no, and `ValueError` for a value that
    would break out of its place. The files are those of a `FilePlayer`.
    """

    def __init__(self, socket: EventSocketConnection) -> None:
        """Command a channel over `socket`; which one is known later."""
        self.channel = ""
        self.full = False
        """Whether the dialplan gave us all that `async full` means; else no events come."""
        self.over = ""
        """Why the channel is out of reach; empty while it is not."""
        self._socket = socket
        self._loop = asyncio.get_running_loop()
        self._running: dict[str, Callable[[Event | None], None]] = {}
        self._files: dict[str, Callable[[bool], None]] = {}

    async def execute(self, app: str, argument: str = "", limit_s: float | None = 5.0) -> Headers:
        """Have a dialplan application carried out; return what its end tells of the channel.

        With `limit_s` None it may take as long as the channel lives. Cancelling does not
        end the application. One that FreeSWITCH does not know ends the call.
        """
        event_uuid = str(uuid4())
        command = esl_commands.execute(app, argument, event_uuid=event_uuid, lock=True)
        self._must_live(app)
        if not self.full:  # without `async` the reply itself comes at the end
            return (await self._socket.command(command, limit_s or _A_DAY_S)).headers
        ended: asyncio.Future[Event | None] = self._loop.create_future()

        def completed(event: Event | None) -> None:
            if not ended.done():
                ended.set_result(event)

        self._running[event_uuid] = completed
        try:
            async with asyncio.timeout(limit_s):
                await self._socket.command(command, _COMMAND_S)
                event = await ended
        except TimeoutError:
            raise EventSocketError(f"{app} took longer than {limit_s:g} s") from None
        finally:
            self._running.pop(event_uuid, None)
        if event is None:
            raise self._no_more(app)
        return event.headers

    async def bridge(self, dial_string: str) -> str:
        """Connect the person to a number until either hangs up; return what became of it.

        "SUCCESS", or the cause for which nobody was reached, like "USER_BUSY". Once the two
        have spoken FreeSWITCH hangs the channel up, whether or not we are still there.
        """
        await self.execute("set", "hangup_after_bridge=true")
        headers = await self.execute("bridge", dial_string, None)
        return headers.get("variable_originate_disposition") or "NORMAL_TEMPORARY_FAILURE"

    async def transfer(self, number: str, context: str) -> None:
        """Send the channel to a number of the dialplan; our control of it ends with that."""
        target = f"{_plain(number)} XML {_plain(context)}"
        await self._socket.api(f"uuid_transfer {self.channel} {target}")

    async def send_dtmf(self, digits: str) -> None:
        """Send telephone keys to the person's side: 0-9, `*`, `#`, A-D."""
        if not _TONES.fullmatch(digits):
            raise ValueError(f"{digits[:40]!r} holds what is no telephone key")
        await self._socket.api(f"uuid_send_dtmf {self.channel} {digits}")

    async def stop_stream(self) -> None:
        """Have mod_audio_stream close the channel's WebSocket."""
        await self._socket.api(f"uuid_audio_stream {self.channel} stop")

    async def set_variable(self, name: str, value: str) -> None:
        """Set a variable of the channel; an empty value removes it."""
        await self._socket.api(f"uuid_setvar {self.channel} {_plain(name)} {value}".rstrip())

    async def get_variable(self, name: str) -> str:
        """Return a variable of the channel, empty where it is not set."""
        reply = await self._socket.command(esl_commands.get_variable(name))
        return reply.text

    def break_(self) -> None:
        """Break off the application that runs and forget those that wait."""
        self._socket.send(esl_commands.api(f"uuid_break {self.channel} all"))

    def hang_up(self, cause: str = "NORMAL_CLEARING") -> None:
        """End the channel, whatever is being executed on it; its end is told as an event."""
        if self._running:  # a hang-up would wait for an application that locks
            self.break_()
        self._socket.send(esl_commands.hang_up(cause))

    def leave_to(self, dial_string: str) -> None:
        """Have FreeSWITCH bridge the person to a number by itself, and let the channel go."""
        self.break_()
        self._socket.send(esl_commands.execute("set", "hangup_after_bridge=true", lock=True))
        self._socket.send(esl_commands.execute("bridge", dial_string, lock=True))
        self._socket.close()

    async def wait_closed(self) -> None:
        """Wait until the connection is gone."""
        await self._socket.wait_closed()

    # ------------------------------------------------------------------ playing a file

    def play_file(self, path: str, done: Callable[[bool], None]) -> None:
        """Play a file after those asked for before; `done` says whether it came to its end."""
        if self.over or not self.full:
            self._loop.call_soon(done, False)  # noqa: FBT003  call_soon takes no keywords
            return
        event_uuid = str(uuid4())

        def completed(event: Event | None) -> None:
            if self._files.pop(event_uuid, None) is not None:
                response = event.headers.get("Application-Response") if event else ""
                done(response == "FILE PLAYED")

        self._files[event_uuid] = done
        self._running[event_uuid] = completed
        self._socket.send(esl_commands.execute("playback", path, event_uuid=event_uuid, lock=True))

    def break_off(self) -> None:
        """Break off the file that plays and forget those that wait."""
        files, self._files = self._files, {}
        if files and not self.over:
            self.break_()
        for event_uuid, done in files.items():
            # FreeSWITCH tells no end of what it forgets.
            self._running.pop(event_uuid, None)
            self._loop.call_soon(done, False)  # noqa: FBT003  call_soon takes no keywords

    # ------------------------------------------------------------------- for the events

    def completed(self, event: Event) -> None:
        """Take an application's end."""
        completed = self._running.pop(event.headers.get("Application-UUID"), None)
        if completed is not None:
            completed(event)

    def _end_all(self, cause: str) -> None:
        """Whatever is under way has failed, since the channel is out of reach."""
        self.over = cause
        self.break_off()
        running, self._running = self._running, {}
        for completed in running.values():
            completed(None)

    def _must_live(self, app: str) -> None:
        if self.over:
            raise self._no_more(app)

    def _no_more(self, app: str) -> EventSocketError:
        return EventSocketError(f"no {app}: the channel is out of reach ({self.over})")


def _plain(word: str) -> str:
    if not _PLACE.fullmatch(word):
        raise ValueError(f"{word[:60]!r} cannot stand in a command for FreeSWITCH")
    return word
