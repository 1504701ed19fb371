"""The words of a turn so far tell how long a silence is waited for."""

import pytest

from porteiro.dialogue.facts import Facts
from porteiro.dialogue.judge import Answer, judge
from porteiro.dialogue.terms import Purpose, Question
from porteiro.dialogue.turn_ending import (
    Ending,
    TurnEndingOptions,
    ending,
    silence_after,
    silence_without_words,
)
from tests.turns import DIRECTORY, Said, answers, clear_answers, unfinished

OPTIONS = TurnEndingOptions()
HINTS = """
    mas|só que|se|quem é|quem|que|porque|porém|quando|depois|e|ou|é|hum|ah|então|olha|espera|peraí
    |deixa eu ver|a|o|eu|sim ele|sim ela|a gente|de|com|pra|até|só|quer dizer|na verdade
    |aliás|agora|amanhã|daqui a pouco|ainda|já|mas só|desde que|a não ser|caso|qual|talvez|acho
    |tipo|assim|né|no caso
    |sim mas|pode|deixa|manda|fala|diz pra ele|avisa que|fala pra ele|pede pra|antes|primeiro|hoje
    |sem|menos|exceto|apenas|somente|ver|vou|vamos|tem que|meu|minha|você|tem|cadê|onde|como|por que
    |será|calma|um minuto|um momento|,|...|…|-|?
"""


def said(text: str, asked: str) -> Ending:
    return Said(asked, text).ending()


def test_an_unfinished_sentence_is_not_cut_at_its_pauses() -> None:
    pauses = [each for turn in unfinished() for each in turn[:-1]]
    cut = [each for each in pauses if silence_after(each.ending(), OPTIONS) <= each.pause_s]
    assert len(unfinished()) >= 150
    assert len(cut) <= 0.05 * len(pauses), cut


def test_unfinished_sentences_are_told_for_what_they_are() -> None:
    pauses = [each for turn in unfinished() for each in turn[:-1]]
    missed = [each for each in pauses if each.ending() is not Ending.UNFINISHED]
    assert len(missed) <= 0.05 * len(pauses), missed


def test_complete_short_answers_end_at_once() -> None:
    complete = answers()
    left = [each for each in complete if each.ending() is not Ending.ANSWERED]
    assert len(left) <= 0.05 * len(complete), left
    assert not [each for each in left if each.ending() is Ending.UNFINISHED]


@pytest.mark.parametrize("round_", ["round1", "round2", "round3"])
def test_sentences_held_back_from_the_rules_are_not_cut_either(round_: str) -> None:
    pauses = [each for turn in unfinished(f"unfinished_{round_}") for each in turn[:-1]]
    cut = [each for each in pauses if silence_after(each.ending(), OPTIONS) <= each.pause_s]
    assert len(pauses) >= 60
    assert len(cut) <= 0.12 * len(pauses), cut


def test_complete_answers_held_back_from_the_rules_end_at_once_too() -> None:
    complete = answers("answers_held_back")
    left = [each for each in complete if each.ending() is not Ending.ANSWERED]
    assert len(complete) >= 100
    assert len(left) <= 0.07 * len(complete), left
    assert not [each for each in left if each.ending() is Ending.UNFINISHED]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("meu nome é Luiz Fernando", Ending.OPEN),
        ("Luiz Fernando de", Ending.UNFINISHED),
        ("Luiz Fernando de Almeida", Ending.ANSWERED),
        ("Luiz Fernando por favor", Ending.ANSWERED),
        ("Maria", Ending.OPEN),
        ("Maria das", Ending.UNFINISHED),
        ("Maria das Dores", Ending.ANSWERED),
        ("sou a filha", Ending.UNFINISHED),
    ],
)
def test_a_name_that_may_go_on_is_waited_for(text: str, expected: Ending) -> None:
    assert said(text, "visitor") is expected


def test_clear_answers_of_residents_mostly_end_at_once_and_hardly_ever_late() -> None:
    endings = [
        ending(text, Question.AUTHORIZE, DIRECTORY, Facts())
        for text, expected in clear_answers()
        if expected in {"yes", "no"}
    ]
    assert endings.count(Ending.ANSWERED) >= 0.85 * len(endings)
    assert endings.count(Ending.UNFINISHED) <= 0.01 * len(endings)


def test_nothing_that_is_no_clear_answer_ends_a_residents_turn_early() -> None:
    assert not [
        text
        for text, expected in clear_answers()
        if expected == "unclear"
        and ending(text, Question.AUTHORIZE, DIRECTORY, Facts()) is Ending.ANSWERED
    ]


