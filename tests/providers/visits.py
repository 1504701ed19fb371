"""Whole visits with each provider's stand-in first in its list: the real server, real lines.

The stand-ins hear and speak with sounds of their own (`phone_ears`); a `Witness` keeps what
each of them did, which tells who did what in a visit.
"""

import io
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from pydantic import SecretStr
from rich.console import Console

from porteiro.demo.building import DemoOptions, furnish, settings, visitor
from porteiro.demo.screen import Screen
from porteiro.demo.stage import Stage
from porteiro.demo.story import Story
from porteiro.phones.reactions import Visitor
from porteiro.phones.voice import MAN, WOMAN
from tests.contract.mind_peer import Dados, mind_that
from tests.providers import azure_server, deepgram_server, openai_server
from tests.providers.azure_server import AzureStandIn, azure_that
from tests.providers.deepgram_server import deepgram_that
from tests.providers.openai_server import OpenAIServer
from tests.providers.openai_server import openai_server as openai_that
from tests.providers.phone_ears import PhoneEars, plain, spoken
from tests.providers.vosk_server import vosk_that
from tests.providers.wyoming_server import wyoming_that

OPENING: Final = "boa tarde, tenho uma entrega para o Guilherme Andrade do quinhentos e um"
_LEARNT: Final = {"purpose": "entrega", "apartment": "501", "resident": "Guilherme Andrade"}

Updates = dict[str, object]


@dataclass
class Witness:
    """What the stand-ins did: each time the provider's name, and the words."""

    ears: PhoneEars
    heard: list[tuple[str, str]] = field(default_factory=list)
    spoke: list[tuple[str, str]] = field(default_factory=list)
    understood: list[tuple[str, str]] = field(default_factory=list)

    def says(self, provider: str) -> Callable[[bytes, int], str]:
        """Return what hears for `provider`."""

        def hear(pcm: bytes, rate: int) -> str:
            words = plain(self.ears.words(pcm, rate))
            self.heard.append((provider, words))
            return words

        return hear

    def tells(self, pcm: bytes, rate: int) -> str:
        """Return the words so far."""
        return plain(self.ears.so_far(pcm, rate))

    def speaks(self, provider: str) -> Callable[[str, int], bytes]:
        """Return what speaks for `provider`."""

        def speak(text: str, rate: int) -> bytes:
            self.spoke.append((provider, text))
            return spoken(text, rate)

        return speak


StandIns = Callable[[Witness], AbstractAsyncContextManager[Updates]]


@dataclass(frozen=True, slots=True)
class Case:
    """A visit: what stands in the lists, and how the visitor is."""

    name: str
    told: str
    stand_ins: StandIns
    opening: str = OPENING
    by_voice: bool = True
    interrupts: bool = False

    def options(self, out: Path) -> DemoOptions:
        """Return the visit's options."""
        return DemoOptions(
            visitor=self.opening,
            by_voice=self.by_voice,
            interrupts=self.interrupts,
            fast=True,
            out=out,
        )


async def visited(case: Case, out: Path) -> tuple[Story, Witness]:
    """Run a visit, and return its story and who did what in it."""
    options = case.options(out)
    witness = Witness(await PhoneEars.of(_sentences(visitor(options, 0)), (MAN, WOMAN)))
    screen = Screen(Console(file=io.StringIO()), several=False)
    with TemporaryDirectory(prefix="porteiro-") as name:
        folder = Path(name)
        furnish(folder)
        async with case.stand_ins(witness) as updates:
            served_with = settings(folder, options).model_copy(update=updates)
            (story,) = await Stage(options, screen).play(folder, served_with)
    return story, witness


def _sentences(person: Visitor) -> tuple[str, ...]:
    """Return what the people of a visit may say."""
    of_visitor = (person.opening, person.purpose, person.name, f"{person.name}, {person.purpose}")
    facts = (person.spoken_apartment, person.resident, person.surname, "sim", "não")
    return (*filter(None, of_visitor), *facts, "sim, autorizo", "não autorizo")


# ------------------------------------------------------------------------ the stand-ins


@asynccontextmanager
async def _openai(witness: Witness) -> AsyncIterator[Updates]:
    async with openai_that() as server:
        yield _ears_of(server, witness) | _voice_of(server, witness) | _mind_of(server, witness)


def _at(server: OpenAIServer) -> Updates:
    return {"openai_url": server.url, "openai_key": SecretStr(openai_server.KEY)}


def _ears_of(server: OpenAIServer, witness: Witness) -> Updates:
    hear = witness.says("openai")

    def hears(pcm: bytes) -> str:
        rate = server.asked[-1]["rate"]
        assert isinstance(rate, int)
        return hear(pcm, rate)

    server.hears = hears
    return _at(server) | {"transcribers": ("openai", "embedded")}


def _voice_of(server: OpenAIServer, witness: Witness) -> Updates:
    speak = witness.speaks("openai")

    def says(text: str) -> bytes:
        return speak(text, 24_000) if server.behaves == "well" else b""

    server.says, server.speech_chunk = says, 4801
    return _at(server) | {"synthesizers": ("openai", "embedded")}


