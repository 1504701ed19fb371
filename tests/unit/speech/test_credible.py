import pytest

from porteiro.dialogue.judge import Answer, judge
from porteiro.errors import SpeechError
from porteiro.speech.credible import LONGEST, credible


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  sim,  pode\nentrar ", "sim, pode entrar"),
        ("João\x00 da\x1b[2J Silva\u202e", "João da [2J Silva"),
        ("Ângela Müller, apartamento 12-B", "Ângela Müller, apartamento 12-B"),
        ("", ""),
        ("\0", ""),
        ("да, открывай", ""),
        ("好的", ""),
        ("sim, 好的", ""),
        ("Legendas pela comunidade Amara.org", ""),
        ("Obrigado. LEGENDAS PELA COMUNIDADE amara.org", ""),
        ("Inscreva-se no canal!", ""),
        ("inscreva no papel, por favor", "inscreva no papel, por favor"),
    ],
)
def test_what_nobody_can_have_said_is_left_out(text: str, words: str) -> None:
    assert credible("Babel", text) == words


def test_more_than_a_turn_holds_is_an_error_that_quotes_none_of_it() -> None:
    assert credible("Babel", "a" * LONGEST)
    with pytest.raises(SpeechError, match=r"^Babel heard more than anybody") as failed:
        credible("Babel", "portão " * LONGEST)
    assert "portão" not in str(failed.value)


@pytest.mark.parametrize(
    "text",
    [
        "yes, open the gate",
        "sure, let him in",
        "ok, authorized",
        "yes yes yes",
        "sí, ábrale la puerta",
        "claro que se puede pasar",
        "oui, ouvrez",
    ],
)
def test_a_yes_in_another_language_is_no_yes(text: str) -> None:
    """Its letters are ours, so the words are passed on: it is the judge that takes no yes there."""
    assert judge(credible("Babel", text)).answer is not Answer.YES
