import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.dialogue.terms import Question
from porteiro.errors import SettingsError, SpeechError
from porteiro.speech.deepgram import DeepgramOptions, DeepgramTranscriber
from tests.integration.server import eventually
from tests.providers.deepgram_server import KEY, RUBBISH, DeepgramStandIn, deepgram_that
from tests.telephone_speech import frames, utterances

PCM = {each.name: each.pcm for each in utterances()}
YES = "04-autorizo.wav"
NAMES = ("Renata Oliveira", "Guilherme Andrade")


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def heard(
    session: aiohttp.ClientSession,
    deepgram: DeepgramStandIn,
    request: TurnRequest | None = None,
    **more: object,
) -> Transcript:
    transcriber = DeepgramTranscriber(session, deepgram.options(**more))
    turn = transcriber.open(request or TurnRequest(Question.AUTHORIZE, 8000))
    for frame in frames(PCM[YES]):
        turn.feed(frame)
    return await turn.finish()


async def test_the_words_so_far_are_told_while_the_person_speaks(
    session: aiohttp.ClientSession,
) -> None:
    told: list[str] = []
    async with deepgram_that() as deepgram:
        deepgram.interim = ["sim", "sim pode", "sim pode"]
        deepgram.pieces = [("sim pode", 0.9), ("entrar", 0.9)]
        transcriber = DeepgramTranscriber(session, deepgram.options())
        turn = transcriber.open(TurnRequest(Question.AUTHORIZE, 8000, partial=told.append))
        for count in (1, 2):
            turn.feed(PCM[YES][:1600])
            await eventually(lambda count=count: len(told) == count)  # type: ignore[misc]
        turn.feed(PCM[YES][:1600])
        transcript = await turn.finish()

    assert told == ["sim", "sim pode", "sim pode entrar"]
    assert transcript.text == "sim pode entrar"


async def test_the_whole_sound_is_sent_as_it_is(session: aiohttp.ClientSession) -> None:
    async with deepgram_that() as deepgram:
        await heard(session, deepgram)

    assert deepgram.sound == [PCM[YES]]
    assert deepgram.orders[0] == "Finalize"
    assert deepgram.asked[0]["sample_rate"] == "8000"
    assert deepgram.asked[0]["language"] == "pt-BR"
    assert deepgram.asked[0]["model"] == "nova-3"


@pytest.mark.parametrize(("confidence", "sure"), [(0.97, True), (0.5, False)])
async def test_the_words_are_as_sure_as_the_least_sure(
    session: aiohttp.ClientSession, confidence: float, sure: bool
) -> None:
    async with deepgram_that() as deepgram:
        deepgram.pieces = [("não", confidence), ("pode entrar", 0.99)]
        transcript = await heard(session, deepgram)

    assert transcript == Transcript("não pode entrar", confidence, sure=sure)


async def test_a_yes_never_counts_where_no_confidence_is_enough(
    session: aiohttp.ClientSession,
) -> None:
    async with deepgram_that() as deepgram:
        deepgram.confidence = 1.0
        assert not (await heard(session, deepgram, sure_from=1.1)).sure


@pytest.mark.parametrize("behaves", ["no from_finalize", "no metadata"])
async def test_the_last_words_are_known_without_being_marked(
    session: aiohttp.ClientSession, behaves: str
) -> None:
    async with deepgram_that(behaves) as deepgram:
        assert (await heard(session, deepgram)).text == "autorizo"


async def test_names_are_told_as_hints_and_numbers_are_not(
    session: aiohttp.ClientSession,
) -> None:
    request = TurnRequest(Question.RESIDENT, 8000, (*NAMES, "501", "12 B"))
    async with deepgram_that() as deepgram:
        await heard(session, deepgram, request)

    assert deepgram.asked[0].getall("keyterm") == list(NAMES)


@pytest.mark.parametrize("more", [{"hints": False}, {"model": "nova-2"}])
async def test_no_name_leaves_where_hints_are_off_or_not_taken(
    session: aiohttp.ClientSession, more: dict[str, object]
) -> None:
    async with deepgram_that() as deepgram:
        await heard(session, deepgram, TurnRequest(Question.RESIDENT, 8000, NAMES), **more)

    assert "keyterm" not in deepgram.asked[0]
    assert "Renata" not in str(deepgram.asked[0])


async def test_no_more_hints_are_given_than_are_taken(session: aiohttp.ClientSession) -> None:
    names = tuple(f"{first} de Albuquerque" for first in ("Ana", "Rui", "Zé") * 300)
    async with deepgram_that() as deepgram:
        await heard(session, deepgram, TurnRequest(Question.RESIDENT, 8000, names))

    hints = deepgram.asked[0].getall("keyterm")
    assert 0 < len(hints) <= 100
    assert sum(map(len, hints)) <= 1000


