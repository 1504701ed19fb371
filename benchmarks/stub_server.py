"""Porteiro as it runs, with providers that take no time: what the benchmarks call.

    python -m benchmarks.stub_server [--say dialogue|long] [--hear corrections|whole|partials]
                                     [--apartments 300] [--max-calls 1000] [--max-lag-ms 0]
                                     [--api-port P] [--extensions 1] [--visits 0]
                                     [--building URL] PORT

Lines, calls, dialogue, understanding, directory and phrase cache are the real ones, put
together as the app does it, on uvloop. The transcriber answers at once with a text made
up beforehand, the dialer rings for ever or asks URL/ring, the gate does nothing or asks URL/gate,
visits are forgotten. The log is written, to
nowhere. The visitors' port is PORT. When it is told to stop (SIGTERM) it prints what its
frame clock has counted, and how many lines it refused.
"""

import argparse
import asyncio
import gc
import json
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

import aiohttp
import numpy as np
import uvloop

from benchmarks.stub_directory import people, texts
from porteiro.audio.frame_clock import FrameClock
from porteiro.calls.board import ChangeStream
from porteiro.calls.loop_lag import LoopLag
from porteiro.calls.ports import GateOrder, RingRequest, Transcript, TurnRequest, Voices
from porteiro.calls.reception import Reception, ReceptionOptions
from porteiro.calls.services import CallOptions, Services
from porteiro.calls.visit import Line, Visit
from porteiro.clock import LoopClock
from porteiro.condominiums.condominium import Condominium
from porteiro.condominiums.directory import Directory
from porteiro.condominiums.extension import Extension
from porteiro.condominiums.register import CurrentRegister, Register
from porteiro.condominiums.switchboard import Switchboard
from porteiro.dialers.webhook import WebhookDialer, WebhookOptions
from porteiro.dialogue.events import RingResult
from porteiro.dialogue.guide import Finding
from porteiro.dialogue.options import DialogueOptions
from porteiro.dialogue.phrases import Phrases
from porteiro.dialogue.terms import Question, Role
from porteiro.gates.http import HttpGate, HttpGateOptions
from porteiro.lines.audiosocket import AudioSocketOptions
from porteiro.lines.exchange import Exchange, ExchangeOptions
from porteiro.logs import LogOptions, logging_to
from porteiro.roster import Preparations, Roster, RosterSources
from porteiro.speech.espeak import EspeakSynthesizer
from porteiro.speech.phrase_cache import PhraseCache, PhraseCacheOptions
from porteiro.speech.rules_understanding import RulesUnderstanding
from porteiro.storage.extensions_file import write_extension_rows
from porteiro.storage.local_files import EXTENSIONS_COPY
from porteiro.storage.visits.sqlite import SqliteVisits
from porteiro.web.asking import OwnCalls
from porteiro.web.parts import ApiParts
from porteiro.web.server import ServerOptions, serve_api

RATE: Final = 8000
NAME: Final = "Condomínio Apoena"
GREETING: Final = "Condomínio Apoena, em que posso ajudar?"
FIRST_PORT: Final = 20_000
_LONG_S: Final = 20
_KNOWN_S: Final = 0.5
"""Sound after which a streaming transcriber knows the words; the look-back is in it."""


@dataclass(frozen=True, slots=True)
class StubOptions:
    """What the stubs do.

    `say` "dialogue": the phrases as they are; "long": every phrase lasts 20 s.
    `hear` "corrections": each turn names another apartment, so that the conversation goes
    on for ever; "whole": the first turn says everything, and the resident is rung; "partials":
    each turn answers what was asked, known while it is spoken, and the conversation goes on for
    ever because nobody of that name lives there.
    `api_port`: the HTTP API is served as well, over so many `extensions` and `visits`.
    """

    say: str = "dialogue"
    hear: str = "corrections"
    apartments: int = 300
    max_calls: int = 1000
    max_lag_s: float = 0.0
    api_port: int = 0
    extensions: int = 1
    visits: int = 0
    building: str = ""
    """The address of who rings residents and opens the gate; empty for nobody."""


class InstantTranscriber:
    """Hears, at once, whatever comes next in a list; the sound is dropped."""

    closed_grammar = False

    def __init__(self, texts: Iterator[str]) -> None:
        self._texts = texts

    def open(self, request: TurnRequest) -> "InstantTranscriber":
        """Begin a turn: there is nothing to begin."""
        del request
        return self

    def feed(self, pcm: bytes) -> None:
        """Drop the sound."""

    async def finish(self) -> Transcript:
        """Return the next text."""
        return Transcript(next(self._texts), 1.0, sure=True)

    def cancel(self) -> None:
        """Nothing runs."""


