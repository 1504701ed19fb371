"""What Azure Speech may do wrong, and what comes of it."""

import gzip
import json
from pathlib import Path

import aiohttp
import pytest

from porteiro.calls.ports import Transcript
from porteiro.speech.azure.options import AzureOptions
from porteiro.speech.azure.synthesizer import AzureSynthesizer
from porteiro.speech.azure.transcriber import AzureTranscriber
from tests.contract.faults import (
    HALF,
    HEARING,
    HTML,
    KEY,
    LOUD,
    NEVER,
    NOTHING,
    SPEAKING,
    Fails,
    Reply,
    Speaks,
    Table,
    answering,
    comes_to,
    limit_s,
    sound_from,
    tries_all,
)
from tests.contract.shared_faults import hears, rated, refusals, well_formed

NONE = Fails("did not answer with a recognition result", retryable=False)
CONFIDENCE = Fails("a confidence that is not between 0 and 1", retryable=False)
STATUSES: Table = {
    **refusals(
        key="answered 401: check AZURE_SPEECH_KEY",
        quota="its quota is used up",
        trouble="it is in trouble",
        certificate="cannot be trusted .* CA certificates",
    ),
    "elsewhere": (
        Reply(status=302, headers={"Location": "/v2"}),
        Fails("it is somewhere else; check AZURE_SPEECH_REGION", retryable=False),
    ),
}
BOMB = Reply(gzip.compress(b" " * 10_000_000), headers={"Content-Encoding": "gzip"})


def heard(text: str, confidence: str = "0.9", **more: object) -> Reply:
    best = {"Lexical": text, "Confidence": "CONFIDENCE", "Display": text, **more}
    answer = json.dumps({"RecognitionStatus": "Success", "NBest": [best], **more})
    return Reply(answer.replace('"CONFIDENCE"', confidence))


HEARS: Table = {
    **STATUSES,
    **well_formed(heard),
    **rated(heard, no_number=NONE, out_of_range=CONFIDENCE),
    "html": (HTML, NONE),
    "empty": (Reply(), NONE),
    "half a JSON": (HALF, NONE),
    "10 MB": (
        Reply(b" " * 65_536, then="goes on"),
        Fails("answered more than 131072 bytes", retryable=False),
    ),
    "compressed": (BOMB, Fails("answered more than 131072 bytes", retryable=False)),
    "never": (NEVER, Fails(r"within 0\.3 s")),
    "cut": (Reply('{"Recog', then="breaks off"), Fails("broke off in the middle of its answer")),
    "no words": (heard(""), NOTHING),
    "NaN in quotes": (heard("sim", '"NaN"'), CONFIDENCE),
    "Infinity in quotes": (heard("sim", '"inf"'), CONFIDENCE),
    "a field too many": (heard("sim", authorized=True), Transcript("sim", 0.9, sure=True)),
}

SECOND = LOUD * 8000
AUDIO = "audio/x-raw"
SPEAKS: Table = {
    **STATUSES,
    "html": (HTML, Fails("text in the place of sound", retryable=False)),
    "html as sound": (
        Reply(HTML.body, kind=AUDIO),
        Fails("a file in the place of bare samples", retryable=False),
    ),
    "empty": (Reply(kind=AUDIO), Fails("sent no sound")),
    "half a JSON": (
        Reply(HALF.body, kind=AUDIO),
        Fails("a file in the place of bare samples", retryable=False),
    ),
    "10 MB": (
        Reply(SECOND, kind=AUDIO, then="goes on"),
        Fails("more sound than the phrase can last", retryable=False),
    ),
    "compressed": (BOMB, Fails("more sound than the phrase can last", retryable=False)),
    "never": (NEVER, Fails(r"within 0\.3 s")),
    "cut": (
        Reply(SECOND, kind=AUDIO, then="breaks off"),
        Fails("broke off in the middle of its answer"),
    ),
    "as promised": (Reply(SECOND, kind=AUDIO), Speaks(1.0)),
    "another rate": (
        Reply(SECOND, kind="audio/pcm; rate=24000"),
        Fails("24000 Hz where 8000 Hz were asked for", retryable=False),
    ),
    "a file": (
        Reply(b"RIFF" + SECOND, kind=AUDIO),
        Fails("a file in the place of bare samples", retryable=False),
    ),
    "odd bytes": (
        Reply(SECOND + b"\x01", kind=AUDIO),
        Fails("broke off in the middle of a sample"),
    ),
}


def options(url: str, fault: str) -> AzureOptions:
    return AzureOptions(
        "brazilsouth", KEY, limit_s=limit_s(fault), recognition_url=url, synthesis_url=url
    )


@pytest.mark.parametrize("fault", HEARS)
async def test_hearing(fault: str, tmp_path: Path) -> None:
    await hears(
        HEARS[fault],
        tmp_path,
        lambda session, url: AzureTranscriber(session, options(url, fault)),
    )


@pytest.mark.parametrize("fault", SPEAKS)
async def test_speaking(fault: str, tmp_path: Path) -> None:
    reply, outcome = SPEAKS[fault]
    async with answering(reply, tmp_path) as url, aiohttp.ClientSession() as session:
        await comes_to(sound_from(AzureSynthesizer(session, options(url, fault))), outcome)


def test_every_fault_is_tried() -> None:
    tries_all(HEARING, HEARS, {})
    tries_all(SPEAKING, SPEAKS, {})
