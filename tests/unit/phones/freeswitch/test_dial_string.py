"""Dial strings and `originate`, taken apart."""

import pytest

from porteiro.phones.freeswitch.dial_string import Origination, Target, origination, target


def test_an_origination_has_its_variables_its_target_and_its_application() -> None:
    order = origination(
        "{a=1,b='x y, z',api_on_answer='uuid_audio_stream 1 start ws://h:1/s mono 8k'}"
        "user/1001 &socket('127.0.0.1:8022 async full')"
    )
    variables = {
        "a": "1",
        "b": "x y, z",
        "api_on_answer": "uuid_audio_stream 1 start ws://h:1/s mono 8k",
    }
    assert order == Origination(
        Target("user/1001", variables), "socket", "127.0.0.1:8022 async full"
    )


@pytest.mark.parametrize("number", ["user/1001", "sofia/external/1001@10.0.0.1:5060", "1001"])
def test_the_number_is_what_is_rung(number: str) -> None:
    assert Target(number, {}).number == "1001"


def test_the_time_limit_is_its_own_or_a_minute() -> None:
    assert target("{leg_timeout=7}user/1") == Target("user/1", {"leg_timeout": "7"})
    assert Target("user/1", {"originate_timeout": "5"}).timeout_s == 5
    assert Target("user/1", {}).timeout_s == 60


@pytest.mark.parametrize("nonsense", ["", "user/1001", "user/1001 park", "{a=1}"])
def test_an_origination_that_makes_no_sense_is_none(nonsense: str) -> None:
    assert origination(nonsense) is None
