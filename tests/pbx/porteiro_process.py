"""The real server, started as an integrator starts it: a program, its environment, its files."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.pbx.asterisk import USERNAME, Asterisk
from tests.ports import free_port
from tests.shared_phrases import share_phrases
from tests.visit_records import read_visits

START_S = 60.0

APARTMENTS = {"501": "1001", "502": "2001", "503": "3018"}
"""Who picks up, who never does, and whose line is busy: see the phones' dialplan."""


@dataclass(frozen=True, slots=True)
class PorteiroProcess:
    """A running server: its ports on loopback, its data folder, its log, its gate's port."""

    process: subprocess.Popen[bytes]
    port: int
    return_port: int
    api_port: int
    gate_port: int
    data: Path
    log: Path

    def kill(self) -> None:
        """End it as a crash does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def visit(self, call_id: str) -> dict[str, object] | None:
        """Return the record of a visit, once it is written."""
        visits = read_visits(self.data)
        return next((visit for visit in visits if visit["call_id"] == call_id), None)


@contextmanager
def running_porteiro(folder: Path, asterisk: Asterisk) -> Iterator[PorteiroProcess]:
    """Run `porteiro serve` on free ports, with `asterisk` to ring residents through."""
    data = folder / "data"
    port, return_port, api_port, gate_port = (free_port() for _ in range(4))
    _write_data(data, port, return_port)
    settings = {
        "PORTEIRO_DATA_DIR": str(data),
        "PORTEIRO_DIALER": "ami",
        "PORTEIRO_AMI_PORT": str(asterisk.port),
        "PORTEIRO_AMI_USERNAME": USERNAME,
        "PORTEIRO_AMI_SECRET": asterisk.secret,
        "PORTEIRO_AMI_CHANNEL": "Local/{number}@phones/n",
        "PORTEIRO_GATE": "log,http",
        "PORTEIRO_GATE_URL": f"http://127.0.0.1:{gate_port}/gate",
        "PORTEIRO_LOG_FORMAT": "json",
        "PORTEIRO_LOG_PERSONAL": "true",
        "API_PORT": str(api_port),
    }
    inherited = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "LANG", "PYTHONPATH")
        if name in os.environ
    }
    program = Path(sys.executable).parent / "porteiro"
    log = folder / "porteiro.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  the project's own program
            [program, "serve"], cwd=folder, env=inherited | settings, stdout=output, stderr=output
        )
    try:
        _wait_until_serving(process, log)
        yield PorteiroProcess(process, port, return_port, api_port, gate_port, data, log)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _write_data(data: Path, port: int, return_port: int) -> None:
    data.mkdir(parents=True)
    extension = {
        "id": 10,
        "ramal_ia": "2018519",
        "ramal_retorno": "2018520",
        "ip_servidor": "127.0.0.1",
        "porta_ia": port,
        "porta_retorno": return_port,
        "condominio_id": 15,
    }
    apartments = [
        {"apartment_number": apartment, "residents": [resident], "voip_number": number}
        for (apartment, number), resident in zip(
            APARTMENTS.items(), ("Renata Oliveira", "Carlos Souza", "Marta Lima"), strict=True
        )
    ]
    condominium = {
        "condominium_id": 15,
        "name": "Condomínio Apoena",
        "attempts": 1,
        "ring_seconds": 5,
        "fallback_number": "9000",
    }
    share_phrases(data)
    (data / "ramais_config.json").write_text(json.dumps({"ramais": [extension]}))
    (data / "apartamentos.json").write_text(json.dumps(apartments))
    (data / "condominios.json").write_text(json.dumps([condominium]))


def _wait_until_serving(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        if "Porteiro serves" in log.read_text():
            return
        time.sleep(0.05)
    raise AssertionError("porteiro serve did not start: " + log.read_text()[-2000:])
