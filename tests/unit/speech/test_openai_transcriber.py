"""Transcription over OpenAI's API: what is sent, what is believed, and what goes wrong."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from porteiro.calls.ports import Transcript, TurnRequest
from porteiro.dialogue.terms import Question
from porteiro.errors import SpeechError
from porteiro.speech.openai.client import OpenAIOptions, Server, server_at
from porteiro.speech.openai.transcriber import OpenAITranscriber, TranscriptionOptions
from tests.providers.openai_server import FAILING, KEY, OpenAIServer, openai_server

SOUND = bytes([0, 20]) * 8000
ASKED = TurnRequest(Question.AUTHORIZE, 8000)
WHISPER = TranscriptionOptions(model="whisper-1", limit_s=0.5)


@dataclass
class Ear:
    """A server and a client of it."""

    peer: OpenAIServer
    server: Server

    async def hears(
        self,
        pcm: bytes = SOUND,
        options: TranscriptionOptions = WHISPER,
        request: TurnRequest = ASKED,
    ) -> Transcript:
        turn = OpenAITranscriber(self.server, options).open(request)
        turn.feed(pcm)
        return await turn.finish()


@pytest_asyncio.fixture
async def ear() -> AsyncIterator[Ear]:
    async with openai_server() as peer, server_at(OpenAIOptions(peer.url, KEY)) as server:
        peer.hears = lambda pcm: "autorizo" if pcm == SOUND else "outra coisa"
        yield Ear(peer, server)


def segments(avg_logprob: float, no_speech_prob: float = 0.0) -> dict[str, object]:
    segment = {"avg_logprob": avg_logprob, "no_speech_prob": no_speech_prob}
    return {"language": "portuguese", "segments": [segment]}


async def test_a_clear_yes_is_sure(ear: Ear) -> None:
    ear.peer.transcription = segments(-0.1)
    heard = await ear.hears()
    assert (heard.text, heard.sure) == ("autorizo", True)
    assert heard.confidence == pytest.approx(0.905, abs=0.001)


@pytest.mark.parametrize("said", [segments(-0.5), {}, {"segments": []}, {"logprobs": None}])
async def test_a_yes_is_not_sure_where_the_model_does_not_say_so(
    ear: Ear, said: dict[str, object]
) -> None:
    ear.peer.transcription = said
    heard = await ear.hears()
    assert (heard.text, heard.sure) == ("autorizo", False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sim", segments(-0.1, 0.9)),
        ("Yes, sure.", {"language": "english"}),
        ("да, открывай", {}),
        ("好的", {}),
        ("Legendas pela comunidade Amara.org", segments(-0.1)),
        ("Renata Oliveira, Carlos Prado", {}),
        ("   ", {}),
        ("", {}),
    ],
)
async def test_what_a_model_makes_up_is_nothing(
    ear: Ear, text: str, said: dict[str, object]
) -> None:
    ear.peer.hears = lambda pcm: text
    ear.peer.transcription = said
    hints = TurnRequest(Question.RESIDENT, 8000, ("Renata Oliveira", "Carlos Prado"))
    assert await ear.hears(request=hints) == Transcript("", 0.0, sure=False)


async def test_one_name_of_the_hints_is_heard(ear: Ear) -> None:
    ear.peer.hears = lambda pcm: "Carlos Prado."
    hints = TurnRequest(Question.RESIDENT, 8000, ("Renata Oliveira", "Carlos Prado"))
    assert (await ear.hears(request=hints)).text == "Carlos Prado."


@pytest.mark.parametrize("pcm", [b"", SOUND[:1000], bytes(16_000), bytes([40, 0]) * 8000])
async def test_what_nobody_said_is_not_sent(ear: Ear, pcm: bytes) -> None:
    assert (await ear.hears(pcm)).text == ""
    assert ear.peer.asked == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (WHISPER, {"response_format": "verbose_json", "prompt": "501, A-502"}),
        (
            TranscriptionOptions("gpt-4o-mini-transcribe"),
            {"response_format": "json", "include[]": ["logprobs"], "prompt": "501, A-502"},
        ),
        (
            TranscriptionOptions("gpt-transcribe"),
            {"response_format": "json", "keywords[]": ["501", "A-502"]},
        ),
        (TranscriptionOptions("gpt-transcribe", hints=False), {"response_format": "json"}),
        (TranscriptionOptions("x", hints=False, evidence="none"), {"response_format": "json"}),
    ],
)
async def test_a_model_is_told_in_its_family_s_way(
    ear: Ear, options: TranscriptionOptions, told: dict[str, object]
) -> None:
    request = TurnRequest(Question.APARTMENT, 16_000, ("501", "A-502"))
    await ear.hears(options=options, request=request)
    common = {"model": options.model, "language": "pt", "rate": 16_000}
    assert ear.peer.asked == [{**common, **told}]


async def test_no_more_than_a_turn_is_sent(ear: Ear) -> None:
    ear.peer.hears = lambda pcm: str(len(pcm))
    assert (await ear.hears(SOUND * 60)).text == str(30 * 16_000)


async def test_the_words_so_far_are_told_while_they_stream(ear: Ear) -> None:
    ear.peer.hears = lambda pcm: "é uma entrega"
    so_far: list[str] = []
    options = TranscriptionOptions("gpt-4o-transcribe", streamed=True)
    request = TurnRequest(Question.PURPOSE, 8000, partial=so_far.append)
    assert (await ear.hears(options=options, request=request)).text == "é uma entrega"
    assert so_far == ["é", "é uma", "é uma entrega"]


@pytest.mark.parametrize(
    "events",
    [
        (),
        ('{"type": "transcript.text.delta", "delta": "autori"}',),
        ('{"type": "transcript.text.delta", "delta": "auto', "}"),
        ('{"type": "error", "error": {"message": "overloaded"}}',),
        ('{"type": "transcript.text.done", "text": 5}',),
        ('{"type": "transcript.text.delta", "delta": "' + "sim " * 1000 + '"}',),
    ],
)
async def test_half_a_stream_is_no_transcription(ear: Ear, events: tuple[str, ...]) -> None:
    ear.peer.events = events
    with pytest.raises(SpeechError):
        await ear.hears(options=TranscriptionOptions("gpt-4o-transcribe", streamed=True))


@pytest.mark.parametrize("behaves", FAILING)
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_failing_server_is_a_speech_error(ear: Ear, behaves: str, streamed: bool) -> None:
    ear.peer.behaves = behaves
    options = TranscriptionOptions("m", limit_s=0.3, streamed=streamed)
    with pytest.raises(SpeechError) as failed:
        await ear.hears(options=options)
    assert KEY not in str(failed.value)
    assert "autorizo" not in str(failed.value)
    assert failed.value.retryable is (behaves not in ("302", "400", "401", "403", "404"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"NaN",
        b'{"text": NaN}',
        b'{"text": null}',
        b'{"text": "sim", "segments": [{"avg_logprob": NaN}]}',
        b'{"text": "sim", "segments": "many"}',
        b'{"text": "si',
        b'{"text": "sim\xff"}',
        b"<html>",
        b"[" * 20_000,
        json.dumps({"text": "sim " * 1000}).encode(),
    ],
)
async def test_an_answer_that_is_none_is_a_speech_error(ear: Ear, body: bytes) -> None:
    ear.peer.body = body
    with pytest.raises(SpeechError):
        await ear.hears()


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("7", 7.0), ("999999", 3600.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("NaN", None)],
)
async def test_how_long_to_leave_it_alone_is_told(
    ear: Ear, written: str, seconds: float | None
) -> None:
    ear.peer.behaves, ear.peer.retry_after = "429", written
    with pytest.raises(SpeechError, match="too often") as failed:
        await ear.hears()
    assert failed.value.retry_after_s == seconds


async def test_a_wrong_key_says_what_to_set_and_is_not_told(ear: Ear) -> None:
    async with server_at(OpenAIOptions(ear.peer.url, "sk-wrong")) as server:
        ear.server = server
        with pytest.raises(SpeechError, match="PORTEIRO_OPENAI_KEY") as failed:
            await ear.hears()
    assert "sk-wrong" not in f"{failed.value!r} {failed.value.__cause__!r}"
    assert "sk-wrong" not in repr(OpenAIOptions(key="sk-wrong"))


@pytest.mark.parametrize("key", ["chave-é", "sk 1", "sk\n1"])
async def test_a_key_that_can_be_none_is_not_sent_and_not_told(key: str) -> None:
    server = server_at(OpenAIOptions(key=key))
    with pytest.raises(SpeechError, match="PORTEIRO_OPENAI_KEY") as failed:
        await server.__aenter__()
    assert key not in str(failed.value)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:1/v1", "cannot be reached"),
        ("http:// no", "PORTEIRO_OPENAI_URL is no address"),
        ("ftp://127.0.0.1/v1", "PORTEIRO_OPENAI_URL is no address"),
        ("", "PORTEIRO_OPENAI_URL is no address"),
    ],
)
async def test_an_address_of_nothing_says_what_to_check(url: str, words: str) -> None:
    async def hears() -> None:
        async with server_at(OpenAIOptions(url, KEY)) as server:
            await Ear(OpenAIServer(), server).hears()

    with pytest.raises(SpeechError, match=words):
        await hears()


async def test_tls_that_fails_says_so(ear: Ear) -> None:
    url = ear.peer.url.replace("http://", "https://")
    async with server_at(OpenAIOptions(url, KEY)) as server:
        ear.server = server
        with pytest.raises(SpeechError, match="certificate") as failed:
            await ear.hears()
    assert not failed.value.retryable


async def test_a_dropped_turn_is_not_sent(ear: Ear) -> None:
    turn = OpenAITranscriber(ear.server).open(TurnRequest(Question.PURPOSE, 8000))
    turn.feed(SOUND)
    turn.cancel()
    turn.feed(SOUND)
    assert (await turn.finish()).text == ""
    assert ear.peer.asked == []


async def test_turns_of_many_calls_do_not_mix(ear: Ear) -> None:
    ear.peer.hears = lambda pcm: str(pcm[1])
    patient = TranscriptionOptions("m", limit_s=30.0)
    turns = [ear.hears(bytes([0, each]) * 8000, patient) for each in range(20, 60)]
    assert [turn.text for turn in await asyncio.gather(*turns)] == [str(n) for n in range(20, 60)]
