"""What Deepgram may do wrong, and what comes of it: before the WebSocket, and on it."""

import json
from pathlib import Path

import aiohttp
import pytest

from porteiro.calls.ports import Transcript
from porteiro.speech.deepgram import DeepgramOptions, DeepgramTranscriber
from tests.contract.faults import (
    HEARING,
    HTML,
    KEY,
    NEVER,
    Fails,
    Messages,
    Table,
    limit_s,
    tries_all,
)
from tests.contract.shared_faults import hears, rated, refusals, well_formed

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
    **refusals(
        key="answered 401: check PORTEIRO_DEEPGRAM_KEY",
        quota="its quota is used up",
        trouble="it is in trouble",
        certificate="cannot be trusted",
    ),
    **well_formed(heard),
    **rated(heard, no_number=NONE, out_of_range=CONFIDENCE),
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
    "never": (Messages(then="hangs"), Fails(r"within 0\.3 s")),
    "no handshake: never": (NEVER, Fails(r"within 0\.3 s")),
    "cut": (
        Messages((words("abre o port", last=False),), then="breaks off"),
        Fails("broke off before the last words"),
    ),
    "a field too many": (heard("sim", authorized=True), Transcript("sim", 0.9, sure=True)),
}


@pytest.mark.parametrize("fault", HEARS)
async def test_hearing(fault: str, tmp_path: Path) -> None:
    limit = limit_s("never" if "never" in fault else fault)

    def made(session: aiohttp.ClientSession, url: str) -> DeepgramTranscriber:
        options = DeepgramOptions(KEY, url.replace("http", "ws", 1), limit_s=limit)
        return DeepgramTranscriber(session, options)

    await hears(HEARS[fault], tmp_path, made)


def test_every_fault_is_tried() -> None:
    tries_all(HEARING, HEARS, {})
