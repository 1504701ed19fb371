"""How well the embedded recognizer hears, and how often it hears a yes that nobody said.

    python benchmarks/recognition.py [--quick] [--json FILE]

Two sets: the recordings of the fixtures, and a larger one synthesized here with other
voices, speeds and noises (espeak-ng must be installed), with noise and unrelated speech in
which there is no answer at all. A false yes is counted before its confirmation, and after
it (the same person, or the same noise, answers the confirming question as well).
Everything is synthetic speech over a telephone band: people are harder.
"""

import argparse
import asyncio
import csv
import json
import random
import resource
import time
import wave
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from porteiro.calls.ports import TurnRequest
from porteiro.dialogue.judge import Answer, judge
from porteiro.dialogue.terms import Question
from porteiro.dialogue.understanding import understand
from porteiro.speech.espeak import EspeakOptions, EspeakSynthesizer
from porteiro.speech.pocketsphinx.decoder import TurnDecoder
from tests.fixtures_path import fixtures
from tests.telephone_speech import RATE, Samples, active_level, noise, to_pcm, to_samples

APARTMENTS = (
    *("101", "102", "201", "202", "203", "301", "304", "401", "402", "501", "502", "603"),
    *("604", "701", "805", "1002", "1103", "1204", "2105", "2402"),
)
RESIDENTS = (
    *("Renata Albuquerque", "Carlos Menezes", "Beatriz Nogueira", "Rafael Teixeira"),
    *("Juliana Moura", "Marcelo Pacheco", "Patrícia Figueiredo", "Eduardo Barros"),
    *("Fernanda Siqueira", "Guilherme Andrade", "Camila Rezende", "Rodrigo Fonseca"),
    *("Vanessa Prado", "Leonardo Cunha", "Simone Vasconcelos", "Gustavo Tavares"),
    *("Daniela Peixoto", "Otávio Brandão", "Larissa Queiroz", "Sérgio Damasceno"),
)
QUESTIONS = {
    "yesno": Question.AUTHORIZE, "none": Question.AUTHORIZE, "sentence": Question.AUTHORIZE,
    "apartment": Question.APARTMENT, "purpose": Question.PURPOSE, "name": Question.RESIDENT,
}  # fmt: skip
VOCABULARY = {Question.APARTMENT: APARTMENTS, Question.RESIDENT: RESIDENTS}

VOICES = (
    *("pt-br", "pt-br+f1", "pt-br+f3", "pt-br+f5", "pt-br+m1", "pt-br+m4", "pt-br+m7"),
    *("pt-br+Diogo", "pt-br+linda", "pt-br+antonio"),
)
NOISES = (("", 99), ("white", 20), ("babble", 20), ("pink", 15), ("white", 10))
SAID = {
    "yes": ("sim", "pode", "pode entrar", "autorizo", "pode liberar", "sim, pode entrar"),
    "no": (
        *("não", "não pode", "não autorizo", "não, não pode entrar", "não deixa entrar"),
        *("não libera", "não pode liberar", "de jeito nenhum"),
    ),
    "unclear": (
        *("quem é?", "não sei", "espera um pouco", "talvez", "o quê?", "pode repetir?"),
        *("deixa eu ver", "estou ocupado", "não estou esperando ninguém"),
    ),
    "unrelated": (
        *("a encomenda chegou ontem", "que horas são", "o cachorro está latindo", "boa tarde"),
        *("me liga depois", "o elevador quebrou", "vou descer", "amanhã de manhã", "obrigado"),
        *("fala com a minha mãe", "cadê o controle", "está chovendo muito"),
    ),
}

UNDECIDED = ("none", "unclear")


