"""What a Vosk server may do wrong, and what comes of it: before the WebSocket, and on it."""

import json
from pathlib import Path

import aiohttp
import pytest

from porteiro.calls.ports import Transcript
from porteiro.speech.vosk import VoskOptions, VoskTranscriber
from tests.contract.faults import (
    E401,
    E429,
    E429_DATED,
    E500,
    HEARING,
    HTML,
    NEVER,
    NOTHING,
    UNTRUSTED,
    Fails,
    Messages,
    Table,
    answering,
    comes_to,
    limit_s,
    tries_all,
    words_from,
)

NONE = Fails("what answers is no Vosk server: check PORTEIRO_VOSK_URL", retryable=False)
BROKEN = Fails("broke off in the middle of a turn")
PACKETS = 10
"""How many the second of sound goes out in; the end of it is answered, too."""


def heard(text: str, confidence: str = "0.9", **more: object) -> Messages:
    rated = [{"word": word, "conf": "CONFIDENCE", **more} for word in text.split()]
    last = json.dumps({"text": text, "result": rated, **more}).replace('"CONFIDENCE"', confidence)
    return Messages((*('{"partial": ""}',) * PACKETS, last))


HEARS: Table = {
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
    "a long text": (heard("sim " * 1000), Fails("more than anybody could have spoken")),
    "never": (Messages(then="hangs"), Fails(r"within 0\.3 s")),
    "no handshake: never": (NEVER, Fails(r"within 0\.3 s")),
    "401": (E401, Fails("HTTP status 401: check PORTEIRO_VOSK_URL", retryable=False)),
    "429 in seconds": (E429, Fails("HTTP status 429", pause_s=100)),
    "429 until a date": (E429_DATED, Fails("HTTP status 429", pause_s=100)),
    "500": (E500, Fails("HTTP status 500")),
    "untrusted": (UNTRUSTED, Fails("TLS certificate is not trusted", retryable=False)),
    "cut": (Messages(('{"partial": "abre o port"}',), then="breaks off"), BROKEN),
    "English": (heard("yes sure"), Transcript("yes sure", 0.9, sure=True)),
    "Spanish": (heard("sí claro"), Transcript("sí claro", 0.9, sure=True)),
    "Chinese": (heard("好的 请进"), NOTHING),
    "film credits": (heard("legendas pela comunidade amara.org"), NOTHING),
    "NaN": (heard("sim", "NaN"), NONE),
    "Infinity": (heard("sim", "Infinity"), NONE),
    "beyond numbers": (heard("sim", "1e999"), NONE),
    "surer than sure": (heard("sim", "7"), NONE),
    "less than nothing": (heard("sim", "-1"), NONE),
    "a field too many": (heard("sim", authorized=True), Transcript("sim", 0.9, sure=True)),
}


@pytest.mark.parametrize("fault", HEARS)
async def test_hearing(fault: str, tmp_path: Path) -> None:
    reply, outcome = HEARS[fault]
    limit = limit_s("never" if "never" in fault else fault)
    async with answering(reply, tmp_path) as url, aiohttp.ClientSession() as session:
        options = VoskOptions(
            url.replace("http", "ws", 1), sure_from=0.8, connect_s=limit, limit_s=limit, close_s=0.1
        )
        await comes_to(words_from(VoskTranscriber(session, options)), outcome)


def test_every_fault_is_tried() -> None:
    tries_all(HEARING, HEARS, {})