class PartialTranscriber:
    """Hears an answer to each question, and tells it as soon as it has heard a little sound."""

    closed_grammar = False

    def __init__(self, directory: Directory) -> None:
        """Name an apartment, and somebody of the directory who surely does not live there."""
        self._apartment = directory.apartments()[-1]
        self._elsewhere = next(
            name
            for name in directory.residents()
            if directory.find(self._apartment, name).finding is Finding.NOT_FOUND
        )

    def open(self, request: TurnRequest) -> "_PartialTurn":
        """Begin a turn."""
        match request.question:
            case Question.APARTMENT:
                text = f"apartamento {self._apartment}"
            case Question.RESIDENT:
                text = self._elsewhere
            case Question.VISITOR:
                text = "meu nome é Caio"
            case _:
                text = "é uma entrega"
        return _PartialTurn(text, request)


class _PartialTurn:
    def __init__(self, text: str, request: TurnRequest) -> None:
        self._text = text
        self._partial = request.partial
        self._wanted = 2 * int(_KNOWN_S * request.sample_rate)

    def feed(self, pcm: bytes) -> None:
        """Take sound; tell the words once there was enough of it."""
        before, self._wanted = self._wanted, self._wanted - len(pcm)
        if self._wanted <= 0 < before:
            self._partial(self._text)

    async def finish(self) -> Transcript:
        """Return the words."""
        return Transcript(self._text, 1.0, sure=True)

    def cancel(self) -> None:
        """Nothing runs."""


class EndlessDialer:
    """Rings until it is stopped."""

    async def ring(self, request: RingRequest) -> RingResult:
        """Ring."""
        del request
        await asyncio.Event().wait()
        return RingResult.NO_ANSWER


class Nowhere:
    """A gate that does not move and a visit log that forgets."""

    async def announce(self, order: GateOrder) -> None:
        """Do nothing."""

    async def record(self, visit: Visit) -> None:
        """Forget it."""


class MarkedVoices:
    """The cached phrases, with no sample of silence, so that their first frame shows."""

    def __init__(self, voices: Voices) -> None:
        self._voices = voices
        self._marked: dict[str, bytes] = {}

    def cached(self, text: str, voice: str, sample_rate: int) -> bytes | None:
        """Return a phrase, its sound made once."""
        if text not in self._marked and (pcm := self._voices.cached(text, voice, sample_rate)):
            samples = np.frombuffer(pcm, "<i2")
            self._marked[text] = np.where(samples == 0, 1, samples).astype("<i2").tobytes()
        return self._marked.get(text)

    def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        """Yield a phrase that has to be made as it is."""
        return self._voices.stream(text, voice, sample_rate)


