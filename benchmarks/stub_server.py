"""Porteiro as it runs, with providers that take no time: what the benchmarks call.

    python -m benchmarks.stub_server [--say dialogue|long] [--hear corrections|whole]
                                     [--apartments 300] [--max-calls 1000] PORT

Lines, calls, dialogue, understanding, directory and phrase cache are the real ones, put
together as the app does it, on uvloop. The transcriber answers at once with a text made
up beforehand, the dialer rings for ever, visits are forgotten. The log is written, to
nowhere. The visitors' port is PORT. When it is told to stop (SIGTERM) it prints what its
frame clock has counted.
"""

import argparse
import asyncio
import gc
import itertools
import json
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import uvloop

from porteiro.audio.frame_clock import FrameClock
from porteiro.calls.board import ChangeStream
from porteiro.calls.ports import GateOrder, RingRequest, Transcript, TurnRequest, Voices
from porteiro.calls.reception import Reception, ReceptionOptions
from porteiro.calls.services import CallOptions, Services
from porteiro.calls.visit import Visit
from porteiro.clock import LoopClock
from porteiro.condominiums.condominium import Condominium
from porteiro.condominiums.directory import Apartment, Directory
from porteiro.condominiums.extension import Extension
from porteiro.dialogue.events import RingResult
from porteiro.dialogue.options import DialogueOptions
from porteiro.dialogue.phrases import Phrases
from porteiro.lines.audiosocket import AudioSocketOptions
from porteiro.lines.exchange import Exchange, ExchangeOptions
from porteiro.logs import LogOptions, logging_to
from porteiro.speech.espeak import EspeakSynthesizer
from porteiro.speech.phrase_cache import PhraseCache, PhraseCacheOptions
from porteiro.speech.rules_understanding import RulesUnderstanding

RATE: Final = 8000
NAME: Final = "Condomínio Apoena"
GREETING: Final = "Condomínio Apoena, em que posso ajudar?"
_LONG_S: Final = 20
_GIVEN: Final = ("Renata", "Carlos", "Beatriz", "João", "Antônio", "Márcia", "Paulo", "Luciana")
_MIDDLE: Final = ("Lopes", "Moura", "Freitas", "Vidal", "Castro", "Dias", "Teixeira", "Lacerda")
_FAMILY: Final = ("Oliveira", "Souza", "Prado", "Nogueira", "Tavares", "Barros", "Macedo", "Pires")


@dataclass(frozen=True, slots=True)
class StubOptions:
    """What the stubs do.

    `say` "dialogue": the phrases as they are; "long": every phrase lasts 20 s.
    `hear` "corrections": each turn names another apartment, so that the conversation goes
    on for ever; "whole": the first turn says everything, and the resident is rung.
    """

    say: str = "dialogue"
    hear: str = "corrections"
    apartments: int = 300
    max_calls: int = 1000


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


def people(apartments: int) -> list[Apartment]:
    """Return a directory of so many apartments, ten a floor, two residents in each."""
    every = itertools.product(_GIVEN, _MIDDLE, _FAMILY)
    names = itertools.cycle(" ".join(parts) for parts in every)
    places = ((floor, door) for floor in itertools.count(1) for door in range(1, 11))
    return [
        Apartment(f"{floor}{door:02d}", (next(names), next(names)), (f"9{floor}{door:02d}",))
        for floor, door in itertools.islice(places, apartments)
    ]


def texts(hear: str, directory: Directory) -> Iterator[str]:
    """Return what visitors say, without end."""
    labels = itertools.cycle(directory.apartments())
    if hear == "whole":
        resident = directory.residents(next(labels))[0]
        label = directory.find(None, resident).apartment
        whole = f"sou o Caio, é uma entrega para {resident} do apartamento {label}"
        return itertools.repeat(whole)
    return (f"não, é o apartamento {label}" for label in labels)


async def make_voices(options: StubOptions, folder: Path) -> Voices:
    """Return the phrase cache, with every fixed phrase in it."""
    voices = PhraseCache(EspeakSynthesizer(), PhraseCacheOptions(folder))
    await voices.warm(Phrases(NAME, GREETING).fixed(), "pt-br", RATE)
    return LongVoices(voices) if options.say == "long" else MarkedVoices(voices)


async def serve(port: int, options: StubOptions, folder: Path) -> None:
    """Serve until told to stop."""
    directory = Directory(people(options.apartments))
    nowhere = Nowhere()
    services = Services(
        clock=LoopClock(),
        voices=await make_voices(options, folder),
        transcriber=InstantTranscriber(texts(options.hear, directory)),
        understanding=RulesUnderstanding(),
        gate=nowhere,
        visits=nowhere,
        changes=ChangeStream(),
        dialer=EndlessDialer(),
    )
    condominium = Condominium(15, NAME, GREETING, directory)
    # Patient: a benchmark's visitor may be silent, and nobody is to give up meanwhile.
    dialogue = DialogueOptions(answer_s=600.0, ring_s=600.0, call_s=900.0)
    reception = Reception(
        services,
        lambda _: condominium,
        CallOptions(dialogue),
        ReceptionOptions(max_calls=options.max_calls),
    )
    frames = FrameClock()
    exchange = Exchange(ExchangeOptions(AudioSocketOptions()), frames, reception.arrived)
    await exchange.serve({1: Extension(1, "2000", "2001", "127.0.0.1", port, port + 1, 15)})
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    gc.collect()
    gc.freeze()
    await stop.wait()
    counted = {
        "frames": frames.frames,
        "frames_skipped": frames.skipped,
        "ticks_over_20ms_late": frames.late,
        "worst_lateness_ms": round(1000 * frames.worst_lateness_s, 1),
    }
    print(json.dumps(counted), flush=True)
    await exchange.close()
    await reception.close()


def main() -> None:
    """Serve as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("port", type=int)
    parser.add_argument("--say", choices=("dialogue", "long"), default="dialogue")
    parser.add_argument("--hear", choices=("corrections", "whole"), default="corrections")
    parser.add_argument("--apartments", type=int, default=300)
    parser.add_argument("--max-calls", type=int, default=1000)
    given = parser.parse_args()
    options = StubOptions(given.say, given.hear, given.apartments, given.max_calls)
    with (
        tempfile.TemporaryDirectory() as folder,
        Path(os.devnull).open("w") as nowhere,
        logging_to(nowhere, LogOptions()),
    ):
        uvloop.run(serve(given.port, options, Path(folder)))


if __name__ == "__main__":
    main()
