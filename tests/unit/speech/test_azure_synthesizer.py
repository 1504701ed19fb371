import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from porteiro.errors import SpeechError
from porteiro.speech.azure.synthesizer import AzureSynthesizer
from tests.providers.azure_server import KEY, AzureStandIn, azure_that

PHRASE = "Um momento, por favor."
LASTS_S = 0.06 * len(PHRASE)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def spoken(
    session: aiohttp.ClientSession,
    azure: AzureStandIn,
    text: str = PHRASE,
    voice: str = "pt-br",
    rate: int = 8000,
    **options: object,
) -> list[bytes]:
    synthesizer = AzureSynthesizer(session, azure.options(**options))
    return [chunk async for chunk in synthesizer.stream(text, voice, rate)]


async def test_the_first_sound_comes_before_the_last_is_made(
    session: aiohttp.ClientSession,
) -> None:
    async with azure_that("waits") as azure, asyncio.timeout(5):
        stream = AzureSynthesizer(session, azure.options()).stream(PHRASE, "pt-br", 8000)
        first = await anext(stream)
        assert len(first) == 800
        azure.go_on.set()
        rest = [chunk async for chunk in stream]

    assert len(b"".join([first, *rest])) == round(LASTS_S * 8000) * 2


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000])
async def test_it_is_whole_samples_at_any_rate(session: aiohttp.ClientSession, rate: int) -> None:
    async with azure_that() as azure:
        chunks = await spoken(session, azure, rate=rate)

    assert all(len(chunk) % 2 == 0 for chunk in chunks)
    assert len(b"".join(chunks)) / 2 / rate == pytest.approx(LASTS_S, rel=0.01)


async def test_a_language_is_spoken_by_the_voice_of_the_settings(
    session: aiohttp.ClientSession,
) -> None:
    async with azure_that() as azure:
        await spoken(session, azure, voice="pt-br")
        await spoken(session, azure, voice="pt-BR-FranciscaNeural")

    assert 'name="pt-BR-AntonioNeural"' in azure.ssml[0]
    assert 'name="pt-BR-FranciscaNeural"' in azure.ssml[1]


async def test_a_name_cannot_give_orders_nor_break_the_form(
    session: aiohttp.ClientSession,
) -> None:
    text = "Ana </voice><audio src='http://x'/> & \x00\x1b[2J \ud800 filhos"
    async with azure_that() as azure:
        await spoken(session, azure, text)

    assert "<audio" not in azure.ssml[0]
    assert "Ana &lt;/voice&gt;" in azure.ssml[0]


@pytest.mark.parametrize("voice", ["nobody", "", "pt-BR-'/><audio/>", "../x"])
async def test_a_voice_that_is_none_is_not_asked_for(
    session: aiohttp.ClientSession, voice: str
) -> None:
    async with azure_that() as azure:
        with pytest.raises(SpeechError, match="try pt-BR-AntonioNeural") as failed:
            await spoken(session, azure, voice=voice)

    assert not failed.value.retryable
    assert not azure.ssml


@pytest.mark.parametrize(
    ("behaves", "words", "retryable"),
    [
        ("302", "it is somewhere else", False),
        ("400", "check AZURE_SPEECH_REGION and the language", False),
        ("401", "check AZURE_SPEECH_KEY", False),
        ("429", "its quota is used up", True),
        ("502", "it is in trouble", True),
        ("close", "cannot be reached", True),
        ("garbage", "cannot be reached", True),
        ("cut", "broke off in the middle of its answer", True),
        ("odd", "broke off in the middle of a sample", True),
        ("empty", "sent no sound", True),
        ("html", "text in the place of sound", False),
        ("html as sound", "a file in the place of bare samples", False),
        ("wav", "a file in the place of bare samples", False),
        ("other rate", "16000 Hz where 8000 Hz", False),
        ("huge", "more sound than the phrase can last", False),
        ("endless", "more sound than the phrase can last", False),
    ],
)
async def test_a_failure_says_what_to_do_and_nothing_else(
    session: aiohttp.ClientSession, behaves: str, words: str, retryable: bool
) -> None:
    async with azure_that(behaves) as azure:
        with pytest.raises(SpeechError, match=words) as failed:
            await spoken(session, azure)

    assert failed.value.retryable is retryable
    assert KEY not in str(failed.value)
    assert "momento" not in str(failed.value)
    assert "painel" not in str(failed.value)


async def test_a_rate_limit_says_when_to_try_again(session: aiohttp.ClientSession) -> None:
    async with azure_that("429") as azure:
        azure.headers = {"Retry-After": "17"}
        with pytest.raises(SpeechError) as failed:
            await spoken(session, azure)

    assert failed.value.retry_after_s == 17


@pytest.mark.parametrize("behaves", ["hang", "stalls"])
async def test_sound_that_does_not_come_is_not_waited_for(
    session: aiohttp.ClientSession, behaves: str
) -> None:
    async with azure_that(behaves) as azure:
        with pytest.raises(SpeechError, match=r"within 0\.1 s"):
            await spoken(session, azure, limit_s=0.1)


async def test_another_voice_sounds_otherwise(session: aiohttp.ClientSession) -> None:
    async with azure_that() as azure:
        one = AzureSynthesizer(session, azure.options())
        other = AzureSynthesizer(session, azure.options(voice="pt-BR-FranciscaNeural"))

    assert one.fingerprint != other.fingerprint