class LongVoices:
    """Says the same for 20 s, whatever the words."""

    def __init__(self, voices: Voices) -> None:
        self._voices = voices
        self._sound = b""

    def cached(self, text: str, voice: str, sample_rate: int) -> bytes:
        """Return the greeting over and over."""
        del text
        if not self._sound:
            phrase = self._voices.cached(GREETING, voice, sample_rate) or bytes(2 * sample_rate)
            self._sound = phrase * (2 * sample_rate * _LONG_S // len(phrase))
        return self._sound

    async def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        """Yield it whole."""
        yield self.cached(text, voice, sample_rate)


async def make_voices(options: StubOptions, folder: Path) -> Voices:
    """Return the phrase cache, with every fixed phrase in it."""
    voices = PhraseCache(EspeakSynthesizer(), PhraseCacheOptions(folder))
    await voices.warm(Phrases(NAME, GREETING).fixed(), "pt-br", RATE)
    return LongVoices(voices) if options.say == "long" else MarkedVoices(voices)


async def serve(port: int, options: StubOptions, folder: Path) -> None:
    """Serve until told to stop."""
    async with aiohttp.ClientSession() as session:
        await serve_building(port, options, folder, session)


async def serve_building(
    port: int, options: StubOptions, folder: Path, session: aiohttp.ClientSession
) -> None:
    """Serve, asking the building by `session` if there is one."""
    directory = Directory(people(options.apartments))
    nowhere = Nowhere()
    services = Services(
        clock=LoopClock(),
        voices=await make_voices(options, folder),
        transcriber=(
            PartialTranscriber(directory)
            if options.hear == "partials"
            else InstantTranscriber(texts(options.hear, directory))
        ),
        understanding=RulesUnderstanding(),
        gate=(
            HttpGate(session, HttpGateOptions(f"{options.building}/gate"))
            if options.building
            else nowhere
        ),
        visits=nowhere,
        changes=ChangeStream(),
        dialer=(
            WebhookDialer(session, WebhookOptions(f"{options.building}/ring"))
            if options.building
            else EndlessDialer()
        ),
    )
    condominium = Condominium(15, NAME, GREETING, directory)
    # Patient: a benchmark's visitor may be silent, and nobody is to give up meanwhile.
    dialogue = DialogueOptions(answer_s=600.0, ring_s=600.0, call_s=900.0, lookup_limit=10_000)
    lag = LoopLag()
    reception = Reception(
        services,
        lambda _: condominium,
        CallOptions(dialogue),
        ReceptionOptions(max_calls=options.max_calls, lag_s=options.max_lag_s),
        lambda: lag.seconds,
    )
    watching = asyncio.create_task(lag.watch(reception.admission.look))
    frames = FrameClock()
    exchange = Exchange(ExchangeOptions(AudioSocketOptions()), frames, reception.arrived)
    first = Extension(1, "2000", "2001", "127.0.0.1", port, port + 1, 15)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    if options.api_port:
        await with_api(options, folder, (reception, exchange, first), stop)
    else:
        await exchange.serve({1: first})
        gc.collect()
        gc.freeze()
        await stop.wait()
    counted = {
        "frames": frames.frames,
        "frames_skipped": frames.skipped,
        "ticks_over_20ms_late": frames.late,
        "worst_lateness_ms": round(1000 * frames.worst_lateness_s, 1),
        "refused": sum(reception.capacity().refused.values()),
    }
    print(json.dumps(counted), flush=True)
    watching.cancel()
    await exchange.close()
    await reception.close()


async def with_api(
    options: StubOptions,
    folder: Path,
    served: tuple[Reception, Exchange, Extension],
    stop: asyncio.Event,
) -> None:
    """Serve with the API, many extensions and a record of many visits, until told to stop."""
    reception, exchange, first = served
    others = (
        Extension(i, str(2000 + 2 * i), str(2001 + 2 * i), "127.0.0.1", port, port + 1, i % 50)
        for i, port in ((i, FIRST_PORT + 2 * i) for i in range(2, options.extensions + 1))
    )
    write_extension_rows(folder / EXTENSIONS_COPY, (first, *others))
    register = CurrentRegister(Register())
    roster = Roster(RosterSources(folder), register, Switchboard(exchange), Preparations())
    await roster.begin()
    async with SqliteVisits(folder / "visits.sqlite3") as visits:
        began = datetime(2026, 1, 1, tzinfo=UTC)
        await visits.add([visit(began, place) for place in range(options.visits)])
        api = asyncio.create_task(
            serve_api(
                ApiParts(OwnCalls(reception), roster, visits), ServerOptions(port=options.api_port)
            )
        )
        gc.collect()
        gc.freeze()
        await stop.wait()
        api.cancel()
        await asyncio.wait([api])


def visit(began: datetime, place: int) -> Visit:
    """Return a visit as long as visits are."""
    said = [Line(at_s, Role.VISITOR, "porteiro", GREETING) for at_s in range(20)]
    started = began + timedelta(minutes=place)
    return Visit(str(uuid4()), "2000", 15, started, started, apartment="501", transcript=said)


def main() -> None:
    """Serve as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("port", type=int)
    parser.add_argument("--say", choices=("dialogue", "long"), default="dialogue")
    parser.add_argument(
        "--hear", choices=("corrections", "whole", "partials"), default="corrections"
    )
    parser.add_argument("--apartments", type=int, default=300)
    parser.add_argument("--max-calls", type=int, default=1000)
    parser.add_argument("--max-lag-ms", type=float, default=0.0)
    parser.add_argument("--api-port", type=int, default=0)
    parser.add_argument("--extensions", type=int, default=1)
    parser.add_argument("--visits", type=int, default=0)
    parser.add_argument("--building", default="")
    given = parser.parse_args()
    options = StubOptions(
        given.say,
        given.hear,
        given.apartments,
        given.max_calls,
        given.max_lag_ms / 1000,
        given.api_port,
        given.extensions,
        given.visits,
        given.building,
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        Path(os.devnull).open("w") as nowhere,
        logging_to(nowhere, LogOptions()),
    ):
        uvloop.run(serve(given.port, options, Path(folder)))


if __name__ == "__main__":
    main()
