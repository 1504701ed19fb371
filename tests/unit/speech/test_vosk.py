"""The Vosk client against a server that speaks the protocol, well and badly."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import aiohttp
import numpy as np
import pytest
import pytest_asyncio

from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.dialogue.terms import Question
from porteiro.errors import SpeechError
from porteiro.speech.vosk import VoskOptions, VoskTranscriber, phrase_list
from tests.integration.server import eventually
from tests.providers.certificates import own_certificate
from tests.providers.known_speech import RECORDING
from tests.providers.vosk_server import BROKEN, NONSENSE, Vosk, vosk_that
from tests.telephone_speech import frames

QUICK = VoskOptions("", connect_s=5.0, limit_s=5.0, close_s=0.1)
NAMES = ("Renata Oliveira", "João da Silva")


@pytest_asyncio.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def asked(question: Question = Question.AUTHORIZE, *vocabulary: str) -> TurnRequest:
    return TurnRequest(question, 8000, vocabulary)


async def heard(
    session: aiohttp.ClientSession, options: VoskOptions, request: TurnRequest | None = None
) -> Transcript:
    turn = VoskTranscriber(session, options).open(request or asked())
    for frame in frames(RECORDING.pcm):
        turn.feed(frame)
    return await turn.finish()


def as_far_as(vosk: Vosk, packets: int, partials: list[str], told: str) -> bool:
    return vosk.packets == packets and partials[-1:] == [told]


async def test_the_sound_arrives_at_the_rate_of_wide_band_models(
    session: aiohttp.ClientSession,
) -> None:
    async with vosk_that() as vosk:
        transcript = await heard(session, replace(QUICK, url=vosk.url))

    assert transcript == Transcript("autorizo", 0.9, sure=False)
    assert vosk.configurations == [{"sample_rate": 16000, "words": True, "max_alternatives": 0}]
    assert len(vosk.heard) == 2 * len(RECORDING.pcm)


async def test_wide_band_sound_arrives_as_it_is(session: aiohttp.ClientSession) -> None:
    sound = np.arange(16000, dtype="<i2").tobytes()
    async with vosk_that() as vosk:
        turn = VoskTranscriber(session, replace(QUICK, url=vosk.url)).open(
            TurnRequest(Question.PURPOSE, 16000)
        )
        for frame in frames(sound, sample_rate=16000):
            turn.feed(frame)
        await turn.finish()

    assert vosk.heard == sound


async def test_the_sound_goes_out_while_the_person_speaks(session: aiohttp.ClientSession) -> None:
    partials: list[str] = []
    async with vosk_that("talkative") as vosk:
        request = replace(asked(), partial=partials.append)
        turn = VoskTranscriber(session, replace(QUICK, url=vosk.url)).open(request)
        for frame in frames(RECORDING.pcm)[:20]:
            turn.feed(frame)
        await eventually(lambda: partials)
        before = list(partials)
        for frame in frames(RECORDING.pcm)[20:]:
            turn.feed(frame)
        transcript = await turn.finish()

    assert before[0].startswith("palavra ")
    assert transcript.text == "autorizo"
    assert partials[-1] == "autorizo"


async def test_sentences_of_one_turn_are_one_text(session: aiohttp.ClientSession) -> None:
    partials: list[str] = []
    async with vosk_that() as vosk:
        vosk.sentences = {1: "boa tarde", 2: "é para [unk] o"}
        vosk.says = lambda _pcm, _rate: "quinhentos e um"
        request = replace(asked(), partial=partials.append)
        turn = VoskTranscriber(session, replace(QUICK, url=vosk.url)).open(request)
        for packet, told in ((1, "boa tarde"), (2, "boa tarde é para o")):
            turn.feed(bytes(2000))
            await eventually(partial(as_far_as, vosk, packet, partials, told))
        transcript = await turn.finish()

    assert transcript.text == "boa tarde é para o quinhentos e um"
    assert partials[-1] == transcript.text


async def test_what_the_model_does_not_know_is_no_word(session: aiohttp.ClientSession) -> None:
    async with vosk_that() as vosk:
        vosk.says = lambda _pcm, _rate: "[unk] [unk]"
        assert await heard(session, replace(QUICK, url=vosk.url)) == Transcript("", 0.0, sure=False)


@pytest.mark.parametrize(
    ("conf", "sure_from", "sure"),
    [(0.99, None, False), (0.99, 0.95, True), (0.9, 0.95, False), (1.000004, 1.0, True)],
)
async def test_a_yes_is_sure_from_the_confidence_that_was_set(
    session: aiohttp.ClientSession, conf: float, sure_from: float | None, *, sure: bool
) -> None:
    async with vosk_that() as vosk:
        vosk.conf = conf
        options = replace(QUICK, url=vosk.url, sure_from=sure_from)
        transcript = await heard(session, options)

    assert transcript.sure is sure
    assert 0 < transcript.confidence <= 1


async def test_words_that_are_not_rated_are_never_sure(session: aiohttp.ClientSession) -> None:
    async with vosk_that("unrated") as vosk:
        transcript = await heard(session, replace(QUICK, url=vosk.url, sure_from=0.0))

    assert transcript == Transcript("autorizo", 0.5, sure=False)


async def test_a_turn_of_which_a_part_is_not_rated_is_never_sure(
    session: aiohttp.ClientSession,
) -> None:
    async with vosk_that() as vosk:
        vosk.sentences = {1: "não"}
        vosk.says = lambda _pcm, _rate: "pode entrar"
        transcript = await heard(session, replace(QUICK, url=vosk.url, sure_from=0.5))

    assert transcript == Transcript("não pode entrar", 0.9, sure=False)


async def test_names_go_as_a_phrase_list_where_a_name_was_asked_for(
    session: aiohttp.ClientSession,
) -> None:
    async with vosk_that() as vosk:
        options = replace(QUICK, url=vosk.url)
        for question in Question:
            await heard(session, options, asked(question, *NAMES))
        await heard(session, replace(options, hints=False), asked(Question.RESIDENT, *NAMES))

    with_names = [
        question
        for question, told in zip(Question, vosk.configurations, strict=False)
        if "phrase_list" in told
    ]
    assert with_names == [Question.APARTMENT, Question.RESIDENT, Question.SURNAME]
    assert "phrase_list" not in vosk.configurations[-1]


def test_the_phrase_list_holds_what_is_said_beside_the_name_too() -> None:
    phrases = phrase_list(asked(Question.RESIDENT, *NAMES))

    expected = {"joão da silva", "joão", "renata oliveira", "não sei", "para a", "quinhentos"}
    assert expected | {"[unk]", "meia"} <= set(phrases)
    assert len(phrases) == len(set(phrases))


def test_apartments_are_listed_as_they_are_spoken() -> None:
    phrases = phrase_list(asked(Question.APARTMENT, "A-501"))

    assert {"quinhentos e um", "cinco zero um", "bloco á quinhentos e um"} <= set(phrases)


def test_a_directory_too_large_to_be_told_whole_is_not_told() -> None:
    many = tuple(f"{number}" for number in range(1, 4000))

    assert phrase_list(asked(Question.APARTMENT, *many)) == []


@pytest.mark.parametrize("behaves", NONSENSE)
async def test_an_answer_that_is_none_is_an_error_without_its_words(
    session: aiohttp.ClientSession, behaves: str
) -> None:
    async with vosk_that(behaves) as vosk:
        with pytest.raises(
            SpeechError, match="is no Vosk server: check PORTEIRO_VOSK_URL"
        ) as failure:
            await heard(session, replace(QUICK, url=vosk.url))

    assert not failure.value.retryable
    assert "autoriz" not in str(failure.value)


@pytest.mark.parametrize("behaves", BROKEN)
async def test_a_broken_stream_is_an_error(session: aiohttp.ClientSession, behaves: str) -> None:
    async with vosk_that(behaves) as vosk:
        with pytest.raises(SpeechError, match=r"server (broke off|answers without end)"):
            await heard(session, replace(QUICK, url=vosk.url))
        await eventually(lambda: not vosk.open)


@pytest.mark.parametrize(
    ("behaves", "retryable"), [("401", False), ("404", False), ("429", True), ("500", True)]
)
async def test_a_refusal_tells_its_status_and_no_password(
    session: aiohttp.ClientSession, behaves: str, *, retryable: bool
) -> None:
    async with vosk_that(behaves) as vosk:
        url = vosk.url.replace("ws://", "ws://porteiro:hunter2@")
        with pytest.raises(SpeechError, match=behaves) as failure:
            await heard(session, replace(QUICK, url=url))

    assert failure.value.retryable is retryable
    assert failure.value.retry_after_s == (7.0 if retryable else None)
    assert failure.value.__cause__ is None
    assert "hunter2" not in f"{failure.value} {replace(QUICK, url=url)}"


@pytest.mark.parametrize("url", ["", "nonsense", "ws://", "ws://host:port", "ftp://127.0.0.1"])
async def test_an_address_that_is_none_says_how_to_write_it(
    session: aiohttp.ClientSession, url: str
) -> None:
    with pytest.raises(SpeechError, match="PORTEIRO_VOSK_URL"):
        await heard(session, replace(QUICK, url=url))


async def test_nobody_there_is_an_error(session: aiohttp.ClientSession) -> None:
    async with vosk_that() as vosk:
        pass
    with pytest.raises(SpeechError, match="cannot be reached") as failure:
        await heard(session, replace(QUICK, url=vosk.url))
    assert failure.value.retryable


async def test_a_server_without_tls_is_not_spoken_to_over_tls(
    session: aiohttp.ClientSession,
) -> None:
    async with vosk_that() as vosk:
        with pytest.raises(SpeechError, match="PORTEIRO_VOSK_URL"):
            await heard(session, replace(QUICK, url=vosk.url.replace("ws:", "wss:")))


async def test_a_certificate_that_is_not_trusted_says_what_to_do(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    async with vosk_that(tls=await own_certificate(tmp_path)) as vosk:
        with pytest.raises(SpeechError, match="TLS certificate is not trusted") as failure:
            await heard(session, replace(QUICK, url=vosk.url))
        assert not failure.value.retryable
        assert not vosk.configurations


async def test_a_server_that_does_not_answer_is_not_waited_for(
    session: aiohttp.ClientSession,
) -> None:
    async with vosk_that("hangs") as vosk:
        with pytest.raises(SpeechError, match=r"no words within 0\.1 s"):
            await heard(session, replace(QUICK, url=vosk.url, limit_s=0.1))
        await eventually(lambda: len(vosk.configurations) == 1)


async def test_a_server_that_takes_no_connection_is_not_waited_for(
    session: aiohttp.ClientSession,
) -> None:
    async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(taken, "127.0.0.1", 0)
    async with server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(SpeechError, match=r"not answer within 0\.1 s: check PORTEIRO_VOSK_URL"):
            await heard(session, replace(QUICK, url=url, connect_s=0.1))


async def test_the_words_do_not_wait_for_the_connection_to_end(
    session: aiohttp.ClientSession,
) -> None:
    async with vosk_that("stays") as vosk:
        options = replace(QUICK, url=vosk.url, close_s=60.0)
        async with asyncio.timeout(10):
            assert (await heard(session, options)).text == "autorizo"


async def test_a_server_that_answers_at_the_end_only_is_heard(
    session: aiohttp.ClientSession,
) -> None:
    async with vosk_that("silent until the end") as vosk:
        assert (await heard(session, replace(QUICK, url=vosk.url))).text == "autorizo"


async def test_a_dropped_turn_leaves_the_server(session: aiohttp.ClientSession) -> None:
    async with vosk_that() as vosk:
        turn = VoskTranscriber(session, replace(QUICK, url=vosk.url)).open(asked())
        turn.feed(RECORDING.pcm)
        await eventually(lambda: vosk.packets)
        turn.cancel()
        await eventually(lambda: not vosk.open)
        assert (await turn.finish()).text == ""


async def test_no_more_than_a_minute_of_a_turn_is_sent(session: aiohttp.ClientSession) -> None:
    async with vosk_that() as vosk:
        turn = VoskTranscriber(session, replace(QUICK, url=vosk.url)).open(asked())
        for _ in range(70):
            turn.feed(bytes(16000))
        await turn.finish()

    assert len(vosk.heard) == 60 * 2 * 16000
