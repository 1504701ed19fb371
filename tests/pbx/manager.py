"""The tests' own view of Asterisk: every event kept, and waited for."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from porteiro.wire.ami import AmiMessage, AmiParser, Greeting, encode_action
from tests.pbx.asterisk import Asterisk

PATIENCE_S = 90.0


@dataclass(frozen=True, slots=True)
class Seen:
    """An event or a response, and the loop's time when it came."""

    at: float
    message: AmiMessage


class Manager:
    """A manager connection that sees all."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        """Write actions to `writer`; `read` takes what comes."""
        self._writer = writer
        self._news = asyncio.Condition()
        self._actions = 0
        self.seen: list[Seen] = []

    async def read(self, reader: asyncio.StreamReader) -> None:
        """Keep what Asterisk says, until it closes."""
        parser = AmiParser()
        while data := await reader.read(65_536):
            now = asyncio.get_running_loop().time()
            for message in parser.receive(data):
                if not isinstance(message, Greeting):
                    self.seen.append(Seen(now, message))
            async with self._news:
                self._news.notify_all()

    async def act(self, name: str, headers: Mapping[str, str | list[str]]) -> AmiMessage:
        """Send an action, and return Asterisk's response to it."""
        self._actions += 1
        action_id = f"test-{id(self)}-{self._actions}"
        pairs = [("ActionID", action_id)]
        for header, value in headers.items():
            pairs += [(header, one) for one in ([value] if isinstance(value, str) else value)]
        self._writer.write(encode_action(name, pairs))
        seen = await self.wait(ActionID=action_id)
        return seen.message

    async def wait(self, since: int = 0, /, **headers: str) -> Seen:
        """Return the first message, past or to come, whose headers have these values.

        `since` leaves out that many of the earliest messages.
        """
        checked = since
        try:
            async with asyncio.timeout(PATIENCE_S), self._news:
                while True:
                    for seen in self.seen[checked:]:
                        if all(seen.message.get(name) == headers[name] for name in headers):
                            return seen
                    checked = len(self.seen)
                    await self._news.wait()
        except TimeoutError:
            events = [seen.message.event for seen in self.seen[-20:]]
            raise AssertionError(
                f"Asterisk never showed {headers}; last events: {events}"
            ) from None

    def holds(self, **headers: str) -> bool:
        """Tell whether such a message has come already."""
        return any(
            all(seen.message.get(name) == headers[name] for name in headers) for seen in self.seen
        )


@asynccontextmanager
async def manager_of(asterisk: Asterisk) -> AsyncIterator[Manager]:
    """Connect to `asterisk` with all events on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", asterisk.port)
    manager = Manager(writer)
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(manager.read(reader))
        try:
            await manager.act("Login", {"Username": "tests", "Secret": asterisk.secret})
            await manager.wait(Event="FullyBooted")
            yield manager
        finally:
            reading.cancel()
            writer.close()
