"""A real RabbitMQ of the tests' own: on free ports of loopback, as an unprivileged user.

Its epmd, the port mapper without which no Erlang node starts, is its own as well, and is
stopped with it. Nothing of either is left.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4

import aio_pika
import pytest

from tests.ports import free_port

_USER, PASSWORD = "porteiro", "s3nha-do-broker"
_START_S = 60.0
_STOP_S = 20.0
_DEBIAN = Path("/usr/lib/rabbitmq/bin")
"""Where Debian keeps the programs; those on its PATH insist on root, and on /var."""

_GUARD = 'read -r _; kill -KILL "-$0" "$1"; sleep 1; rm -rf "$2"'
"""Reads on until whoever runs the tests is gone, also by force, and then cleans up."""


@dataclass(frozen=True)
class _Place:
    """Where one broker lives; the same over its restarts."""

    folder: Path
    port: int
    distribution_port: int
    epmd_port: int
    owner: pwd.struct_passwd | None = None


class RabbitMQ:
    """One broker that can be stopped, killed, frozen and started again on the same port."""

    def __init__(self, place: _Place) -> None:
        """Prepare one in `place`; it does not run yet."""
        self._place = place
        self._epmd: subprocess.Popen[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        _write_configuration(place)

    @property
    def port(self) -> int:
        return self._place.port

    def url(self, password: str = PASSWORD, path: str = "/") -> str:
        return f"amqp://{_USER}:{password}@127.0.0.1:{self.port}{path}"

    # ----------------------------------------------------------------- life and death

    def start(self) -> None:
        """Start it, or wake it up, and wait until it takes connections."""
        if self._epmd is None:
            port = str(self._place.epmd_port)
            self._epmd = self._run("epmd", "-address", "127.0.0.1", "-port", port)
        if self._server is None:
            self._server = self._run(_program("rabbitmq-server"))
            self._guard = _guard_of(self._server, self._epmd, self._place.folder)
        self.thaw()
        deadline = time.monotonic() + _START_S
        while not _greets(self.port):
            assert self._server.poll() is None, f"RabbitMQ went away: {self.log()}"
            assert time.monotonic() < deadline, f"RabbitMQ does not start: {self.log()}"
            time.sleep(0.02)

    def stop(self) -> None:
        """End it in good order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it without a word."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Let it hang: connections stand, nothing is answered."""
        assert self._server is not None
        self._server.send_signal(signal.SIGSTOP)
        # Its threads stop one after another: until all have, it may still confirm a message.
        threads = list(Path(f"/proc/{self._server.pid}/task").iterdir())
        while any("\nState:\tT" not in (each / "status").read_text() for each in threads):
            time.sleep(0.005)

    def thaw(self) -> None:
        if self._server is not None:
            self._server.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End it and its port mapper, and leave nothing."""
        self.kill()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait()
            self._epmd = None

    def control(self, *words: str) -> str:
        """Run `rabbitmqctl`; returns what it says."""
        done = subprocess.run(  # noqa: S603  a program of the system's, with words of our own
            [_program("rabbitmqctl"), *words],
            env=_environment(self._place),
            cwd=self._place.folder,
            user=self._place.owner.pw_uid if self._place.owner else None,
            capture_output=True,
            text=True,
            check=False,
            timeout=_START_S,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def log(self) -> str:
        """Return the end of what it wrote."""
        return (self._place.folder / "output").read_text(errors="replace")[-2000:]

    def _end(self, how: signal.Signals) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        if self._guard is not None:
            self._guard.kill()
            self._guard.communicate()
        with suppress(ProcessLookupError):
            server.send_signal(signal.SIGCONT)
            server.send_signal(how)
        try:
            server.wait(_STOP_S)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()

    def _run(self, *words: str) -> subprocess.Popen[bytes]:
        owner = self._place.owner
        with (self._place.folder / "output").open("ab") as output:
            return subprocess.Popen(  # noqa: S603  likewise
                words,
                env=_environment(self._place),
                cwd=self._place.folder,
                user=owner.pw_uid if owner else None,
                group=owner.pw_gid if owner else None,
                extra_groups=[] if owner else None,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    # ----------------------------------------------------------------------- queues

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
        """Reach it as any other program would."""
        async with await aio_pika.connect(self.url()) as connection:
            yield await connection.channel()

    async def declare(self, queue: str, arguments: Mapping[str, str | int]) -> None:
        """Make a durable queue with `arguments`, as an earlier deployment may have."""
        async with self.connected() as channel:
            await channel.declare_queue(queue, durable=True, arguments=dict(arguments))

    async def delete(self, queue: str) -> None:
        async with self.connected() as channel:
            await channel.queue_delete(queue)

    async def take(self, queue: str) -> list[aio_pika.abc.AbstractIncomingMessage]:
        """Take every message that waits in a queue."""
        taken: list[aio_pika.abc.AbstractIncomingMessage] = []
        async with self.connected() as channel:
            kept = await channel.declare_queue(queue, passive=True)
            while (message := await kept.get(fail=False)) is not None:
                await message.ack()
                taken.append(message)
        return taken


@contextmanager
def rabbitmq() -> Iterator[RabbitMQ]:
    """Run a broker for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="porteiro-rabbitmq-") as folder:
        owner = _unprivileged()
        broker = RabbitMQ(_Place(Path(folder), free_port(), free_port(), free_port(), owner))
        if owner is not None:
            for path in (Path(folder), *Path(folder).iterdir()):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        try:
            broker.start()
            yield broker
        finally:
            broker.close()


