"""`make test-live`, on stand-ins in the place of the real services."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.live.services import PARTS
from tests.providers.deepgram_server import KEY, deepgram_that
from tests.providers.openai_server import KEY as OPENAI_KEY
from tests.providers.openai_server import openai_server
from tests.providers.vosk_server import vosk_that
from tests.providers.wyoming_server import wyoming_that

PROJECT = Path(__file__).parents[2]


async def tried(*arguments: str, **variables: str) -> tuple[int, str]:
    """Run it with these variables of speech, and no others; return its status and its words."""
    speech = ("PORTEIRO_", "AZURE_", "AI_API_")
    others = {name: value for name, value in os.environ.items() if not name.startswith(speech)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.live", "-q", "-p", "no:cacheprovider", *arguments),
        cwd=PROJECT,
        env={**others, **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def test_without_any_service_it_says_which_variables_lead_to_one() -> None:
    status, said = await tried()
    assert status == 1
    for part in PARTS:
        assert f"{part.name:<9} is not tried: set {part.variables}" in said
    assert "nothing was tried" in said


async def test_a_service_that_keeps_the_contract_passes_the_same_suite() -> None:
    async with vosk_that() as vosk:
        status, said = await tried(PORTEIRO_VOSK_URL=vosk.url)
        assert (status, vosk.heard != b"") == (0, True), said
    assert "hearing        vosk      is tried" in said
    assert "hearing        azure     is not tried" in said
    assert "skipped" not in said


@pytest.mark.parametrize("hears", ["outra coisa", ""])
async def test_a_service_that_does_not_keep_it_fails(hears: str) -> None:
    async with vosk_that() as vosk:
        vosk.says = lambda _pcm, _rate: hears
        status, said = await tried("-k", "clear_answer", PORTEIRO_VOSK_URL=vosk.url)
    assert status == 1, said


async def test_a_key_that_is_refused_is_shown_nowhere() -> None:
    async with deepgram_that() as deepgram:
        refused = KEY[::-1]
        status, said = await tried(
            *("-k", "clear_answer"),
            PORTEIRO_DEEPGRAM_KEY=refused,
            PORTEIRO_DEEPGRAM_URL=deepgram.url,
        )
    assert status == 1, said
    assert "answered 401: check PORTEIRO_DEEPGRAM_KEY" in said
    assert refused not in said


async def test_voices_and_minds_are_tried_as_well() -> None:
    async with openai_server() as openai, wyoming_that() as wyoming:
        openai.hears = lambda pcm: "autorizo"
        status, said = await tried(
            *("-k", "at_every_rate or did_not_say"),
            PORTEIRO_OPENAI_URL=openai.url,
            PORTEIRO_OPENAI_KEY=OPENAI_KEY,
            PORTEIRO_WYOMING_TTS_URL=wyoming.url,
        )
        assert status == 0, said
        assert {"input", "messages"} <= {key for asked in openai.asked for key in asked}
        assert wyoming.asked


async def test_a_setting_that_is_wrong_is_said() -> None:
    status, said = await tried(PORTEIRO_VOSK_URL="vosk")
    assert status == 2
    assert "PORTEIRO_VOSK_URL" in said
