import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.dialogue.terms import Question
from porteiro.errors import SettingsError, SpeechError
from porteiro.speech.azure.options import AzureOptions
from porteiro.speech.azure.transcriber import AzureTranscriber
from porteiro.speech.streamed_turn import StreamedTurn
from tests.integration.server import eventually
from tests.providers.azure_server import KEY, RUBBISH, AzureStandIn, azure_that
from tests.providers.certificates import own_certificate
from tests.telephone_speech import frames, utterances

PCM = {each.name: each.pcm for each in utterances()}
YES = "04-autorizo.wav"
PAUSE = bytes(2 * 8000)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def begin(
    session: aiohttp.ClientSession, azure: AzureStandIn, rate: int = 8000, **more: object
) -> StreamedTurn:
    transcriber = AzureTranscriber(session, azure.options(**more))
    return transcriber.open(TurnRequest(Question.AUTHORIZE, rate))


async def heard(
    session: aiohttp.ClientSession, azure: AzureStandIn, pcm: bytes = PCM[YES], **more: object
) -> Transcript:
    turn = begin(session, azure, 8000, **more)
    for frame in frames(pcm):
        turn.feed(frame)
    return await turn.finish()


async def test_sound_goes_up_while_the_person_speaks(session: aiohttp.ClientSession) -> None:
    async with azure_that() as azure:
        turn = begin(session, azure)
        for frame in frames(PCM[YES])[:20]:
            turn.feed(frame)
        async with asyncio.timeout(5):
            await azure.first_sound.wait()
        for frame in frames(PCM[YES])[20:]:
            turn.feed(frame)

        assert (await turn.finish()).text == "autorizo"


async def test_sound_at_its_own_rate_is_sent_as_it_is(session: aiohttp.ClientSession) -> None:
    pcm = bytes(range(256)) * 125
    async with azure_that() as azure:
        turn = begin(session, azure, rate=16_000)
        turn.feed(pcm)
        await turn.finish()

        assert azure.sound == [pcm]


@pytest.mark.parametrize(("confidence", "sure"), [(0.92, True), ("0.92", True), (0.5, False)])
async def test_a_yes_counts_from_a_confidence_on(
    session: aiohttp.ClientSession, confidence: object, sure: bool
) -> None:
    async with azure_that() as azure:
        azure.confidence = confidence
        transcript = await heard(session, azure)

    assert transcript == Transcript("autorizo", float(str(confidence)), sure=sure)


async def test_a_yes_never_counts_where_no_confidence_is_enough(
    session: aiohttp.ClientSession,
) -> None:
    async with azure_that() as azure:
        azure.confidence = 1.0
        assert not (await heard(session, azure, sure_from=1.1)).sure


async def test_what_is_said_after_a_pause_is_heard_too(session: aiohttp.ClientSession) -> None:
    async with azure_that() as azure:
        azure.listens_bytes = 8000
        azure.hears = ["não", "pode entrar"]
        turn = begin(session, azure)
        turn.feed(PCM[YES])
        await eventually(lambda: bool(azure.transports) and azure.transports[0].is_closing())
        turn.feed(PAUSE)
        turn.feed(PCM[YES])
        transcript = await turn.finish()

    assert transcript.text == "não pode entrar"


async def test_silence_after_the_answer_is_not_sent_by_itself(
    session: aiohttp.ClientSession,
) -> None:
    async with azure_that() as azure:
        azure.listens_bytes = 16_000
        azure.hears = ["sim"]
        transcript = await heard(session, azure, b"\x00\x10" * 4000 + PAUSE * 3)

    assert transcript.text == "sim"
    assert len(azure.sound) == 1


async def test_a_service_that_never_has_enough_words_is_left(
    session: aiohttp.ClientSession,
) -> None:
    async with azure_that() as azure:
        azure.listens_bytes = 2
        azure.hears = ["sim"] * 100
        await heard(session, azure, b"\x00\x10" * 80_000)

    assert len(azure.sound) <= 8


@pytest.mark.parametrize("status", ["NoMatch", "InitialSilenceTimeout", "BabbleTimeout"])
async def test_nothing_understood_is_no_words(session: aiohttp.ClientSession, status: str) -> None:
    async with azure_that(status) as azure:
        assert await heard(session, azure) == Transcript("", 0.0, sure=False)


