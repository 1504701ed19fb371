"""What the stand-in writes that no recording shows."""

import json
from urllib.parse import unquote

import pytest

from porteiro.phones.freeswitch.packets import Event, as_json, encoded, plain
from porteiro.wire.esl import EslParser
from porteiro.wire.esl import Event as Read


@pytest.mark.parametrize("value", ["José & Cia", 'a"b', "c:d;e=f", "%", "100%", "á%", "a\r\nb"])
def test_a_value_can_be_read_again(value: str) -> None:
    assert unquote(encoded(value).decode("ascii")) == value


def test_what_looks_encoded_is_left_so_that_a_name_can_forge_a_line() -> None:
    assert encoded("Ana%0AEvent-Name: X%zz") == b"Ana%0AEvent-Name%3A%20X%25zz"


def test_an_empty_value_has_freeswitchs_word_for_it() -> None:
    assert b"A: _undef_\n" in plain(Event([("A", "")]))
    assert b'{"A":""}' in as_json(Event([("A", "")]))


def test_both_forms_of_an_event_with_a_body_say_the_same() -> None:
    event = Event([("Event-Name", "CUSTOM"), ("X", "ç,ß"), ("X", "2")], b'{"a":"\xc3\xa9"}')
    messages = [*EslParser().receive(plain(event)), *EslParser().receive(as_json(event))]
    for message in messages:
        assert isinstance(message, Read)
        assert message.headers.get_all("X") == ("ç,ß", "2")
        assert json.loads(message.body) == {"a": "é"}
    assert messages[0] == messages[1]
