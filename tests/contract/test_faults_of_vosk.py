"""What a Vosk server may do wrong, and what comes of it: before the WebSocket, and on it."""

import json
from pathlib import Path

import aiohttp
import pytest

from porteiro.calls.ports import Transcript
from porteiro.speech.vosk import VoskOptions, VoskTranscriber
from tests.contract.faults import (
    HEARING,
    HTML,
    NEVER,
    Fails,
    Messages,
    Table,
    limit_s,
    tries_all,
)
from tests.contract.shared_faults import hears, rated, refusals, well_formed

NONE = Fails("what answers is no Vosk server: check PORTEIRO_VOSK_URL", retryable=False)
BROKEN = Fails("broke off in the middle of a turn")
PACKETS = 10
"""How many the second of sound goes out in; the end of it is answered, too."""


def heard(text: str, confidence: str = "0.9", **more: object) -> Messages:
    rated = [{"word": word, "conf": "CONFIDENCE", **more} for word in text.split()]
    last = json.dumps({"text": text, "result": rated, **more}).replace('"CONFIDENCE"', confidence)
    return Messages((*('{"partial": ""}',) * PACKETS, last))


HEARS: Table = {
    **refusals(
        key="HTTP status 401: check PORTEIRO_VOSK_URL",
        quota="HTTP status 429",
        trouble="HTTP status 500",
        certificate="TLS certificate is not trusted",
    ),
    **well_formed(heard),
    **rated(heard, no_number=NONE, out_of_range=NONE),
    "html": (HTML, Fails("HTTP status 200: check PORTEIRO_VOSK_URL", retryable=False)),
    "html on the socket": (Messages((str(HTML.body),)), NONE),
    "empty": (Messages(("",)), NONE),
    "nothing": (Messages(), BROKEN),
    "half a JSON": (Messages(('{"text": "abre o port',)), NONE),
    "10 MB": (Messages((json.dumps({"text": "a" * 10_000_000}),)), BROKEN),
    "without end": (
        Messages((json.dumps({"partial": "é " * 20_000}),), then="goes on"),
        Fails("answers without end: check PORTEIRO_VOSK_URL"),
    ),
    "never": (Messages(then="hangs"), Fails(r"within 0\.3 s")),
    "no handshake: never": (NEVER, Fails(r"within 0\.3 s")),
    "cut": (Messages(('{"partial": "abre o port"}',), then="breaks off"), BROKEN),
    "a field too many": (heard("sim", authorized=True), Transcript("sim", 0.9, sure=True)),
}


@pytest.mark.parametrize("fault", HEARS)
async def test_hearing(fault: str, tmp_path: Path) -> None:
    limit = limit_s("never" if "never" in fault else fault)

    def made(session: aiohttp.ClientSession, url: str) -> VoskTranscriber:
        options = VoskOptions(
            url.replace("http", "ws", 1), sure_from=0.8, connect_s=limit, limit_s=limit, close_s=0.1
        )
        return VoskTranscriber(session, options)

    await hears(HEARS[fault], tmp_path, made)


def test_every_fault_is_tried() -> None:
    tries_all(HEARING, HEARS, {})
