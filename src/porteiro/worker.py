"""The program of a worker: answers the calls of the extensions that its parent gives it.

It ends when its parent says so, or is gone; then it lets its calls end before.
"""

import asyncio
import gc
import os
import signal
import socket
import sys
from contextlib import AsyncExitStack
from typing import Final

import msgspec
import structlog
import uvloop

from porteiro.answering import Ground, prepare_answering
from porteiro.assembly import Simulation
from porteiro.calls.draining import DrainOptions, Impatience, drain
from porteiro.desk import Desk
from porteiro.errors import PorteiroError, SettingsError
from porteiro.freeswitch import freeswitch_server
from porteiro.logs import LogOptions, logging_to
from porteiro.settings import Settings, load, secrets
from porteiro.storage.visits.worker_folder import worker_folder
from porteiro.worker_post import Post
from porteiro.workers.framing import framed
from porteiro.workers.messages import ORDERS, Begin, Ready, Refused
from porteiro.workers.numbers import Numbers

_log = structlog.get_logger()

_HEAD: Final = 4


def work(end: int) -> int:
    """Work for the process at the other end of the socket with this number, until it is over."""
    parent = socket.socket(fileno=end)
    os.set_inheritable(parent.fileno(), False)  # noqa: FBT003  the function's own form
    begin = _beginning(parent)
    if begin is None:
        return 0
    os.environ.update(begin.environment)
    try:
        settings = share_of(load(env_file=None), begin.workers)
    except SettingsError as error:
        parent.sendall(framed(msgspec.json.encode(Refused(str(error)))))
        return 1
    options = LogOptions(
        form=settings.log_format,
        level=settings.log_level,
        personal=settings.log_personal,
        secrets=secrets(settings),
    )
    structlog.contextvars.bind_contextvars(pid=os.getpid())
    with logging_to(None, options):
        try:
            uvloop.run(_work(settings, parent))
        except PorteiroError as error:
            _log.error("a worker stopped", reason=str(error))
            return 1
    return 0


def share_of(settings: Settings, workers: int) -> Settings:
    """Return the settings of one worker of several: an even share of what the machine bears."""

    def share(whole: int) -> int:
        return max(1, -(-whole // workers))

    return settings.model_copy(
        update={
            "max_calls": share(settings.max_calls),
            "max_transcriptions": share(settings.max_transcriptions),
            "max_synthesis": share(settings.max_synthesis),
        }
    )


def _beginning(parent: socket.socket) -> Begin | None:
    """Wait for the first order; None where the parent is gone before."""
    head = _exactly(parent, _HEAD)
    order = ORDERS.decode(_exactly(parent, int.from_bytes(head, "big"))) if head else None
    return order if isinstance(order, Begin) else None


def _exactly(parent: socket.socket, size: int) -> bytes:
    """Return so many bytes, or none where the connection ends before."""
    data = b""
    while len(data) < size:
        some = parent.recv(size - len(data))
        if not some:
            return b""
        data += some
    return data


async def _work(settings: Settings, parent: socket.socket) -> None:
    """Answer calls until the parent wants no more, or is gone."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # They may be sent to all of us, and it is the parent who says what to do.
        asyncio.get_running_loop().add_signal_handler(number, lambda: None)
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(worker_folder(settings.data_dir))
        ground = await Ground.prepared(settings, stack)
        database = await ground.assembly.database()
        _, visits = await ground.assembly.visits(database, folder)
        desk = Desk(ground.register)
        freeswitch = freeswitch_server(settings, ground.frames, desk)
        if freeswitch is not None:
            stack.push_async_callback(freeswitch.close)
        answering = await prepare_answering(ground, Simulation(), visits, freeswitch, desk)
        numbers = Numbers(answering.exchange)
        desk.opens(numbers, answering.reception)
        post = Post(ground, answering, numbers, visits)
        loop = asyncio.get_running_loop()
        gc.collect()
        gc.freeze()
        await loop.create_connection(lambda: post.channel, sock=parent)
        for duty in post.duties():
            ground.background.start(duty)
        post.channel.send(Ready())
        await post.over()
        if post.orphaned:
            _log.warning("the parent is gone: calls may end, then this worker does")
            await answering.stop_taking()
            await drain(answering.reception, DrainOptions(settings.drain_s), Impatience())
        # Until here the parent is told that we live; what follows has a time limit of its own.


if __name__ == "__main__":
    sys.exit(work(int(sys.argv[1])))
