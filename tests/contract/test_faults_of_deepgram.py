"""What Deepgram may do wrong, and what comes of it: before the WebSocket, and on it."""

import json
from pathlib import Path

import aiohttp
import pytest

from porteiro.calls.ports import Transcript
from porteiro.speech.deepgram import DeepgramOptions, DeepgramTranscriber
from tests.contract.faults import (
    E401,
    E429,
    E429_DATED,
    E500,
    HEARING,
    HTML,
    KEY,
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

NONE = Fails("sent a message that is none of its own", retryable=False)
CONFIDENCE = Fails("a confidence that is not between 0 and 1", retryable=False)


def words(text: str, confidence: str = "0.9", *, last: bool = True, **more: bool) -> str:
    best = {"transcript": text, "confidence": "CONFIDENCE", **more}
    results: dict[str, object] = {
        "type": "Results",
        "is_final": last,
        "from_finalize": last,
        **more,
    }
    answer = json.dumps({**results, "channel": {"alternatives": [best]}})
    return answer.replace('"CONFIDENCE"', confidence)


def heard(text: str, confidence: str = "0.9", **more: bool) -> Messages:
    return Messages((words(text, confidence, **more),))


HEARS: Table = {
    "html": (HTML, Fails("answered 200: .* check PORTEIRO_DEEPGRAM_URL", retryable=False)),
    "html on the socket": (Messages((str(HTML.body),)), NONE),
    "empty": (Messages(("",)), NONE),
    "nothing": (Messages(), Transcript("", 0.0, sure=False)),
    "half a JSON": (Messages(('{"type":"Results","chan',)), NONE),
    "10 MB": (
        Messages((words("a" * 10_000_000),)),
        Fails("a message of more than 262144 bytes", retryable=False),
    ),
    "without end": (
        Messages((words("é " * 20_000, last=False),), then="goes on"),
        Fails("answered more than 4194304 letters", retryable=False),
    ),
    "a long text": (heard("sim " * 1000), Fails("more than anybody could have spoken")),
    "never": (Messages(then="hangs"), Fails(r"within 0\.3 s")),
    "no handshake: never": (NEVER, Fails(r"within 0\.3 s")),
    "401": (E401, Fails("answered 401: check PORTEIRO_DEEPGRAM_KEY", retryable=False)),
    "429 in seconds": (E429, Fails("its quota is used up", pause_s=100)),
    "429 until a date": (E429_DATED, Fails("its quota is used up", pause_s=100)),
    "500": (E500, Fails("it is in trouble")),
    "untrusted": (UNTRUSTED, Fails("cannot be trusted", retryable=False)),
    "cut": (
        Messages((words("abre o port", last=False),), then="breaks off"),
        Fails("broke off before the last words"),
    ),
    "English": (heard("yes sure"), Transcript("yes sure", 0.9, sure=True)),
    "Spanish": (heard("sí claro"), Transcript("sí claro", 0.9, sure=True)),
    "Chinese": (heard("好的，请进"), NOTHING),
    "film credits": (heard("legendas pela comunidade amara.org"), NOTHING),
    "NaN": (heard("sim", "NaN"), NONE),
    "Infinity": (heard("sim", "Infinity"), NONE),
    "beyond numbers": (heard("sim", "1e999"), NONE),
    "surer than sure": (heard("sim", "7"), CONFIDENCE),
    "less than nothing": (heard("sim", "-1"), CONFIDENCE),
    "a field too many": (heard("sim", authorized=True), Transcript("sim", 0.9, sure=True)),
}


@pytest.mark.parametrize("fault", HEARS)
async def test_hearing(fault: str, tmp_path: Path) -> None:
    reply, outcome = HEARS[fault]
    async with answering(reply, tmp_path) as url, aiohttp.ClientSession() as session:
        limit = limit_s("never" if "never" in fault else fault)
        options = DeepgramOptions(KEY, url.replace("http", "ws", 1), limit_s=limit)
        await comes_to(words_from(DeepgramTranscriber(session, options)), outcome)


def test_every_fault_is_tried() -> None:
    tries_all(HEARING, HEARS, {})