_session = ExitStack()


@cache
def _session_s_broker() -> RabbitMQ:
    return _session.enter_context(rabbitmq())


@pytest.fixture(scope="session")
def one_rabbitmq() -> Iterator[RabbitMQ]:
    """The broker of the whole session, for every module: starting one takes seconds."""
    if shutil.which(_program("rabbitmq-server")) is None:
        missing = "no rabbitmq-server here: scripts/setup --tests installs it"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    yield _session_s_broker()
    _session.close()


@pytest.fixture
def broker(one_rabbitmq: RabbitMQ) -> Iterator[RabbitMQ]:
    """The session's broker, running, whatever the test before did to it."""
    one_rabbitmq.start()
    yield one_rabbitmq
    one_rabbitmq.thaw()


@pytest.fixture
def queue() -> str:
    """A queue's name that nobody else uses."""
    return f"fila-{uuid4()}"


def _guard_of(
    server: subprocess.Popen[bytes], epmd: subprocess.Popen[bytes], folder: Path
) -> subprocess.Popen[bytes]:
    """Start what ends a broker and its port mapper where we are ended by force."""
    return subprocess.Popen(  # noqa: S603  a line of our own
        ["/bin/sh", "-c", _GUARD, str(server.pid), str(epmd.pid), folder],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


def _write_configuration(place: _Place) -> None:
    # Only the old format: the new one is read by a program that costs a second at the start.
    terms = f"""[
      {{rabbit, [
        {{tcp_listeners, [{{"127.0.0.1", {place.port}}}]}}, {{num_tcp_acceptors, 2}},
        {{default_user, <<"{_USER}">>}}, {{default_pass, <<"{PASSWORD}">>}},
        {{loopback_users, []}}, {{disk_free_limit, 1000000}}, {{log, [{{file, [{{file, false}}]}},
        {{console, [{{enabled, true}}, {{level, warning}}]}}]}}]}},
      {{kernel, [{{inet_dist_use_interface, {{127,0,0,1}}}}]}}
    ]."""
    (place.folder / "advanced.config").write_text(terms)
    (place.folder / "enabled_plugins").write_text("[].\n")
    cookie = place.folder / ".erlang.cookie"
    cookie.write_text(uuid4().hex)
    cookie.chmod(0o400)


def _environment(place: _Place) -> Mapping[str, str]:
    folder = str(place.folder)
    return {
        "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": folder,
        "LANG": "C.UTF-8",
        "ERL_EPMD_PORT": str(place.epmd_port),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": f"porteiro-{place.port}@localhost",
        "RABBITMQ_DIST_PORT": str(place.distribution_port),
        "RABBITMQ_CONF_ENV_FILE": f"{folder}/none",
        "RABBITMQ_CONFIG_FILE": f"{folder}/none",
        "RABBITMQ_ADVANCED_CONFIG_FILE": f"{folder}/advanced.config",
        "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
        "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia",
        "RABBITMQ_LOG_BASE": f"{folder}/log",
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_GENERATED_CONFIG_DIR": f"{folder}/config",
        "RABBITMQ_SCHEMA_DIR": f"{folder}/schema",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +A 2 +sbwt none",
        "RUNNING_UNDER_SYSTEMD": "yes",  # the broker takes the place of the script that starts it
    }


def _unprivileged() -> pwd.struct_passwd | None:
    """Whom to run as where the tests run as root, which it must not."""
    if os.geteuid() != 0:
        return None
    for name in ("rabbitmq", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    return None


def _program(name: str) -> str:
    return str(_DEBIAN / name) if (_DEBIAN / name).exists() else name


def _greets(port: int) -> bool:
    """Whether a broker answers AMQP's header with its first frame."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as peer:
            peer.sendall(b"AMQP\x00\x00\x09\x01")
            return peer.recv(1) == b"\x01"
    except OSError:
        return False
