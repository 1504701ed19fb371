"""A FreeSWITCH that behaves as it is told: well, badly, or not at all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from porteiro.dialers.esl_client import EslClient, EslServer
from tests.contract.http_peer import BAD
from tests.unit.event_socket.event_socket_peer import Peer, event, reply


@asynccontextmanager
async def client_for(behaves: str) -> AsyncIterator[EslClient]:
    """Run a client of a FreeSWITCH on loopback that takes every order as `behaves` says."""
    answering: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_serve(Peer(reader, writer), behaves))
        answering.add(task)
        task.add_done_callback(answering.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server, asyncio.TaskGroup() as group:
        port = server.sockets[0].getsockname()[1]
        client = EslClient(EslServer("127.0.0.1", port, "s3gr3d0", reply_s=0.3))
        running = group.create_task(client.run())
        try:
            yield client
        finally:
            running.cancel()
            await asyncio.wait({running})
            await asyncio.gather(*answering)


async def _serve(peer: Peer, behaves: str) -> None:
    peer.send(b"Content-Type: auth/request\n\n")
    try:
        while (command := await peer.command()) != "exit":
            if not command.startswith("bgapi originate"):
                peer.send(reply("+OK"))
            elif not _ordered(peer, command.rpartition(" ")[2], behaves):
                break
    except asyncio.IncompleteReadError:
        pass
    await peer.leave()


def _ordered(peer: Peer, job: str, behaves: str) -> bool:
    """Take the order to ring; return whether the connection lives on."""
    if behaves == "garbage":
        peer.send(b"SSH-2.0-OpenSSH_9.2\r\n\n\n")
    elif behaves == "hang":
        return True
    elif behaves not in BAD:
        done = event("BACKGROUND_JOB", f"+OK {job}\n", Job_UUID=job)
        peer.send(reply(f"+OK Job-UUID: {job}"), done)
    elif behaves != "close":
        peer.send(reply(f"-ERR {behaves}"))
    return behaves != "close"
