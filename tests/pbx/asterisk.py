"""A private Asterisk for the tests: own folders, own manager port, nothing left afterwards."""

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from porteiro.wire.ami import AmiMessage, AmiParser, Greeting, encode_action
from tests.ports import free_port

PROJECT = Path(__file__).parents[2]
CONFIG = Path(__file__).parent / "config"

USERNAME = "porteiro"
BOOT_S = 30.0

_START = """
set -e
mount -t tmpfs none "$1/tmp"
mount --rbind /proc "$1/proc"
mount --rbind /dev "$1/dev"
mkdir -p "$1/$2"
mount --bind "$2" "$1/$2"
exec chroot "$1" /usr/sbin/asterisk -f -n -C "$2/etc/asterisk.conf"
"""
"""Runs in a mount namespace of its own, so that the kernel undoes the mounts in any case."""


class NoAsteriskError(Exception):
    """There is no Asterisk to test with; the message says why."""


@dataclass(frozen=True, slots=True)
class Asterisk:
    """A running Asterisk: `home` holds its files, the same path inside and outside its root."""

    home: Path
    port: int
    secret: str
    version: str

    @property
    def recordings(self) -> Path:
        """Where the phones write what they hear."""
        return self.home / "recordings"


@contextmanager
def running_asterisk(home: Path) -> Iterator[Asterisk]:
    """Start an Asterisk with its files under `home`, and stop it at the end.

    Raises `NoAsteriskError` where there is none, or it does not start.
    """
    root = _root()
    port, secret = free_port(), secrets.token_hex(16)
    _configure(home, port, secret)
    arguments = ["sh", "-c", _START, "sh", str(root), str(home)]
    unshare = ["unshare", "--mount", "--fork", "--kill-child=KILL"]
    with (home / "console").open("wb") as console:
        process = subprocess.Popen(  # noqa: S603  the test's own program
            [*_as_root(), *unshare, *arguments],
            stdout=console,
            stderr=console,
            stdin=subprocess.DEVNULL,
        )
    try:
        version = _wait_until_booted(process, port, secret, home)
        yield Asterisk(home, port, secret, version)
    finally:
        _stop(process, port, secret)


def _root() -> Path:
    script = subprocess.run(  # noqa: S603  the project's own script
        [PROJECT / "scripts" / "asterisk"], capture_output=True, text=True, check=False
    )
    if script.returncode:
        lines = script.stderr.strip().splitlines() or ["scripts/asterisk failed"]
        raise NoAsteriskError(lines[-1])
    return Path(script.stdout.strip())


def _as_root() -> list[str]:
    return [] if os.geteuid() == 0 else ["sudo", "-n"]


def _configure(home: Path, port: int, secret: str) -> None:
    for folder in ("etc", "lib", "spool", "run", "log", "recordings", "voices"):
        (home / folder).mkdir(parents=True)
    for file in CONFIG.iterdir():
        shutil.copy(file, home / "etc")
    shutil.copy(PROJECT / "deploy" / "asterisk" / "extensions.conf", home / "etc" / "porteiro.conf")
    _rewrite(
        home / "etc" / "extensions.conf", "[globals]", f"[globals]\nRECORDINGS={home}/recordings"
    )
    # The example that is shipped, with this test's port and secret, and a second user who sees all.
    shutil.copy(PROJECT / "deploy" / "asterisk" / "manager.conf", home / "etc")
    _rewrite(home / "etc" / "manager.conf", "port = 5038", f"port = {port}")
    _rewrite(home / "etc" / "manager.conf", "secret = change-me", f"secret = {secret}")
    with (home / "etc" / "manager.conf").open("a") as manager:
        manager.write(f"\n[tests]\nsecret = {secret}\nread = all\nwrite = all\n")
    (home / "etc" / "logger.conf").write_text("[logfiles]\nfull => notice,warning,error,verbose\n")
    folders = {
        "astetcdir": "etc",
        "astvarlibdir": "lib",
        "astdbdir": "lib",
        "astkeydir": "lib",
        "astspooldir": "spool",
        "astrundir": "run",
        "astlogdir": "log",
    }
    lines = ["[directories]", *(f"{name} => {home / folder}" for name, folder in folders.items())]
    lines += ["[options]", "verbose = 3"]
    (home / "etc" / "asterisk.conf").write_text("\n".join(lines) + "\n")


def _rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    if old not in text:
        raise NoAsteriskError(f"{file.name} no longer holds {old!r}")
    file.write_text(text.replace(old, new))


def _wait_until_booted(process: subprocess.Popen[bytes], port: int, secret: str, home: Path) -> str:
    deadline = time.monotonic() + BOOT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return _ask_version(port, secret)
        except OSError:
            time.sleep(0.05)
    raise NoAsteriskError("Asterisk did not start: " + (home / "console").read_text()[-500:])


def _ask_version(port: int, secret: str) -> str:
    with _connect(port, secret) as manager:
        manager.sendall(encode_action("CoreSettings", [("ActionID", "version")]))
        booted, version = False, ""
        for message in _messages(manager):
            booted = booted or message.event == "FullyBooted"
            version = version or message.get("AsteriskVersion")
            if booted and version:
                return version
    raise ConnectionError("the manager went away while Asterisk was starting")


def _connect(port: int, secret: str) -> socket.socket:
    manager = socket.create_connection(("127.0.0.1", port), timeout=10)
    login = [("Username", "tests"), ("Secret", secret)]
    manager.sendall(encode_action("Login", login))
    return manager


def _messages(manager: socket.socket) -> Iterator[AmiMessage]:
    parser = AmiParser()
    while data := manager.recv(65_536):
        yield from (found for found in parser.receive(data) if not isinstance(found, Greeting))


def _stop(process: subprocess.Popen[bytes], port: int, secret: str) -> None:
    try:
        with _connect(port, secret) as manager:
            manager.sendall(encode_action("Command", [("Command", "core stop now")]))
            process.wait(5)
    except (OSError, subprocess.TimeoutExpired):
        subprocess.run(  # noqa: S603
            [*_as_root(), "kill", "-KILL", str(process.pid)], check=False, capture_output=True
        )
        process.wait(5)