# Each hint meets every third yes, a different third each time: the suite stays quick.
@pytest.mark.parametrize("asked", [Question.AUTHORIZE, Question.CONFIRM_AUTHORIZE])
def test_a_yes_that_hints_at_more_is_waited_for(asked: Question) -> None:
    yeses = [text.rstrip(".!") for text, expected in clear_answers() if expected == "yes"]
    hints = [hint.strip() for hint in HINTS.split("|")]
    early = [
        f"{yes} {hint}"
        for n, hint in enumerate(hints)
        for yes in yeses[n % 3 :: 3]
        if ending(f"{yes} {hint}", asked, DIRECTORY, Facts()) is Ending.ANSWERED
        and judge(f"{yes} {hint}", confirming=True).answer is Answer.YES
    ]
    assert not early


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cinco zero", Ending.UNFINISHED),
        ("quinhentos", Ending.UNFINISHED),
        ("quinhentos e", Ending.UNFINISHED),
        ("50", Ending.UNFINISHED),
        ("onze", Ending.UNFINISHED),
        ("mil cento", Ending.UNFINISHED),
        ("cento", Ending.UNFINISHED),
        ("meia", Ending.UNFINISHED),
        ("bloco a", Ending.UNFINISHED),
        ("bloco", Ending.UNFINISHED),
        ("bloco a duzentos", Ending.UNFINISHED),
        ("zero", Ending.OPEN),
        ("duzentos e quatro", Ending.OPEN),
        ("setecentos e sete", Ending.OPEN),
        ("quinhentos e um não", Ending.UNFINISHED),
        ("quinhentos e um ou quinhentos e dois", Ending.OPEN),
        ("não sei o número", Ending.OPEN),
        ("não lembro o apartamento", Ending.OPEN),
        ("quinhentos e um", Ending.ANSWERED),
        ("duzentos e quatro bloco b", Ending.ANSWERED),
        ("bloco a duzentos e quatro", Ending.ANSWERED),
        ("cobertura", Ending.ANSWERED),
        ("um zero dois", Ending.OPEN),
    ],
)
def test_an_apartment_answers_where_it_cannot_be_the_beginning_of_another(
    text: str, expected: Ending
) -> None:
    assert said(text, "apartment") is expected


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        ("é uma entrega", "purpose", Ending.OPEN),
        ("é uma entrega", "purpose_only", Ending.ANSWERED),
        ("é uma entrega pro 501", "purpose", Ending.ANSWERED),
        ("é uma entrega pro 501 da", "purpose", Ending.UNFINISHED),
        ("é uma entrega pro 204", "purpose", Ending.OPEN),
        ("é no 501", "purpose", Ending.OPEN),
        ("boa tarde", "purpose", Ending.OPEN),
        ("vim entregar", "purpose_only", Ending.UNFINISHED),
        ("Pedro", "visitor", Ending.ANSWERED),
        ("Pedro da", "visitor", Ending.UNFINISHED),
        ("sou o entregador", "visitor", Ending.OPEN),
        ("não quero falar", "visitor", Ending.OPEN),
        ("Renata", "resident", Ending.ANSWERED),
        ("Camila", "resident", Ending.OPEN),
        ("não sei", "resident", Ending.OPEN),
        ("Fonseca", "surname", Ending.ANSWERED),
        ("Maria", "surname", Ending.OPEN),
        ("bloco b", "block", Ending.ANSWERED),
        ("bloco c", "block", Ending.OPEN),
        ("é a", "block", Ending.OPEN),
        ("sim", "confirm_apartment", Ending.ANSWERED),
        ("é", "confirm_apartment", Ending.OPEN),
        ("não", "confirm_apartment", Ending.OPEN),
        ("não é o quinhentos e um", "confirm_apartment", Ending.OPEN),
        ("não é o quinhentos e dois", "confirm_apartment", Ending.ANSWERED),
        ("pode", "authorize", Ending.OPEN),
        ("pode sim", "authorize", Ending.ANSWERED),
        ("pode deixar", "authorize", Ending.UNFINISHED),
        ("certo", "authorize", Ending.OPEN),
        ("certo", "confirm_authorize", Ending.ANSWERED),
        ("quem é", "authorize", Ending.OPEN),
        ("o quê", "authorize", Ending.OPEN),
        ("não, espera", "authorize", Ending.UNFINISHED),
        ("hoje não dá", "authorize", Ending.OPEN),
        ("", "authorize", Ending.OPEN),
        ("... !", "authorize", Ending.OPEN),
        ("sim " * 200, "authorize", Ending.OPEN),
    ],
)
def test_what_was_asked_decides_what_answers_it(text: str, asked: str, expected: Ending) -> None:
    assert said(text, asked) is expected


def test_a_residents_name_is_told_without_an_apartment_where_one_person_bears_it() -> None:
    known = Facts(purpose=Purpose.DELIVERY, visitor="Pedro")
    assert ending("camila", Question.RESIDENT, DIRECTORY, known) is Ending.ANSWERED
    assert ending("maria", Question.RESIDENT, DIRECTORY, known) is Ending.OPEN
    assert ending("maria fonseca", Question.RESIDENT, DIRECTORY, known) is Ending.ANSWERED


def test_what_is_known_is_only_read() -> None:
    known = Facts(purpose=Purpose.DELIVERY, apartment="501")
    ending("não é o quinhentos e dois", Question.CONFIRM_APARTMENT, DIRECTORY, known)
    assert known == Facts(purpose=Purpose.DELIVERY, apartment="501")


def test_silences_keep_to_the_configured_threshold() -> None:
    assert [silence_after(each, OPTIONS) for each in Ending] == [0.25, 0.7, 1.5]
    short, long = TurnEndingOptions(open_s=0.2), TurnEndingOptions(open_s=2.0)
    assert [silence_after(each, short) for each in Ending] == [0.2, 0.2, 1.5]
    assert [silence_after(each, long) for each in Ending] == [0.25, 2.0, 2.0]


def test_without_words_only_a_yes_or_no_is_waited_for_less() -> None:
    waits = {asked: silence_without_words(asked, OPTIONS) for asked in Question}
    short = {asked for asked, wait in waits.items() if wait == 0.5}
    assert short == {Question.AUTHORIZE, Question.CONFIRM_AUTHORIZE}
    assert set(waits.values()) == {0.5, 0.7}
    assert silence_without_words(Question.AUTHORIZE, TurnEndingOptions(open_s=0.3)) == 0.3
