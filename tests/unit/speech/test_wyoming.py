"""The Wyoming clients against the package's own server, well and badly behaved."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from wyoming.asr import Transcribe
from wyoming.server import AsyncUnixServer
from wyoming.tts import Synthesize

from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.dialogue.terms import Question
from porteiro.errors import SpeechError
from porteiro.speech.wyoming import (
    WyomingSynthesizer,
    WyomingSynthesizerOptions,
    WyomingTranscriber,
    WyomingTranscriberOptions,
)
from tests.integration.server import eventually
from tests.providers.known_speech import RECORDING
from tests.providers.wyoming_server import (
    CUT,
    NO_TEXT,
    NONSENSE,
    PIPER_RATE,
    TOO_MUCH,
    Talk,
    Wyoming,
    tone,
    wyoming_that,
)
from tests.telephone_speech import frames, to_samples

STT = WyomingTranscriberOptions("", connect_s=5.0, limit_s=5.0)
TTS = WyomingSynthesizerOptions("", connect_s=5.0, limit_s=5.0)
PHRASE = "Um momento, por favor."
SECRET = "autoriz"
"""What was said, and must be in no message."""


async def heard(
    options: WyomingTranscriberOptions,
    partial: Callable[[str], None] = lambda _: None,
    vocabulary: tuple[str, ...] = (),
) -> Transcript:
    request = TurnRequest(Question.RESIDENT, 8000, vocabulary, partial)
    turn = WyomingTranscriber(options).open(request)
    for frame in frames(RECORDING.pcm):
        turn.feed(frame)
    return await turn.finish()


async def spoken(
    options: WyomingSynthesizerOptions, voice: str = "pt-br", sample_rate: int = 8000
) -> bytes:
    stream = WyomingSynthesizer(options).stream(PHRASE, voice, sample_rate)
    return b"".join([chunk async for chunk in stream])


async def test_a_turn_is_sent_as_wide_band_sound_and_heard() -> None:
    async with wyoming_that() as server:
        transcript = await heard(replace(STT, url=server.url, model="small"))

    assert transcript == Transcript("autorizo", 0.5, sure=False)
    assert server.asked == [Transcribe("small", "pt")]
    assert server.formats == [(16000, 2, 1)]
    assert len(server.heard) == 2 * len(RECORDING.pcm)


async def test_a_yes_is_sure_where_the_house_says_so() -> None:
    async with wyoming_that() as server:
        assert (await heard(replace(STT, url=server.url, sure=True))).sure


async def test_an_empty_text_is_nothing() -> None:
    async with wyoming_that() as server:
        server.says = lambda _pcm, _rate: " \n"
        nothing = await heard(replace(STT, url=server.url, sure=True))

    assert nothing == Transcript("", 0.0, sure=False)


async def test_names_go_along_unless_it_is_switched_off() -> None:
    async with wyoming_that() as server:
        options = replace(STT, url=server.url)
        await heard(options, vocabulary=("Renata Oliveira",))
        await heard(replace(options, hints=False), vocabulary=("Renata Oliveira",))

    told = [each.transcript_names for each in server.asked if isinstance(each, Transcribe)]
    assert told == [["Renata Oliveira"], None]


async def test_the_sound_goes_out_while_the_person_speaks() -> None:
    async with wyoming_that() as server:
        request = TurnRequest(Question.PURPOSE, 8000)
        turn = WyomingTranscriber(replace(STT, url=server.url)).open(request)
        for frame in frames(RECORDING.pcm)[:20]:
            turn.feed(frame)
        await eventually(lambda: server.heard)
        turn.cancel()
        await eventually(lambda: not server.open)
        assert (await turn.finish()).text == ""


@pytest.mark.parametrize("behaves", ["streams", "streams and sums up"])
async def test_a_server_that_streams_tells_the_words_so_far(behaves: str) -> None:
    partials: list[str] = []
    async with wyoming_that(behaves) as server:
        server.says = lambda _pcm, _rate: "é para  o 501"
        transcript = await heard(replace(STT, url=server.url), partials.append)

    assert partials == ["é", "é para", "é para o", "é para o 501"]
    assert transcript.text == "é para o 501"


async def test_words_come_while_the_person_speaks_where_the_server_streams() -> None:
    partials: list[str] = []
    async with wyoming_that("streams while the person speaks") as server:
        request = TurnRequest(Question.PURPOSE, 8000, (), partials.append)
        turn = WyomingTranscriber(replace(STT, url=server.url)).open(request)
        turn.feed(RECORDING.pcm)
        await eventually(lambda: "palavra" in partials)
        turn.cancel()
        await eventually(lambda: not server.open)


@pytest.mark.parametrize("behaves", [*NONSENSE, *NO_TEXT, *TOO_MUCH, *CUT, "error", "endless"])
async def test_words_that_are_none_are_an_error_without_them(behaves: str) -> None:
    async with wyoming_that(behaves) as server:
        with pytest.raises(
            SpeechError, match="the Wyoming server of PORTEIRO_WYOMING_STT_URL"
        ) as failure:
            await heard(replace(STT, url=server.url))
        await eventually(lambda: not server.open)

    assert failure.value.retryable is (behaves in {*CUT, "error"})
    assert SECRET not in str(failure.value)


@pytest.mark.parametrize("behaves", [*NONSENSE, *TOO_MUCH, *CUT, "error", "endless"])
async def test_sound_that_is_none_is_an_error(behaves: str) -> None:
    async with wyoming_that(behaves) as server:
        with pytest.raises(
            SpeechError, match="the Wyoming server of PORTEIRO_WYOMING_TTS_URL"
        ) as failure:
            await spoken(replace(TTS, url=server.url))
        await eventually(lambda: not server.open)

    assert failure.value.retryable is (behaves in {*CUT, "error"})
    assert SECRET not in str(failure.value)


async def test_an_error_tells_its_code() -> None:
    async with wyoming_that("error") as server:
        with pytest.raises(SpeechError, match=r"reports an error \(asr-overflow\): see its log"):
            await heard(replace(STT, url=server.url))


async def test_a_server_that_does_not_answer_is_not_waited_for() -> None:
    async with wyoming_that("hangs") as server:
        with pytest.raises(SpeechError, match=r"no words within 0\.1 s"):
            await heard(replace(STT, url=server.url, limit_s=0.1))
        with pytest.raises(SpeechError, match="took too long"):
            await spoken(replace(TTS, url=server.url, limit_s=0.1))
        with pytest.raises(SpeechError, match="took too long"):
            await spoken(replace(TTS, url=server.url, total_s=0.1))
        await eventually(lambda: not server.open)


@pytest.mark.parametrize(
    "url", ["", "host:10300", "http://host:10300", "tcp://host", "tcp://host:port", "unix://"]
)
async def test_an_address_that_is_none_says_how_to_write_it(url: str) -> None:
    with pytest.raises(
        SpeechError, match="PORTEIRO_WYOMING_STT_URL is no address: write it as tcp:"
    ):
        await heard(replace(STT, url=url))
    with pytest.raises(
        SpeechError, match="PORTEIRO_WYOMING_TTS_URL is no address: write it as tcp:"
    ):
        await spoken(replace(TTS, url=url))


async def test_nobody_there_is_an_error_that_may_pass(tmp_path: Path) -> None:
    async with wyoming_that() as server:
        pass
    for url in (server.url, f"unix://{tmp_path}/none"):
        with pytest.raises(SpeechError, match="cannot be reached") as failure:
            await heard(replace(STT, url=url))
        assert failure.value.retryable


async def test_a_socket_in_the_file_system_is_an_address_too(tmp_path: Path) -> None:
    state = Wyoming()
    server = AsyncUnixServer(tmp_path / "stt")
    await server.start(lambda reader, writer: Talk(state, reader, writer))
    try:
        assert (await heard(replace(STT, url=f"unix://{tmp_path}/stt"))).text == "autorizo"
        await eventually(lambda: not state.open)
    finally:
        await server.stop()


@pytest.mark.parametrize("behaves", ["well", "one chunk", "odd chunks"])
@pytest.mark.parametrize("sample_rate", [8000, 16000, PIPER_RATE])
async def test_a_phrase_has_the_rate_of_the_line(behaves: str, sample_rate: int) -> None:
    async with wyoming_that(behaves) as server:
        pcm = await spoken(replace(TTS, url=server.url), sample_rate=sample_rate)

    samples, wanted = to_samples(pcm), to_samples(tone(0.4, sample_rate))
    assert len(samples) == pytest.approx(len(wanted), rel=0.01)
    loudest = np.abs(np.fft.rfft(samples)).argmax()
    assert loudest * sample_rate / len(samples) == pytest.approx(440, abs=3)


async def test_it_plays_from_the_first_piece() -> None:
    async with wyoming_that("slow") as server:
        stream = WyomingSynthesizer(replace(TTS, url=server.url)).stream(PHRASE, "pt-br", 8000)
        assert isinstance(stream, AsyncGenerator)
        async with aclosing(stream):
            assert len(await anext(stream)) > 0
            assert server.open == 1
        await eventually(lambda: not server.open)


@pytest.mark.parametrize(
    ("own", "voice", "asked"),
    [
        ("", "pt-br", None),
        ("pt_BR-faber-medium", "pt-br", "pt_BR-faber-medium"),
        ("pt_BR-faber-medium", "edresson", "edresson"),
    ],
)
async def test_a_voice_that_is_only_a_language_is_the_one_that_was_set(
    own: str, voice: str, asked: str | None
) -> None:
    async with wyoming_that() as server:
        await spoken(replace(TTS, url=server.url, voice=own, speaker="2"), voice)

    (told,) = server.asked
    assert isinstance(told, Synthesize)
    assert (told.voice and told.voice.name, told.voice and told.voice.speaker) == (
        asked,
        "2" if asked else None,
    )


@pytest.mark.parametrize(
    ("sound", "complaint"),
    [
        (((PIPER_RATE, 2, 1), (16000, 2, 1)), "another rate than it promised"),
        (((PIPER_RATE, 2, 2),), "not 16-bit mono"),
        (((PIPER_RATE, 4, 1),), "not 16-bit mono"),
        (((0, 2, 1),), "8000 to 48000 Hz"),
        (((192_000, 2, 1),), "8000 to 48000 Hz"),
    ],
)
async def test_sound_that_is_not_as_promised_is_an_error(
    sound: tuple[tuple[int, int, int], ...], complaint: str
) -> None:
    async with wyoming_that() as server:
        server.sound = sound
        with pytest.raises(SpeechError, match=complaint) as failure:
            await spoken(replace(TTS, url=server.url))
    assert not failure.value.retryable


@pytest.mark.parametrize(
    ("behaves", "complaint"),
    [("cut in the middle", "broke off in the middle"), ("no sound", "sent no sound")],
)
async def test_half_a_phrase_or_none_is_an_error(behaves: str, complaint: str) -> None:
    async with wyoming_that(behaves) as server:
        with pytest.raises(SpeechError, match=complaint):
            await spoken(replace(TTS, url=server.url))


def test_voices_that_differ_are_told_apart() -> None:
    fingerprints = {
        WyomingSynthesizer(options).fingerprint
        for options in (TTS, replace(TTS, voice="faber"), replace(TTS, speaker="1"))
    }
    assert len(fingerprints) == 3


async def test_a_phrase_given_up_leaves_the_server() -> None:
    async with wyoming_that("hangs") as server:
        speaking = asyncio.create_task(spoken(replace(TTS, url=server.url)))
        await eventually(lambda: server.asked)
        speaking.cancel()
        await asyncio.wait([speaking])
        await eventually(lambda: not server.open)
