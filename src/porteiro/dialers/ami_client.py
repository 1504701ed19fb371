"""One lasting connection to an Asterisk manager, kept up by itself."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, field
from uuid import uuid4

import structlog

from porteiro.dialers.absence import in_words
from porteiro.errors import DialerError, ProtocolError
from porteiro.wire.ami import AmiMessage, AmiParser, Greeting, encode_action

_READ = 65_536


@dataclass(frozen=True, slots=True)
class AmiServer:
    """Where the manager is and who we are there; times in seconds.

    `reply_s` bounds connecting, logging in and every action. After `ping_s` without a
    word from Asterisk it is asked for one, and given up after as long again. A lost
    connection is tried again after `backoff_s`, doubled each time up to `backoff_max_s`.
    """

    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    reply_s: float = 3.0
    ping_s: float = 15.0
    backoff_s: float = 0.5
    backoff_max_s: float = 15.0


class Watch:
    """The events of one channel or action, as they come."""

    def __init__(self) -> None:
        """Start with none."""
        self._queue: asyncio.Queue[AmiMessage | None] = asyncio.Queue()

    def offer(self, event: AmiMessage | None) -> None:
        """Add an event; None says that the connection is gone and some may be missing."""
        self._queue.put_nowait(event)

    async def next(self) -> AmiMessage:
        """Wait for the next event. Raises `DialerError` once the connection is lost."""
        event = await self._queue.get()
        if event is None:
            raise DialerError("the connection to Asterisk's manager was lost while it rang")
        return event


class AmiClient:
    """Sends actions to an Asterisk manager and hears of its events.

    `run` keeps the connection; everything else works while it runs.
    """

    def __init__(self, server: AmiServer) -> None:
        """Make a client of `server`; it connects when `run` is started."""
        self._server = server
        self._log = structlog.get_logger().bind(ami=f"{server.host}:{server.port}")
        self._trouble = "not connected yet"
        self._told = ""
        self._ready = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._replies: dict[str, asyncio.Future[AmiMessage]] = {}
        self._watches: dict[str, Watch] = {}
        self._doomed: set[str] = set()

    async def run(self) -> None:
        """Connect, log in, and stay connected until cancelled."""
        delay = self._server.backoff_s
        while True:
            try:
                await self._session()
            except (OSError, TimeoutError, DialerError, ProtocolError) as error:
                self._trouble = in_words(error)
                if self._ready.is_set():
                    delay = self._server.backoff_s
            finally:
                self._forget()
            self._tell(delay)
            await asyncio.sleep(delay)
            delay = min(2 * delay, self._server.backoff_max_s)

    async def connected(self) -> None:
        """Wait until the manager has let us in."""
        await self._ready.wait()

    async def act(self, name: str, headers: Mapping[str, str]) -> AmiMessage:
        """Send an action and return the manager's response to it.

        Raises `DialerError` where Asterisk is away, refuses, or does not answer in time.
        """
        action_id = headers.get("ActionID") or str(uuid4())
        reply: asyncio.Future[AmiMessage] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._server.reply_s):
                await self._ready.wait()
                self._replies[action_id] = reply
                self._write(name, {**headers, "ActionID": action_id})
                response = await reply
        except TimeoutError:
            where = f"Asterisk's manager at {self._server.host}:{self._server.port}"
            raise DialerError(f"{where} did not take {name}: {self._trouble}") from None
        finally:
            self._replies.pop(action_id, None)
        if response.response != "Success":
            raise DialerError(f"Asterisk refused {name}: {response.get('Message')}")
        return response

    def hang_up(self, channel_id: str) -> None:
        """Hang up the channel that an `Originate` made, now or as soon as it comes to be.

        Neither waits nor fails: it serves those who are being cancelled.
        """
        if self._ready.is_set():
            self._doomed.add(channel_id)
            self._write_hangup(channel_id)

    @contextmanager
    def watch(self, key: str) -> Iterator[Watch]:
        """Hear, within the block, of events whose `ActionID` or `Uniqueid` is `key`."""
        watch = self._watches[key] = Watch()
        try:
            yield watch
        finally:
            del self._watches[key]

    async def _session(self) -> None:
        async with asyncio.timeout(self._server.reply_s):
            reader, writer = await asyncio.open_connection(self._server.host, self._server.port)
        self._writer = writer
        try:
            async with aclosing(self._messages(reader)) as messages:
                async with asyncio.timeout(self._server.reply_s):
                    await self._log_in(messages)
                self._trouble, self._told = "it does not answer", ""
                self._ready.set()
                self._log.info("Asterisk's manager is connected")
                async for message in messages:
                    self._dispatch(message)
        finally:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()

    async def _messages(self, reader: asyncio.StreamReader) -> AsyncGenerator[AmiMessage]:
        parser = AmiParser()
        asked = False
        while True:
            try:
                async with asyncio.timeout(self._server.ping_s):
                    data = await reader.read(_READ)
            except TimeoutError:
                if asked:
                    raise DialerError("it has fallen silent") from None
                self._write("Ping", {})
                asked = True
                continue
            if not data:
                raise DialerError("it closed the connection")
            asked = False
            for message in parser.receive(data):
                if not isinstance(message, Greeting):
                    yield message

    async def _log_in(self, messages: AsyncIterator[AmiMessage]) -> None:
        server = self._server
        login = {"Username": server.username, "Secret": server.secret, "Events": "call"}
        self._write("Login", {**login, "ActionID": "login"})
        async for message in messages:
            if message.get("ActionID") == "login" and message.response:
                if message.response == "Success":
                    return
                raise DialerError(f"it refuses the user {server.username!r}: check name and secret")

    def _write(self, name: str, headers: Mapping[str, str]) -> None:
        if self._writer is not None:
            self._writer.write(encode_action(name, headers.items()))

    def _write_hangup(self, channel_id: str) -> None:
        # The manager takes a channel's unique id in place of its name.
        self._write("Hangup", {"Channel": channel_id, "Cause": "16"})

    def _dispatch(self, message: AmiMessage) -> None:
        if message.response:
            reply = self._replies.get(message.get("ActionID"))
            if reply is not None and not reply.done():
                reply.set_result(message)
            return
        if message.event == "Newchannel" and message.get("Uniqueid") in self._doomed:
            self._write_hangup(message.get("Uniqueid"))
        elif message.event == "OriginateResponse":
            self._doomed.discard(message.get("ActionID"))
        for key in {message.get("ActionID"), message.get("Uniqueid")}:
            watch = self._watches.get(key)
            if watch is not None:
                watch.offer(message)

    def _forget(self) -> None:
        self._ready.clear()
        self._doomed.clear()
        self._writer = None
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(DialerError("the connection to Asterisk's manager was lost"))
        for watch in self._watches.values():
            watch.offer(None)

    def _tell(self, again_s: float) -> None:
        tell = self._log.debug if self._trouble == self._told else self._log.warning
        tell("Asterisk's manager is away", reason=self._trouble, again_s=again_s)
        self._told = self._trouble
