"""Has a nursery of its own, and prints what became of its workers: `test_nursery.py` runs it.

A program, since forking from a process that runs tests, with their threads, is another story.
"""

import asyncio
import json
import os
import signal
import socket
import sys

from porteiro.workers.nursery import Forked, Nursery

Facts = dict[str, object]


def work(end: int) -> int:
    """Do as the other end of the connection says, until it closes."""
    with socket.socket(fileno=end) as parent:
        while order := parent.recv(100):
            if order == b"fail":
                raise ValueError("a worker that fails")
            if order == b"end":
                return 0
            terminate = signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
            told = {"parent": os.getppid(), "group": os.getpgrp(), "deaf": terminate}
            parent.sendall(json.dumps({**told, "pid": os.getpid()}).encode())
    return 0


async def born(nursery: Nursery) -> tuple[Forked | None, socket.socket]:
    """Have a worker forked; return it, and the connection to it."""
    ours, theirs = socket.socketpair()
    with theirs:
        return await nursery.bear(theirs), ours


def told(worker: socket.socket) -> Facts:
    """Ask a worker how it is."""
    worker.sendall(b"how")
    facts: Facts = json.loads(worker.recv(1000))
    return facts


async def ended(worker: Forked | None, connection: socket.socket) -> bool:
    """Return whether a worker ends, and its connection with it."""
    if worker is None:
        return False
    await worker.wait()
    connection.setblocking(False)
    return not await asyncio.get_running_loop().sock_recv(connection, 1)


async def look(nursery: Nursery) -> Facts:
    """Return what is seen of a nursery and its workers."""
    (first, to_first), (second, to_second) = [await born(nursery) for _ in range(2)]
    facts: Facts = {
        "nursery": nursery.pid,
        "pids": [first and first.pid, second and second.pid],
        "told": [told(to_first), told(to_second)],
    }
    if first is not None and second is not None:
        first.kill()
        facts["killed ends"] = await ended(first, to_first)
        try:
            first.kill()
        except ProcessLookupError:
            facts["killed again"] = "there is no such process"
        facts["the other lives"] = told(to_second)["pid"] == second.pid
        to_second.sendall(b"end")
        facts["told to end ends"] = await ended(second, to_second)
    failing, to_failing = await born(nursery)
    to_failing.sendall(b"fail")
    facts["failing ends"] = await ended(failing, to_failing)
    last, to_last = await born(nursery)
    facts["a nursery outlives a failure"] = last is not None
    os.kill(nursery.pid, signal.SIGKILL)
    facts["without it"] = [(await born(nursery))[0] for _ in range(2)]
    facts["its worker lives on"] = told(to_last)["pid"] == (last and last.pid)
    to_last.close()
    if last is not None:
        await last.wait()
    return facts


def main() -> None:
    """Print one JSON object."""
    with Nursery.begun(work) as nursery:
        facts = asyncio.run(look(nursery))
    with Nursery.begun(work) as short:
        pass
    try:
        os.kill(short.pid, 0)
    except ProcessLookupError:
        facts["gone with its block"] = True
    sys.stdout.write(json.dumps(facts))


if __name__ == "__main__":
    main()
