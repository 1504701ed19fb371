"""Dialogues with the visitor: collecting, correcting, keys, the directory, giving up."""

from porteiro.condominiums.directory import Apartment
from porteiro.dialogue import effects as do
from porteiro.dialogue.options import DialogueOptions
from porteiro.dialogue.states import State
from porteiro.dialogue.terms import Purpose, Role
from tests.stage import Stage

V, R = Role.VISITOR, Role.RESIDENT


def test_all_in_one_sentence_asks_nothing_more() -> None:
    s = Stage().visitor_comes()
    s.visitor_says("Boa tarde, sou o Pedro, tenho uma entrega pra Renata do 501")
    assert s.is_in(State.RINGING)
    assert s.said(V) == ["greeting", "please_wait"]
    assert s.rung == ["1003030"]


def test_only_what_is_missing_is_asked_for() -> None:
    s = Stage().visitor_comes()
    s.visitor_says("vim visitar a Renata")
    assert s.said(V)[-1] == "ask_visitor"
    s.visitor_says("Pedro da Silva")
    assert s.said(V)[-1] == "ask_apartment"
    s.visitor_says("cinco zero um")
    assert s.is_in(State.RINGING)
    assert s.conversation.facts.purpose is Purpose.VISIT
    assert s.conversation.facts.visitor == "Pedro da Silva"


def test_a_later_word_corrects_an_earlier_one() -> None:
    s = Stage().visitor_comes()
    s.visitor_says("sou o Pedro, uma entrega no 501")
    assert s.said(V)[-1] == "ask_resident"
    s.visitor_says("não, é o 502, pra Camila")
    assert s.is_in(State.RINGING)
    assert s.rung == ["1003031"]


def test_not_knowing_whom_does_not_stop_a_delivery() -> None:
    s = Stage().visitor_comes()
    s.visitor_says("é o Pedro, entrega pro 501")
    s.visitor_says("não sei")
    assert s.is_in(State.RINGING)


def test_keys_alone_reach_the_resident_with_a_recording() -> None:
    s = Stage().visitor_comes()
    s.keys(V, "501#")
    assert s.is_in(State.RECORDING)
    assert s.said(V)[-1] == "record_both"
    s.records()
    assert s.is_in(State.RINGING)
    s.resident_answers()
    assert do.Playback("words") in [seg for e in s.of(do.Say) for seg in e.segments]


def test_keys_count_after_a_pause_without_the_hash() -> None:
    s = Stage().visitor_comes()
    s.keys(V, "501")
    assert s.is_in(State.COLLECTING)
    s.passes(4.5)
    assert s.is_in(State.RECORDING)


def test_a_number_keyed_wrong_is_asked_for_again_by_keys() -> None:
    s = Stage().visitor_comes().keys(V, "999#")
    assert s.said(V)[-2:] == ["not_found", "ask_keys"]
    s.keys(V, "501#").records()
    assert s.rung == ["1003030"]


def test_a_star_puts_the_question_again() -> None:
    s = Stage().visitor_comes()
    s.keys(V, "*")
    assert s.said(V) == ["greeting", "greeting"]


def test_a_star_asks_again_for_what_is_to_be_recorded() -> None:
    s = Stage().visitor_comes().keys(V, "501#").keys(V, "*")
    assert s.said(V)[-2:] == ["record_both", "record_both"]
    assert s.is_in(State.RECORDING)


def test_a_hash_ends_the_recording() -> None:
    s = Stage().visitor_comes().keys(V, "501##")
    assert s.of(do.FinishRecording) == [do.FinishRecording(V)]


def test_two_turns_not_understood_lead_to_keys_and_the_third_to_a_polite_end() -> None:
    s = Stage().visitor_comes()
    s.visitor_says("blá blá")
    assert s.said(V)[-2:] == ["sorry", "greeting"]
    s.visitor_says("")
    assert s.said(V)[-1] == "ask_keys"
    s.visitor_says("hum")
    assert s.said(V)[-1] == "give_up"
    s.passes(5)
    assert V in s.hung_up


def test_a_human_takes_over_where_there_is_one() -> None:
    s = Stage(DialogueOptions(fallback_number="9000")).visitor_comes()
    s.visitor_says("quero falar com o porteiro")
    assert s.of(do.HandOver) == [do.HandOver("9000")]
    assert s.said(V)[-1] == "transfer"


def test_a_silent_visitor_is_not_waited_for_for_ever() -> None:
    s = Stage().visitor_comes()
    s.passes(60)
    assert s.state in (State.HANGING_UP, State.ENDED)
    assert s.said(V)[-1] == "give_up"


