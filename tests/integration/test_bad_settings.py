"""Settings that make no sense: a line says which, what is there and what may be; no start."""

import asyncio
import socket
from pathlib import Path

from tests.integration.server import refuses_to_start

SECRET = "geheim-1234567890"


async def test_settings_that_make_no_sense_stop_the_start_with_a_line_each(tmp_path: Path) -> None:
    wrong = {
        "API_PORT": "abc",
        "PORTEIRO_API_TOKEN": SECRET[:9],
        "SILENCE_THRESHOLD_SECONDS": "-1",
        "PORTEIRO_PBX_ALLOW": "300.1.1.1",
        "PORTEIRO_DIALER": "foo",
        "PORTEIRO_GATE_URL": f"ftp://porteiro:{SECRET}@gate/",
    }
    status, lines = await asyncio.to_thread(refuses_to_start, tmp_path, wrong)
    assert status == 2
    assert lines == [
        (
            "PORTEIRO_DIALER='foo' is not allowed; allowed: webhook, ami, amqp, esl or simulated, "
            "or unset"
        ),
        (
            "PORTEIRO_GATE_URL='ftp://***@gate/' is not allowed; allowed: an http:// or https:// "
            "address"
        ),
        "SILENCE_THRESHOLD_SECONDS='-1' is not allowed; allowed: seconds from 0.2 to 5",
        "API_PORT='abc' is not allowed; allowed: a port from 0 to 65535",
        "PORTEIRO_API_TOKEN: its value (not shown) is not allowed; allowed: at least 16 characters",
        (
            "PORTEIRO_PBX_ALLOW='300.1.1.1' is not allowed; allowed: networks separated by commas, "
            "such as 10.0.0.0/8,192.168.1.5"
        ),
    ]


async def test_settings_that_do_not_fit_together_stop_the_start_with_a_line_each(
    tmp_path: Path,
) -> None:
    wrong = {"PORTEIRO_API_HOST": "0.0.0.0", "PORTEIRO_GATE": "log,http"}
    status, lines = await asyncio.to_thread(refuses_to_start, tmp_path, wrong)
    assert status == 2
    assert lines == [
        "PORTEIRO_API_TOKEN is not set, and must be: PORTEIRO_API_HOST=0.0.0.0 is not loopback",
        "PORTEIRO_GATE_URL is not set, and must be: PORTEIRO_GATE names http",
    ]


async def test_an_api_port_that_is_taken_stops_the_start_with_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        settings = {"API_PORT": port, "PORTEIRO_API_TOKEN": SECRET}
        status, lines = await asyncio.to_thread(refuses_to_start, tmp_path, settings)
    assert status == 1
    (line,) = [line for line in lines if '"level": "error"' in line]
    assert f"the API cannot listen on 127.0.0.1 port {port}" in line
    assert "choose another with PORTEIRO_API_HOST and API_PORT" in line
    assert not any("Traceback" in line or SECRET in line for line in lines)
