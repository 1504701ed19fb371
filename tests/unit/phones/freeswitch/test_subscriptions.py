"""Which events an event socket gets: what the recordings do not show."""

from porteiro.phones.freeswitch.packets import Event
from porteiro.phones.freeswitch.subscriptions import Subscriptions


def event(name: str, channel: str = "1", subclass: str = "", **more: str) -> Event:
    headers = [("Event-Name", name), ("Unique-ID", channel), *more.items()]
    return Event([("Event-Subclass", subclass), *headers] if subclass else headers)


def test_nothing_comes_unasked() -> None:
    assert not Subscriptions().takes(event("DTMF"))


def test_my_events_are_those_of_one_channel_and_leave_hold_and_custom_out() -> None:
    mine = Subscriptions()
    mine.mine("1", "")
    taken = [name for name in ("DTMF", "CHANNEL_HOLD", "CUSTOM") if mine.takes(event(name))]
    assert taken == ["DTMF"]
    assert not mine.takes(event("DTMF", "2"))
    mine.add("plain CHANNEL_HOLD CUSTOM a::b")
    assert mine.takes(event("CHANNEL_HOLD"))
    assert mine.takes(event("CUSTOM", "1", "a::b"))
    assert not mine.takes(event("CUSTOM", "1", "a::c"))
    assert not mine.takes(event("CHANNEL_HOLD", "2"))


def test_all_that_follows_custom_is_a_subclass() -> None:
    wrong = Subscriptions()
    wrong.add("plain CUSTOM a::b CHANNEL_HOLD")
    assert not wrong.takes(event("CHANNEL_HOLD"))


def test_an_event_must_match_one_of_the_filters() -> None:
    some = Subscriptions()
    some.add("plain DTMF")
    some.filter("Unique-ID 1")
    some.filter("Unique-ID 2")
    assert [some.takes(event("DTMF", channel)) for channel in "123"] == [True, True, False]
    some.filter("delete Unique-ID 2")
    assert [some.takes(event("DTMF", channel)) for channel in "123"] == [True, False, False]
    some.filter("delete all")
    assert some.takes(event("DTMF", "3"))


def test_what_is_switched_off_comes_no_more() -> None:
    some = Subscriptions()
    some.add("json DTMF CHANNEL_ANSWER CUSTOM a::b")
    some.nix("DTMF CUSTOM a::b")
    assert not some.takes(event("DTMF"))
    assert not some.takes(event("CUSTOM", "1", "a::b"))
    assert some.takes(event("CHANNEL_ANSWER"))
    assert some.packet(event("CHANNEL_ANSWER")).endswith(b'"Unique-ID":"1"}')
    some.none()
    assert not some.takes(event("CHANNEL_ANSWER"))


def test_words_that_make_no_sense_are_refused() -> None:
    assert Subscriptions().add("xml DTMF").text.startswith("-ERR")
    assert Subscriptions().add("plain").text.startswith("-ERR")
