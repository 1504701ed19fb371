"""A private PostgreSQL for the tests, from the system's binaries; it leaves nothing behind."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import pytest

from tests.ports import free_port

BOOT_S = 30.0

_CONFIG = """
listen_addresses = '127.0.0.1'
unix_socket_directories = '{folder}'
port = {port}
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 50
"""

_GUARD = 'read -r _; kill -CONT "$0"; kill -INT "$0"; sleep 1; rm -rf "$1"'
"""Reads on until whoever runs the tests is gone, also by force, and then cleans up."""


class NoPostgresError(Exception):
    """There is no PostgreSQL to test with; the message says why."""


class PostgresServer:
    """A PostgreSQL of one's own on a free port of 127.0.0.1, and on a socket in `folder`.

    All methods block, for well under a second. Its superuser has a password over TCP as well
    as over the socket. What `new_database` gives out lasts as long as the server.
    """

    def __init__(self) -> None:
        self.user, self.password = "porteiro", secrets.token_hex(16)
        self._programs = _programs()
        self._uid: int | None
        self._gid: int | None
        self._uid, self._gid = _unprivileged()
        self.folder = Path(tempfile.mkdtemp(prefix="porteiro-pg-"))
        self._data = self.folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._names = count(1)
        try:
            self.port = free_port()
            self._initialise()
            self.start()
            self.name = self.new_database()["DB_NAME"]
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def settings(self) -> dict[str, str]:
        """The environment that makes Porteiro use the first database."""
        return self.settings_of(self.name)

    def settings_of(self, database: str) -> dict[str, str]:
        """Return the environment that makes Porteiro use `database`."""
        return {
            "DB_HOST": "127.0.0.1",
            "DB_PORT": str(self.port),
            "DB_NAME": database,
            "DB_USER": self.user,
            "DB_PASSWORD": self.password,
        }

    def new_database(self, template: str = "template1") -> dict[str, str]:
        """Create a database as a copy of another, and return its settings."""
        name = f"porteiro_{next(self._names)}"
        self.execute(f'create database "{name}" template "{template}"', "postgres")
        return self.settings_of(name)

    def execute(self, sql: str, database: str | None = None) -> list[tuple[object, ...]]:
        """Run statements, each committed by itself, and return the last one's rows."""
        with self.connect(database) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def connect(self, database: str | None = None) -> psycopg.Connection[tuple[object, ...]]:
        """Return a blocking connection in autocommit mode, to be closed by the caller."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            dbname=database or self.name,
            user=self.user,
            password=self.password,
            connect_timeout=5,
            autocommit=True,
        )

    def start(self) -> None:
        """Start the server on the port it had, and wait until it takes connections."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  the system's own program
                [self._programs / "postgres", "-D", self._data],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self._uid,
                group=self._gid,
            )
        self._guard = subprocess.Popen(  # noqa: S603  our own line above
            ["/bin/sh", "-c", _GUARD, str(self._process.pid), self.folder],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            user=self._uid,
            group=self._gid,
        )
        deadline = time.monotonic() + BOOT_S
        while True:
            with suppress(psycopg.OperationalError), self.connect("postgres"):
                return
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise NoPostgresError(f"PostgreSQL did not start: {self.log()[-2000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server as an operator would: connections are ended, nothing is lost."""
        if self._process is None:
            return
        if self._guard is not None:
            self._guard.kill()
            self._guard.communicate()
        self.thaw()
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(BOOT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def restart(self) -> None:
        """Stop and start it."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """Stop all its processes in their tracks: connections stay up and nobody answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        self._signal(signal.SIGCONT)

    def log(self) -> str:
        """Return what the server has written."""
        return (self.folder / "log").read_text(errors="replace")

    def close(self) -> None:
        """Stop it and remove its files."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _initialise(self) -> None:
        if self._uid is not None and self._gid is not None:
            os.chown(self.folder, self._uid, self._gid)
        with tempfile.NamedTemporaryFile("w", dir=self.folder, delete=False) as secret:
            secret.write(self.password)
        Path(secret.name).chmod(0o644)  # the folder itself is closed to others
        done = subprocess.run(  # noqa: S603  the system's own program
            [
                *(self._programs / "initdb", "-D", self._data, "--no-sync", "--no-instructions"),
                *("--username", self.user, "--pwfile", secret.name, "--auth", "scram-sha-256"),
                *("--encoding", "UTF8", "--locale", "C.UTF-8"),
            ],
            capture_output=True,
            text=True,
            check=False,
            user=self._uid,
            group=self._gid,
        )
        Path(secret.name).unlink()
        if done.returncode:
            raise NoPostgresError(f"initdb failed: {done.stderr.strip()[-2000:]}")
        with (self._data / "postgresql.conf").open("a") as config:
            config.write(_CONFIG.format(folder=self.folder, port=self.port))

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to the server's first process, and then to all it has started."""
        if self._process is None:
            return
        self._process.send_signal(number)
        started = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        for child in started.read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(child), number)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL; without one the tests are skipped, but fail where CI is set."""
    try:
        with PostgresServer() as server:
            yield server
    except NoPostgresError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


def _programs() -> Path:
    """Return the folder of the newest server there is; Debian keeps it off the PATH."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = max(installed, key=lambda one: int(one.parts[-3].split(".")[0]), default=None)
    found = newest or shutil.which("postgres")
    if found is None:
        raise NoPostgresError("there is no PostgreSQL server; install the package postgresql")
    return Path(found).parent


def _unprivileged() -> tuple[int, int] | tuple[None, None]:
    """Return the user and group the server is to run as: it refuses to run as root."""
    if os.geteuid() != 0:
        return None, None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    raise NoPostgresError("PostgreSQL cannot run as root, and there is no user postgres or nobody")
