"""The decoder on recorded telephone speech: above all, no yes where nobody said one."""

import csv

import pytest

from porteiro.calls.ports import TurnRequest
from porteiro.dialogue.judge import Answer, judge
from porteiro.dialogue.terms import Question
from porteiro.speech.pocketsphinx.decoder import Hearing, TurnDecoder
from porteiro.speech.pocketsphinx.grammar import Phrase
from tests.telephone_speech import SPEECH, noise, to_pcm, utterances

PCM = {each.name: each.pcm for each in utterances()}
APARTMENTS = ("101", "502", "501", "603", "1002", "1204", "2402", "805")
RESIDENTS = ("Guilherme Andrade", "Renata Albuquerque", "Camila Rezende", "Rodrigo Fonseca")
VOCABULARY = {Question.APARTMENT: APARTMENTS, Question.RESIDENT: RESIDENTS}


def not_a_yes() -> list[str]:
    with (SPEECH / "manifest.csv").open(encoding="utf-8", newline="") as manifest:
        return [row["file"] for row in csv.DictReader(manifest) if row["intent"] != "yes"]


@pytest.fixture(scope="module")
def decoder() -> TurnDecoder:
    return TurnDecoder()


def hear(decoder: TurnDecoder, question: Question, pcm: bytes) -> str:
    request = TurnRequest(question, 8000, VOCABULARY.get(question, ()))
    return decoder.hear(request, pcm).transcript.text


@pytest.mark.parametrize("name", not_a_yes())
def test_what_is_no_yes_is_never_heard_as_one(decoder: TurnDecoder, name: str) -> None:
    text = hear(decoder, Question.AUTHORIZE, PCM[name])

    assert judge(text).answer is not Answer.YES


@pytest.mark.parametrize("name", ["01-sim.wav", "04-autorizo.wav"])
def test_a_clear_yes_is_heard(decoder: TurnDecoder, name: str) -> None:
    assert judge(hear(decoder, Question.AUTHORIZE, PCM[name])).answer is Answer.YES


@pytest.mark.parametrize("name", ["01-sim.wav", "04-autorizo.wav"])
def test_a_yes_is_heard_of_a_phone_that_sends_no_silence(decoder: TurnDecoder, name: str) -> None:
    yes = next(each for each in utterances() if each.name == name)
    begin_s, end_s = yes.speech_s()
    alone = yes.pcm[2 * round(begin_s * 8000) : 2 * round(end_s * 8000)]
    assert judge(hear(decoder, Question.AUTHORIZE, alone)).answer is Answer.YES


@pytest.mark.parametrize("name", ["08-nao-autorizo.wav", "09-nao-pode-entrar.wav"])
def test_a_clear_no_is_heard(decoder: TurnDecoder, name: str) -> None:
    assert judge(hear(decoder, Question.AUTHORIZE, PCM[name])).answer is Answer.NO


@pytest.mark.parametrize(
    ("question", "name", "text"),
    [
        (Question.AUTHORIZE, "13-espera-um-pouco.wav", "espera um pouco"),
        (Question.CONFIRM_AUTHORIZE, "01-sim.wav", "sim"),
        (Question.CONFIRM_AUTHORIZE, "04-autorizo.wav", ""),
        (Question.APARTMENT, "20-quinhentos-e-um.wav", "501"),
        (Question.APARTMENT, "24-meia-zero-tres.wav", "603"),
        (Question.APARTMENT, "23-dois-mil-quatrocentos-e.wav", "2402"),
        (Question.PURPOSE, "25-vim-fazer-uma-visita.wav", "vim fazer uma visita"),
        (Question.PURPOSE, "26-tenho-uma-entrega.wav", "tenho uma entrega"),
        (Question.RESIDENT, "29-guilherme-andrade.wav", "Guilherme Andrade"),
        (Question.VISITOR, "30-sou-o-pedro-da.wav", ""),
    ],
)
def test_an_expected_answer_is_heard(
    decoder: TurnDecoder, question: Question, name: str, text: str
) -> None:
    assert hear(decoder, question, PCM[name]) == text


@pytest.mark.parametrize("kind", ["white", "pink", "brown", "babble"])
@pytest.mark.parametrize("loudness", [200, 3000])
def test_noise_is_not_a_yes(decoder: TurnDecoder, kind: str, loudness: int) -> None:
    text = hear(decoder, Question.AUTHORIZE, to_pcm(noise(kind, 1.5) * loudness))

    assert judge(text).answer is not Answer.YES


@pytest.mark.parametrize("milliseconds", [20, 60, 120])
def test_a_knock_is_nothing(decoder: TurnDecoder, milliseconds: int) -> None:
    knock = to_pcm(noise("pink", milliseconds / 1000) * 6000)

    assert hear(decoder, Question.AUTHORIZE, bytes(8000) + knock + bytes(8000)) == ""


def test_a_turn_is_heard_the_same_whatever_came_before(decoder: TurnDecoder) -> None:
    request = TurnRequest(Question.AUTHORIZE, 8000)
    fresh = TurnDecoder().hear(request, PCM["04-autorizo.wav"])
    decoder.hear(request, to_pcm(noise("white", 1.0) * 5000))

    assert decoder.hear(request, PCM["04-autorizo.wav"]) == fresh


def test_more_grammars_than_are_kept_are_loaded_again(decoder: TurnDecoder) -> None:
    for number in range(40):
        request = TurnRequest(Question.APARTMENT, 8000, (str(100 + number),))
        decoder.hear(request, bytes(320))

    assert hear(decoder, Question.APARTMENT, PCM["20-quinhentos-e-um.wav"]) == "501"


def test_a_directory_that_cannot_be_spoken_is_no_error(decoder: TurnDecoder) -> None:
    request = TurnRequest(Question.RESIDENT, 8000, ("李", "!!!", "", "(a)"))

    assert decoder.hear(request, PCM["28-renata.wav"]).transcript.text != "李"


PHRASE = Phrase("sim", "sim", floor=-10.0, alone=True)


@pytest.mark.parametrize(
    ("hearing", "text"),
    [
        (Hearing(PHRASE, -9.9, 30), "sim"),
        (Hearing(PHRASE, -10.1, 30), ""),
        (Hearing(PHRASE, 5.0, 10), ""),
        (Hearing(PHRASE, 5.0, 30, before=20), ""),
        (Hearing(PHRASE, 5.0, 30, after=40), ""),
        (Hearing(None), ""),
    ],
    ids=["clear", "unlikely", "short", "something before", "something after", "no phrase"],
)
def test_only_a_clear_phrase_by_itself_is_taken(hearing: Hearing, text: str) -> None:
    assert hearing.transcript.text == text
    assert hearing.transcript.sure is False


def test_a_clearer_phrase_is_trusted_more() -> None:
    confidences = [Hearing(PHRASE, ratio, 30).transcript.confidence for ratio in (-9, -3, 3)]

    assert confidences == sorted(set(confidences))