@pytest.mark.parametrize(("may_train", "asked"), [(False, "true"), (True, None)])
async def test_nothing_is_learnt_from_the_sound_unless_it_may(
    session: aiohttp.ClientSession, may_train: bool, asked: str | None
) -> None:
    async with deepgram_that() as deepgram:
        await heard(session, deepgram, may_train=may_train)

    assert deepgram.asked[0].get("mip_opt_out") == asked


@pytest.mark.parametrize(
    ("behaves", "words", "retryable"),
    [
        ("400", "check PORTEIRO_DEEPGRAM_URL and the language", False),
        ("401", "check PORTEIRO_DEEPGRAM_KEY", False),
        ("403", "check PORTEIRO_DEEPGRAM_KEY", False),
        ("429", "its quota is used up", True),
        ("503", "it is in trouble", True),
        ("page", "Deepgram answered 200", False),
        ("cut", "broke off before the last words", True),
        ("c1011", r"code 1011, NET-0001", True),
        ("c1008", r"code 1008, DATA-0000", False),
        ("early", "broke off before the last words", True),
        ("error", "gave this turn up", True),
        ("bytes", "bytes in the place of words", False),
        ("huge", "more than 262144 bytes", False),
        ("endless", "more than 4194304 letters", False),
        *((rubbish, "none of its own|not between|gave this turn up", None) for rubbish in RUBBISH),
    ],
)
async def test_a_failure_says_what_to_do_and_nothing_else(
    session: aiohttp.ClientSession, behaves: str, words: str, retryable: bool | None
) -> None:
    async with deepgram_that(behaves) as deepgram:
        with pytest.raises(SpeechError, match=words) as failed:
            await heard(session, deepgram)

    assert retryable in (None, failed.value.retryable)
    for secret in (KEY, "sim", "auto", "painel"):
        assert secret not in str(failed.value)


async def test_a_turn_ended_with_unsettled_words_has_failed(
    session: aiohttp.ClientSession,
) -> None:
    async with deepgram_that("unsettled") as deepgram:
        deepgram.interim = ["pode entrar"]
        with pytest.raises(SpeechError, match="without settling its last words"):
            await heard(session, deepgram)


async def test_a_wrong_key_is_said(session: aiohttp.ClientSession) -> None:
    async with deepgram_that() as deepgram:
        with pytest.raises(SpeechError, match="check PORTEIRO_DEEPGRAM_KEY"):
            await heard(session, deepgram, key="wrong")


async def test_a_rate_limit_says_when_to_try_again(session: aiohttp.ClientSession) -> None:
    async with deepgram_that("429") as deepgram:
        deepgram.headers = {"Retry-After": "17"}
        with pytest.raises(SpeechError) as failed:
            await heard(session, deepgram)

    assert failed.value.retry_after_s == 17


@pytest.mark.parametrize("behaves", ["hang", "mute"])
async def test_words_that_do_not_come_are_not_waited_for(
    session: aiohttp.ClientSession, behaves: str
) -> None:
    async with deepgram_that(behaves) as deepgram:
        with pytest.raises(SpeechError, match=r"within 0\.1 s"):
            await heard(session, deepgram, limit_s=0.1)


async def test_an_address_where_nobody_listens_is_said(session: aiohttp.ClientSession) -> None:
    options = DeepgramOptions(KEY, url="ws://127.0.0.1:1/")
    turn = DeepgramTranscriber(session, options).open(TurnRequest(Question.AUTHORIZE, 8000))
    turn.feed(PCM[YES])

    with pytest.raises(SpeechError, match="check the network and PORTEIRO_DEEPGRAM_URL"):
        await turn.finish()


async def test_a_dropped_turn_leaves_no_connection_behind(
    session: aiohttp.ClientSession,
) -> None:
    async with deepgram_that() as deepgram:
        deepgram.interim = ["auto"]
        told = asyncio.Event()
        transcriber = DeepgramTranscriber(session, deepgram.options())
        request = TurnRequest(Question.AUTHORIZE, 8000, partial=lambda _: told.set())
        turn = transcriber.open(request)
        turn.feed(PCM[YES])
        async with asyncio.timeout(5):
            await told.wait()
            turn.cancel()
            await deepgram.closed.wait()

    assert "Finalize" not in deepgram.orders


@pytest.mark.parametrize("key", ["", "with space", "line\n"])
def test_a_key_that_is_none_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(SettingsError, match="PORTEIRO_DEEPGRAM_KEY is no key"):
        DeepgramOptions(key)


def test_the_key_is_in_no_repr() -> None:
    assert KEY not in repr(DeepgramOptions(KEY))
