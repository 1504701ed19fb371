"""espeak-ng as a program: what it is told, what it may cost, and how it ends."""

import asyncio
import os
from pathlib import Path

import numpy as np
import pytest

from porteiro.errors import SpeechError
from porteiro.speech.espeak import EspeakOptions, EspeakSynthesizer


async def say(text: str, options: EspeakOptions | None = None, voice: str = "pt-br") -> bytes:
    synthesizer = EspeakSynthesizer(options)
    return b"".join([chunk async for chunk in synthesizer.stream(text, voice, 8000)])


def script(folder: Path, body: str) -> str:
    program = folder / "espeak-ng"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return str(program)


def seconds(pcm: bytes) -> float:
    return len(pcm) / 16000


async def test_a_phrase_is_loud_enough_and_does_not_clip() -> None:
    samples = np.frombuffer(await say("Condomínio Apoena, em que posso ajudar?"), "<i2")

    spoken = samples[np.abs(samples) > 100].astype(float)
    level_dbfs = 20 * np.log10(np.sqrt(np.mean(spoken**2)) / 32768)
    assert -20 < level_dbfs < -14
    assert np.abs(samples).max() < 32000


async def test_the_first_word_is_not_kept_waiting_by_silence() -> None:
    samples = np.frombuffer(await say("Diga: visita, entrega, ou serviço."), "<i2")
    assert np.flatnonzero(np.abs(samples) > 150)[0] < 0.02 * 8000


@pytest.mark.parametrize("voice", ["pt-br", "pt-br+f2", "pt-br+m3"])
async def test_variants_of_the_voice_are_spoken(voice: str) -> None:
    assert seconds(await say("Um momento.", voice=voice)) > 0.4


@pytest.mark.parametrize("voice", ["", "-w/tmp/x", "../../etc/passwd", "pt br", "klingon-sp"])
async def test_a_voice_that_is_none_is_refused(voice: str) -> None:
    with pytest.raises(SpeechError):
        await say("olá", voice=voice)


async def test_the_text_never_stands_on_the_command_line(tmp_path: Path) -> None:
    program = script(tmp_path, f'echo "$@" > {tmp_path}/line; exec espeak-ng "$@"')

    await say("Renata Oliveira", EspeakOptions(program=program))

    assert "Renata" not in (tmp_path / "line").read_text()


async def test_markup_in_a_name_is_spoken_not_obeyed() -> None:
    plain = await say("Ana espera")

    marked = await say('<break time="9s"/>Ana espera')
    assert seconds(marked) < seconds(plain) + 5
    assert len(await say("Ana <b> espera")) > len(plain)


@pytest.mark.parametrize("order", ["\x01200S ", "\x01+99A"])
async def test_control_codes_are_not_orders(order: str) -> None:
    spelled = "".join(c for c in order if c.isprintable())

    assert await say(f"olá {order}") == await say(f"olá {spelled}")


async def test_double_brackets_are_not_phonemes() -> None:
    assert await say("[[aIaIaIaI]]") != await say("aiaiaiai")
    assert await say("[[sim]]") == await say("[ [sim]]")


async def test_a_program_that_fails_says_why(tmp_path: Path) -> None:
    program = script(tmp_path, "echo the voice is hoarse >&2; exit 3")

    with pytest.raises(SpeechError, match="status 3: the voice is hoarse"):
        await say("olá", EspeakOptions(program=program))


async def test_a_program_that_says_nothing_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(SpeechError):
        await say("olá", EspeakOptions(program=script(tmp_path, "exit 0")))


async def test_a_program_that_hangs_is_ended(tmp_path: Path) -> None:
    program = script(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 60")

    with pytest.raises(SpeechError, match="took over"):
        await say("olá", EspeakOptions(program=program, limit_s=0.2))

    assert not alive(tmp_path / "pid")


async def test_cancelling_ends_the_program(tmp_path: Path) -> None:
    fifo = tmp_path / "started"
    os.mkfifo(fifo)
    program = script(tmp_path, f"echo $$ > {tmp_path}/pid; echo > {fifo}; exec sleep 60")
    saying = asyncio.create_task(say("olá", EspeakOptions(program=program)))
    await asyncio.to_thread(fifo.read_bytes)

    saying.cancel()
    await asyncio.wait([saying])

    assert saying.cancelled()
    assert not alive(tmp_path / "pid")


async def test_so_many_phrases_are_made_at_once_and_the_others_counted(tmp_path: Path) -> None:
    fifo = tmp_path / "started"
    os.mkfifo(fifo)
    program = script(tmp_path, f"echo > {fifo}; exec sleep 60")
    synthesizer = EspeakSynthesizer(EspeakOptions(program=program, concurrency=1))

    async def make() -> None:
        async for _ in synthesizer.stream("olá", "pt-br", 8000):
            pass

    assert (synthesizer.busy, synthesizer.queued) == (0, 0)
    making = [asyncio.create_task(make()) for _ in range(3)]
    await asyncio.to_thread(fifo.read_bytes)
    assert (synthesizer.busy, synthesizer.queued) == (1, 2)

    for task in making:
        task.cancel()
    await asyncio.wait(making)
    assert (synthesizer.busy, synthesizer.queued) == (0, 0)


def alive(pid_file: Path) -> bool:
    pid = pid_file.read_text().strip()
    return Path(f"/proc/{pid}").exists()
