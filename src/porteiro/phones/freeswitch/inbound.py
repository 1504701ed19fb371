"""FreeSWITCH's own event socket, which programs connect to."""

import asyncio
from collections.abc import Callable

from porteiro.phones.freeswitch.commands import Command
from porteiro.phones.freeswitch.event_socket import NOT_FOUND, EventSocket, Switch
from porteiro.phones.freeswitch.packets import AUTH_REQUEST, RUDE_REJECTION, Reply


class InboundSocket(EventSocket):
    """A program's connection: nothing goes before the right password."""

    def __init__(
        self,
        switch: Switch,
        password: str,
        joined: Callable[["InboundSocket", bool], None],
        allowed: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """Ask for `password`; `joined` is told of its beginning and its end."""
        super().__init__(switch)
        self._password = password
        self._joined = joined
        self._allowed = allowed
        self.known = False
        """Whether the password was right."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask who is there, or send away whom the ACL refuses."""
        super().connection_made(transport)
        self._joined(self, True)  # noqa: FBT003  the callback says which by position
        if self._allowed(str(transport.get_extra_info("peername")[0])):
            self.write(AUTH_REQUEST)
        else:
            self.write(RUDE_REJECTION)
            self.say_goodbye()

    def connection_lost(self, exc: Exception | None) -> None:
        """Be gone."""
        super().connection_lost(exc)
        self._joined(self, False)  # noqa: FBT003

    async def _take(self, command: Command) -> None:
        verb = command.verb
        if verb == "exit":
            self._reply(Reply("+OK bye"))
            self.say_goodbye()
        elif verb == "auth":
            self._authenticate(command.rest)
        elif not self.known:
            self._reply(NOT_FOUND)
        elif verb == "linger":
            self._reply(Reply("-ERR not controlling a session"))
        else:
            self._reply(await self._common(command, ""))

    def _authenticate(self, password: str) -> None:
        self.known = password == self._password
        if self.known:
            self._reply(Reply("+OK accepted"))
        else:
            self._reply(Reply("-ERR invalid"))
            self.say_goodbye()