@pytest.mark.parametrize(
    ("behaves", "words", "retryable"),
    [
        ("302", "302: it is somewhere else; check AZURE_SPEECH_REGION", False),
        ("400", "check AZURE_SPEECH_REGION and the language", False),
        ("401", "check AZURE_SPEECH_KEY", False),
        ("403", "check AZURE_SPEECH_KEY", False),
        ("429", "its quota is used up", True),
        ("500", "it is in trouble", True),
        ("503", "it is in trouble", True),
        ("Error", "gave this turn up", True),
        ("close", "cannot be reached", True),
        ("garbage", "cannot be reached", True),
        ("cut", "broke off in the middle", True),
        ("huge", "more than 131072 bytes", False),
        ("endless", "more than 131072 bytes", False),
        *((rubbish, "AZURE_SPEECH_REGION", False) for rubbish in RUBBISH),
    ],
)
async def test_a_failure_says_what_to_do_and_nothing_else(
    session: aiohttp.ClientSession, behaves: str, words: str, retryable: bool
) -> None:
    async with azure_that(behaves) as azure:
        with pytest.raises(SpeechError, match=words) as failed:
            await heard(session, azure)

    assert failed.value.retryable is retryable
    assert KEY not in str(failed.value)
    assert "auto" not in str(failed.value)
    assert "painel" not in str(failed.value)


async def test_a_wrong_key_is_told_before_the_sound_is_sent(
    session: aiohttp.ClientSession,
) -> None:
    async with azure_that() as azure:
        with pytest.raises(SpeechError, match="check AZURE_SPEECH_KEY"):
            await heard(session, azure, key="wrong")

        assert not azure.sound


async def test_a_rate_limit_says_when_to_try_again(session: aiohttp.ClientSession) -> None:
    async with azure_that("429") as azure:
        azure.headers = {"Retry-After": "17"}
        with pytest.raises(SpeechError) as failed:
            await heard(session, azure)

    assert failed.value.retry_after_s == 17


@pytest.mark.parametrize("behaves", ["hang", "well"])
async def test_an_answer_that_does_not_come_is_not_waited_for(
    session: aiohttp.ClientSession, behaves: str
) -> None:
    async with azure_that(behaves) as azure:
        azure.delay_s = 30
        with pytest.raises(SpeechError, match=r"within 0\.1 s"):
            await heard(session, azure, limit_s=0.1)


async def test_an_address_where_nobody_listens_is_said(session: aiohttp.ClientSession) -> None:
    options = AzureOptions("brazilsouth", KEY, recognition_url="http://127.0.0.1:1/")
    turn = AzureTranscriber(session, options).open(TurnRequest(Question.AUTHORIZE, 8000))
    turn.feed(PCM[YES])

    with pytest.raises(SpeechError, match="check the network and AZURE_SPEECH_REGION"):
        await turn.finish()


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    async with azure_that(tls=await own_certificate(tmp_path)) as azure:
        with pytest.raises(SpeechError, match="cannot be trusted") as failed:
            await heard(session, azure)

        assert not azure.sound
    assert not failed.value.retryable


@pytest.mark.parametrize("region", ["", "evil.com/", "Brazil South", "a@b", "br\nx"])
def test_a_region_that_is_none_leads_the_key_nowhere(region: str) -> None:
    with pytest.raises(SettingsError, match=r"AZURE_SPEECH_REGION .* brazilsouth"):
        AzureOptions(region, KEY)


@pytest.mark.parametrize("key", ["", "with space", "line\n"])
def test_a_key_that_is_none_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(SettingsError, match="AZURE_SPEECH_KEY is no key"):
        AzureOptions("brazilsouth", key)


def test_the_key_is_in_no_repr() -> None:
    assert KEY not in repr(AzureOptions("brazilsouth", KEY))


def test_the_addresses_are_the_published_ones() -> None:
    options = AzureOptions("brazilsouth", KEY)

    assert options.recognition == (
        "https://brazilsouth.stt.speech.microsoft.com"
        "/speech/recognition/conversation/cognitiveservices/v1"
    )
    assert options.synthesis == "https://brazilsouth.tts.speech.microsoft.com/cognitiveservices/v1"