def _mind_of(server: OpenAIServer, witness: Witness) -> Updates:
    def fills(message: str) -> Mapping[str, object]:
        said = json.loads(message)["fala"]
        if server.behaves == "well":
            witness.understood.append(("openai", said))
        facts = {**_LEARNT, "kind": "information"} if said == plain(OPENING) else {}
        return {**openai_server.NOBODY, **facts}

    server.fills = fills
    return _at(server) | {"understandings": ("openai", "embedded")}


@asynccontextmanager
async def _azure(witness: Witness) -> AsyncIterator[Updates]:
    async with azure_that() as azure:
        lists = {"transcribers": ("azure", "embedded"), "synthesizers": ("azure", "embedded")}
        yield _azure_at(azure, witness) | lists


def _azure_at(azure: AzureStandIn, witness: Witness) -> Updates:
    azure.says, azure.speaks = witness.says("azure"), witness.speaks("azure")
    there = azure.options()
    return {
        "azure_key": SecretStr(azure_server.KEY),
        "azure_recognition_url": there.recognition_url,
        "azure_synthesis_url": there.synthesis_url,
    }


@asynccontextmanager
async def _deepgram(witness: Witness) -> AsyncIterator[Updates]:
    async with deepgram_that() as deepgram:
        deepgram.says, deepgram.tells = witness.says("deepgram"), witness.tells
        yield {
            "deepgram_url": deepgram.url,
            "deepgram_key": SecretStr(deepgram_server.KEY),
            "transcribers": ("deepgram", "embedded"),
        }


@asynccontextmanager
async def _vosk(witness: Witness) -> AsyncIterator[Updates]:
    async with vosk_that() as vosk:
        vosk.says, vosk.tells = witness.says("vosk"), witness.tells
        yield {"vosk_url": vosk.url, "transcribers": ("vosk", "embedded")}


@asynccontextmanager
async def _wyoming(witness: Witness) -> AsyncIterator[Updates]:
    async with wyoming_that() as wyoming:
        wyoming.says, wyoming.speaks = witness.says("wyoming"), witness.speaks("wyoming")
        yield {
            "wyoming_stt_url": wyoming.url,
            "wyoming_tts_url": wyoming.url,
            "transcribers": ("wyoming", "embedded"),
            "synthesizers": ("wyoming", "embedded"),
        }


@asynccontextmanager
async def _service(witness: Witness) -> AsyncIterator[Updates]:
    def finds(said: str) -> Dados:
        witness.understood.append(("service", said))
        return {
            "intent_type": "entrega",
            "interlocutor_name": "",
            "apartment_number": "501",
            "resident_name": "Guilherme Andrade",
        }

    async with mind_that() as mind, _vosk(witness) as hearing:
        mind.finds = finds
        yield hearing | {"ai_api_url": mind.url, "understandings": ("service", "embedded")}


@asynccontextmanager
async def _hanging(witness: Witness) -> AsyncIterator[Updates]:
    """Both foremost providers never answer: the ear from the start, the voice once one speaks."""
    async with (
        azure_that("hang") as azure,
        openai_that() as openai,
        vosk_that() as vosk,
        _wyoming(witness) as wyoming,
    ):
        hear = witness.says("vosk")

        def heard_first(pcm: bytes, rate: int) -> str:
            openai.behaves = "hang"
            return hear(pcm, rate)

        vosk.says, vosk.tells = heard_first, witness.tells
        yield (
            wyoming
            | _voice_of(openai, witness)
            | _azure_at(azure, witness)
            | {"vosk_url": vosk.url}
            | {
                "transcribers": ("azure", "vosk", "embedded"),
                "synthesizers": ("openai", "wyoming", "embedded"),
            }
        )


@asynccontextmanager
async def _rubbish(witness: Witness) -> AsyncIterator[Updates]:
    """Every foremost provider answers with a page that is none of its answers."""
    async with (
        azure_that("html") as azure,
        wyoming_that("html") as wyoming,
        openai_that("html") as openai,
    ):
        yield (
            _azure_at(azure, witness)
            | _mind_of(openai, witness)
            | {
                "wyoming_tts_url": wyoming.url,
                "transcribers": ("azure", "embedded"),
                "synthesizers": ("wyoming", "embedded"),
            }
        )


CASES: Final = (
    Case("openai", "OpenAI's API hears, speaks and understands", _openai),
    Case("azure", "Azure Speech hears and speaks", _azure),
    Case("deepgram", "Deepgram hears while the visitor speaks over us", _deepgram, interrupts=True),
    Case("vosk", "a Vosk server hears", _vosk),
    Case("wyoming", "a Wyoming server hears and speaks", _wyoming),
    Case("service", "AI_API_URL understands", _service),
    Case("hanging", "the foremost ear and voice never answer", _hanging),
    Case("rubbish", "the foremost providers answer with rubbish", _rubbish, "", by_voice=False),
)