@dataclass(frozen=True, slots=True)
class Case:
    """One recording and what it should come to."""

    group: str
    expected: str
    noise: str
    question: Question
    pcm: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a case came to; `seconds` of computing for `sound_s` of sound."""

    case: Case
    text: str
    got: str
    seconds: float
    sound_s: float


def main() -> None:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a fifth of the synthesized set")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    options = parser.parse_args()
    decoder = TurnDecoder()
    cases = [*recorded(), *asyncio.run(synthesized(5 if options.quick else 1)), *noises()]
    outcomes = [heard(decoder, case) for case in cases]
    figures = summary(decoder, outcomes)
    show(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False))


def recorded() -> Iterator[Case]:
    """Yield the recordings of the fixtures."""
    folder = fixtures("speech")
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as manifest:
        for row in csv.DictReader(manifest):
            question = QUESTIONS[row["kind"]]
            expected = {
                Question.APARTMENT: row["apartment"],
                Question.PURPOSE: row["purpose"],
                Question.RESIDENT: row["resident"],
            }.get(question, row["intent"] or "none")
            level = f"{row['noise']} {row['snr_db']}".strip() or "clean"
            with wave.open(str(folder / row["file"])) as file:
                pcm = file.readframes(file.getnframes())
            yield Case(f"recorded {row['kind']}", expected, level, question, pcm)


async def synthesized(every: int) -> list[Case]:
    """Return answers in other voices and noises; each `every`-th of them."""
    chance = random.Random(7)
    spoken = [
        (intent, text, voice, chance.choice((140, 165, 185)), NOISES[at % len(NOISES)])
        for intent, texts in SAID.items()
        for text in texts
        for at, voice in enumerate(VOICES)
    ]
    chance.shuffle(spoken)
    cases = []
    for number, (intent, text, voice, speed, (kind, snr_db)) in enumerate(spoken):
        if number % every:
            continue
        synthesizer = EspeakSynthesizer(EspeakOptions(words_per_minute=speed))
        pcm = b"".join([part async for part in synthesizer.stream(text, voice, RATE)])
        level = f"{kind} {snr_db}" if kind else "clean"
        sound = on_the_phone(to_samples(pcm), kind, snr_db, number)
        cases.append(Case(f"synthesized {intent}", intent, level, Question.AUTHORIZE, sound))
    return cases


def on_the_phone(speech: Samples, kind: str, snr_db: float, seed: int) -> bytes:
    """Return speech in the telephone band between silences, with noise over all of it."""
    spectrum = np.fft.rfft(np.pad(speech, (RATE * 3 // 10, RATE * 7 // 10)))
    hertz = np.fft.rfftfreq(len(speech) + RATE, 1 / RATE)
    band = np.fft.irfft(np.where((hertz > 250) & (hertz < 3500), spectrum, 0), len(speech) + RATE)
    if kind:
        level = active_level(band) * 10 ** (-snr_db / 20)
        band = band + noise(kind, len(band) / RATE + 0.1, seed)[: len(band)] * level
    return to_pcm(band)


def noises() -> Iterator[Case]:
    """Yield noise in which nobody speaks: steady, and in bursts like knocks and barks."""
    chance = random.Random(11)
    for number in range(120):
        kind = ("white", "pink", "brown", "babble")[number % 4]
        sound = noise(kind, chance.uniform(0.8, 2.5), number) * chance.choice((150, 800, 3000))
        if number % 2:
            gate = np.zeros(len(sound))
            for _ in range(chance.randrange(1, 4)):
                at = chance.randrange(len(sound) - 2400)
                gate[at : at + chance.randrange(160, 2400)] = 1
            sound = sound * gate
        group = f"noise {'in bursts' if number % 2 else 'steady'}"
        yield Case(group, "none", kind, Question.AUTHORIZE, to_pcm(sound))


def heard(decoder: TurnDecoder, case: Case) -> Outcome:
    """Return what one case came to, as the dialogue would take it."""
    request = TurnRequest(case.question, RATE, VOCABULARY.get(case.question, ()))
    started = time.process_time()
    text = decoder.hear(request, case.pcm).transcript.text
    seconds = time.process_time() - started
    got = meaning(case.question, text)
    return Outcome(case, text, got, seconds, len(case.pcm) / (2 * RATE))


def meaning(question: Question, text: str) -> str:
    """Return what is made of a transcript: yes, no, unclear, a fact, or nothing."""
    if question is Question.AUTHORIZE:
        return judge(text).answer.value if text else "none"
    understood = understand(text, question, RESIDENTS)
    match question:
        case Question.APARTMENT:
            return understood.apartment or "none"
        case Question.PURPOSE:
            return understood.purpose.value if understood.purpose else "none"
        case _:
            return (understood.resident or "none").split()[0].lower()


def summary(decoder: TurnDecoder, outcomes: list[Outcome]) -> dict[str, object]:
    """Return all figures of a run."""
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for each in outcomes:
        groups[each.case.group].append(each)
        if each.case.group.startswith("synthesized"):
            groups[f"{each.case.group}, {each.case.noise}"].append(each)
    return {
        "groups": {name: row(decoder, groups[name]) for name in sorted(groups)},
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def row(decoder: TurnDecoder, outcomes: list[Outcome]) -> dict[str, float]:
    """Return one group's figures; wrong is what was taken for something else that was said."""
    false_yes = [o for o in outcomes if o.got == Answer.YES.value and o.case.expected != "yes"]
    confirmed = [o for o in false_yes if confirms(decoder, o.case)]
    return {
        "cases": len(outcomes),
        "right": sum(o.got == o.case.expected or is_undecided(o) for o in outcomes),
        "wrong": sum(o.got not in {o.case.expected, *UNDECIDED} for o in outcomes),
        "false_yes": len(false_yes),
        "false_yes_confirmed": len(confirmed),
        "real_time_factor": round(
            sum(o.seconds for o in outcomes) / sum(o.sound_s for o in outcomes), 3
        ),
        "mean_ms": round(1000 * sum(o.seconds for o in outcomes) / len(outcomes)),
    }


def is_undecided(outcome: Outcome) -> bool:
    """Tell whether neither a yes nor a no was said, and none was heard."""
    return outcome.case.expected in {*UNDECIDED, "unrelated"} and outcome.got in UNDECIDED


def confirms(decoder: TurnDecoder, case: Case) -> bool:
    """Tell whether the same words, said once more a little louder, pass the confirmation."""
    request = TurnRequest(Question.CONFIRM_AUTHORIZE, RATE)
    hiss = noise("white", len(case.pcm) / (2 * RATE) + 0.1, 99)[: len(case.pcm) // 2]
    again = to_pcm(to_samples(case.pcm) * 1.2 + 20 * hiss)
    text = decoder.hear(request, again).transcript.text
    return judge(text, confirming=True).answer is Answer.YES


def show(figures: dict[str, object]) -> None:
    """Print the table."""
    groups = figures["groups"]
    assert isinstance(groups, dict)  # noqa: S101  its own shape
    width = max(len(name) for name in groups)
    columns = list(next(iter(groups.values())))
    print(" " * width, *columns)
    for name, values in groups.items():
        cells = (f"{values[column]:>{len(column)}}" for column in columns)
        print(f"{name:<{width}}", *cells)
    print("peak memory:", figures["peak_memory_mib"], "MiB")


if __name__ == "__main__":
    main()
