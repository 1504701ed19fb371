"""Whisper in workers of our own: what is believed of what it says, and what is said of a model."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.dialogue.terms import Question
from porteiro.errors import SpeechError
from porteiro.speech.whisper.messages import decode_turn
from porteiro.speech.whisper.transcriber import (
    MAX_TURN_S,
    WhisperOptions,
    WhisperTranscriber,
    whisper_workers,
)
from porteiro.speech.worker_pool import WorkerPool
from tests.providers.tiny_whisper import Saying, whisper_that

NAMES = ("Ana Souza", "Bruno Costa")
NOISE = (np.random.default_rng(7).standard_normal(8000) * 3000).astype("<i2").tobytes()


@asynccontextmanager
async def hearing(
    saying: Saying | None = None, options: WhisperOptions | None = None
) -> AsyncIterator[WhisperTranscriber]:
    async with WorkerPool(whisper_workers(whisper_that(saying), 1, 1)) as pool:
        yield WhisperTranscriber(pool, options)


async def heard(transcriber: WhisperTranscriber, pcm: bytes = NOISE) -> Transcript:
    turn = transcriber.open(TurnRequest(Question.RESIDENT, 8000, NAMES))
    turn.feed(pcm)
    return await turn.finish()


async def test_what_whisper_is_certain_of_is_sure() -> None:
    async with hearing(Saying("pode entrar")) as whisper:
        transcript = await heard(whisper)

    assert (transcript.text, transcript.sure) == ("pode entrar", True)
    assert 0.99 < transcript.confidence <= 1


async def test_what_whisper_is_less_certain_of_is_to_be_confirmed() -> None:
    async with hearing(Saying("pode entrar", strength=2.0)) as whisper:
        transcript = await heard(whisper)

    assert transcript.text == "pode entrar"
    assert 0.4 < transcript.confidence < 0.85
    assert not transcript.sure


async def test_over_1_nothing_is_ever_sure() -> None:
    async with hearing(options=WhisperOptions(sure_from=1.01)) as whisper:
        assert not (await heard(whisper)).sure


@pytest.mark.parametrize(
    "saying",
    [
        Saying("Legendas pela comunidade Amara.org"),
        Saying("pode entrar", silent=True),
        Saying("Ana Souza Bruno Costa"),
        Saying("да"),
    ],
    ids=["credits", "silence", "hints read out", "another script"],
)
async def test_what_nobody_can_have_said_is_nothing(saying: Saying) -> None:
    async with hearing(saying) as whisper:
        assert await heard(whisper) == Transcript("", 0.0, sure=False)


async def test_one_of_the_names_is_a_name() -> None:
    async with hearing(Saying("Ana Souza")) as whisper:
        assert (await heard(whisper)).text == "Ana Souza"


async def test_what_lasts_longer_than_whisper_hears_at_once_is_cut_off() -> None:
    async with hearing() as whisper:
        turn = whisper.open(TurnRequest(Question.PURPOSE, 8000))
        for _ in range(int(MAX_TURN_S) + 5):
            turn.feed(NOISE)
        assert (await turn.finish()).text == "autorizo"


class _Ear(WorkerPool):
    """Keeps what a worker would be told."""

    def __init__(self) -> None:
        super().__init__(whisper_workers(Path("/nowhere"), 1, 1))
        self.told = b""

    async def answer(self, body: bytes) -> bytes:
        self.told = body
        raise SpeechError("deaf")


@pytest.mark.parametrize(
    ("hints", "told"), [(True, "Ana Souza, Bruno Costa"), (False, "")], ids=["on", "off"]
)
async def test_names_are_hints_where_they_may_be(told: str, *, hints: bool) -> None:
    ear = _Ear()
    with pytest.raises(SpeechError):
        await heard(WhisperTranscriber(ear, WhisperOptions(hints=hints)))

    turn = decode_turn(ear.told)
    assert (turn.hints, turn.language, turn.sample_rate) == (told, "pt", 8000)


@pytest.mark.parametrize(("loudest", "told"), [(99, False), (100, True)])
async def test_only_what_is_loud_enough_to_be_speech_reaches_whisper(
    loudest: int, *, told: bool
) -> None:
    ear = _Ear()
    quiet = np.tile(np.array([loudest, -loudest], "<i2"), 4000).tobytes()
    if told:
        with pytest.raises(SpeechError):
            await heard(WhisperTranscriber(ear), quiet)
    else:
        assert await heard(WhisperTranscriber(ear), quiet) == Transcript("", 0.0, sure=False)

    assert bool(ear.told) is told


async def refusal(folder: Path) -> str:
    with pytest.raises(SpeechError) as caught:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(WorkerPool(whisper_workers(folder, 1, 1)))
    return str(caught.value)


async def test_a_model_that_is_damaged_says_what_to_do(tmp_path: Path) -> None:
    for file in whisper_that().iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.bin").write_bytes(b"half a model")

    words = await refusal(tmp_path)

    assert words.startswith(f"PORTEIRO_WHISPER_MODEL='{tmp_path}' holds no model")
    assert words.endswith("fetch it again with `porteiro setup --speech whisper`")
    assert "\n" not in words


async def test_a_model_of_english_alone_is_refused() -> None:
    words = await refusal(whisper_that(Saying(languages=False)))

    assert "knows English alone" in words