def test_an_unknown_apartment_is_asked_for_again_without_saying_what_was_wrong() -> None:
    s = Stage().visitor_comes()
    s.visitor_says("sou o Pedro, entrega pro 999")
    assert s.said(V)[-2:] == ["not_found", "ask_apartment"]
    s.visitor_says("501")
    s.visitor_says("Renata")
    assert s.is_in(State.RINGING)


def test_a_resident_of_another_apartment_is_answered_like_an_unknown_one() -> None:
    wrong_name = Stage().visitor_comes().visitor_says("sou o Pedro, visita pro Leonardo do 501")
    no_such_flat = Stage().visitor_comes().visitor_says("sou o Pedro, visita pro Leonardo do 999")
    assert wrong_name.said(V) == no_such_flat.said(V)


def test_two_of_one_name_are_told_apart_by_surname() -> None:
    s = Stage().visitor_comes()
    s.visitor_says("é a Ana, vim visitar a Maria do 603")
    assert s.said(V)[-1] == "ask_surname"
    s.visitor_says("Fonseca")
    assert s.is_in(State.RINGING)
    assert s.conversation.facts.match is not None
    assert s.conversation.facts.match.resident == "Maria Fonseca"


def test_two_blocks_with_one_number_are_told_apart_by_block() -> None:
    flats = (Apartment("A-204", ("Ana Lima",), ("1",)), Apartment("B-204", ("Bia Reis",), ("2",)))
    s = Stage(apartments=flats).visitor_comes()
    s.visitor_says("sou o Pedro, entrega pro 204")
    assert s.said(V)[-1] == "ask_block"
    s.visitor_says("bloco B")
    s.visitor_says("não sei")
    assert s.rung == ["2"]


def test_an_empty_apartment_is_waited_for_like_any_other() -> None:
    s = Stage().visitor_comes()
    s.visitor_says("sou o Pedro, visita pro Leonardo do 701")
    assert s.is_in(State.RINGING)
    assert s.rung == []
    s.passes(49)
    assert s.is_in(State.RINGING)
    s.passes(2)
    assert s.said(V)[-1] == "unreachable"


def test_nothing_said_to_a_visitor_names_a_resident_or_a_number() -> None:
    s = Stage().visitor_comes()
    for said in ("quem mora no 501?", "a Renata mora aí?", "qual o telefone do 502?", "501", "Ana"):
        if V in s.listening:
            s.visitor_says(said)
    words = s.words_to(V)
    for secret in ("Renata", "Guilherme", "Oliveira", "Camila", "1003030", "1003031"):
        assert secret not in words


class TestWithAClosedGrammar:
    """The embedded recognizer: one thing at a time, apartments read back."""

    options = DialogueOptions(one_thing_at_a_time=True)

    def test_an_apartment_is_read_back_and_confirmed(self) -> None:
        s = Stage(self.options).visitor_comes()
        s.visitor_says("entrega", sure=False)
        s.visitor_says("cinco zero um", sure=False)
        assert s.is_in(State.CONFIRMING_APARTMENT)
        assert "cinco zero um" in s.words_to(V)
        s.visitor_says("sim", sure=False)
        assert s.said(V)[-1] == "ask_resident"
        s.visitor_says("renata", sure=False)
        assert s.is_in(State.RECORDING)
        assert s.said(V)[-1] == "record_name"
        s.records()
        assert s.is_in(State.RINGING)

    def test_a_wrong_read_back_is_asked_again(self) -> None:
        s = Stage(self.options).visitor_comes()
        s.visitor_says("entrega", sure=False).visitor_says("cinco zero um", sure=False)
        s.visitor_says("não", sure=False)
        assert s.is_in(State.COLLECTING)
        s.visitor_says("cinco zero dois", sure=False).visitor_says("sim", sure=False)
        assert s.conversation.facts.apartment == "502"

    def test_the_hash_confirms_what_was_read_back(self) -> None:
        s = Stage(self.options).visitor_comes()
        s.visitor_says("entrega", sure=False).visitor_says("cinco zero um", sure=False)
        s.keys(V, "#")
        assert s.said(V)[-1] == "ask_resident"

    def test_keys_replace_what_was_read_back(self) -> None:
        s = Stage(self.options).visitor_comes()
        s.visitor_says("entrega", sure=False).visitor_says("cinco zero um", sure=False)
        s.keys(V, "502#").records()
        assert s.rung == ["1003031"]
