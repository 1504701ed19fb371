import pytest

from porteiro.phones.reactions import (
    RECORD,
    Asked,
    Behaviour,
    Leave,
    Press,
    Reaction,
    Resident,
    Speak,
    Stay,
    Visitor,
)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("purpose", "tenho uma entrega"),
        ("visitor", "Pedro"),
        ("apartment", "quinhentos e um"),
        ("resident", "Guilherme Andrade"),
        ("surname", "Andrade"),
    ],
)
def test_a_visitor_answers_what_was_asked(question: str, said: str) -> None:
    assert Visitor().react(Asked(question)) == Speak(said)


def test_a_visitor_in_a_hurry_does_not_hear_the_greeting_out() -> None:
    hurried = Visitor(opening="uma entrega", interrupts=True)
    assert hurried.react(Asked("purpose")) == Speak("uma entrega", interrupting=True)
    assert hurried.react(Asked("purpose", times=2)) == Speak("tenho uma entrega")


def test_a_visitor_says_again_and_then_uses_the_keys() -> None:
    reactions = [Visitor().react(Asked("apartment", times=times)) for times in (1, 2, 3)]
    assert reactions == [Speak("quinhentos e um"), Speak("quinhentos e um"), Press("501#")]


@pytest.mark.parametrize(
    ("prompt", "times", "reaction"),
    [
        ("Apartamento cinco zero um. Certo?", 1, Speak("sim")),
        ("Apartamento 501. Certo?", 1, Speak("sim")),
        ("Apartamento quinhentos e um. Certo?", 1, Speak("sim")),
        ("Apartamento cinco zero dois. Certo?", 1, Speak("não")),
        ("Apartamento cinco zero um dois. Certo?", 1, Speak("não")),
        ("Apartamento cinco zero um. Certo?", 2, Press("#")),
        ("Apartamento cinco zero dois. Certo?", 2, Press("501#")),
    ],
)
def test_a_visitor_confirms_only_the_right_apartment(
    prompt: str, times: int, reaction: Reaction
) -> None:
    assert Visitor().react(Asked("confirm_apartment", prompt, times)) == reaction


def test_a_visitor_says_after_the_tone_what_was_wanted() -> None:
    name_only = Asked(RECORD, "Por favor, diga o seu nome depois do sinal.")
    both = Asked(RECORD, "Por favor, diga o seu nome e o motivo da visita depois do sinal.")
    assert Visitor().react(name_only) == Speak("Pedro")
    assert Visitor().react(both) == Speak("Pedro, tenho uma entrega")


def test_an_opening_is_said_once() -> None:
    visitor = Visitor(opening="boa tarde")
    assert visitor.react(Asked("purpose")) == Speak("boa tarde")
    assert visitor.react(Asked("purpose", times=2)) == Speak("tenho uma entrega")


@pytest.mark.parametrize(
    ("behaviour", "first", "second"),
    [
        (Behaviour.AUTHORIZES, Speak("sim, autorizo"), Speak("sim, autorizo")),
        (Behaviour.DENIES, Speak("não autorizo"), Speak("não autorizo")),
        (Behaviour.VAGUE, Speak("depende"), Speak("sim, autorizo")),
        (Behaviour.ASKS, Speak("quem é"), Speak("sim, autorizo")),
        (Behaviour.KEY, Press("1"), Speak("sim, autorizo")),
        (Behaviour.HANGS_UP, Leave(), Speak("sim, autorizo")),
    ],
)
def test_a_resident_behaves(behaviour: Behaviour, first: Reaction, second: Reaction) -> None:
    resident = Resident(behaviour)
    assert resident.react(Asked("authorize")) == first
    assert resident.react(Asked("authorize", times=2)) == second


def test_a_resident_misunderstood_uses_the_key_they_mean() -> None:
    asked = Asked("authorize", times=3)
    assert Resident(Behaviour.AUTHORIZES).react(asked) == Press("1")
    assert Resident(Behaviour.DENIES).react(asked) == Press("2")


def test_a_resident_confirms_a_yes_with_another() -> None:
    assert Resident().react(Asked("confirm_authorize")) == Speak("sim")
    assert Resident().react(Asked("confirm_authorize", times=3)) == Press("1")


def test_a_resident_who_denies_never_confirms_an_entry() -> None:
    for times in range(1, 6):
        reaction = Resident(Behaviour.DENIES).react(Asked("confirm_authorize", times=times))
        assert reaction in (Speak("não"), Press("2"))


def test_a_resident_is_silent_when_asked_something_else() -> None:
    assert Resident().react(Asked("apartment")) == Stay()
