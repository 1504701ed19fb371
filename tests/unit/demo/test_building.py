from pathlib import Path

import pytest

from porteiro.condominiums.extension_rows import judge
from porteiro.condominiums.profile import Profile
from porteiro.demo.building import DemoOptions, Pbx, furnish, settings, visitor
from porteiro.phones.reactions import Asked, Press, Speak
from porteiro.settings import Settings
from porteiro.storage.local_files import read_local_files


def test_the_condominiums_files_are_such_as_the_server_takes(tmp_path: Path) -> None:
    furnish(tmp_path)
    files = read_local_files(tmp_path, Profile())
    (extension,) = judge(files.rows or ()).accepted.values()
    assert files.problems == ()
    assert extension.ip == "127.0.0.1"
    assert "501" in files.register.condominium(extension.condominium_id).guide.apartments()


def test_the_environment_does_not_reach_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = settings(tmp_path, DemoOptions())
    for name, value in {
        "PORTEIRO_GATE": "http",
        "PORTEIRO_GATE_URL": "http://127.0.0.1:9/",
        "PORTEIRO_DIALER": "webhook",
        "PORTEIRO_DIALER_URL": "http://127.0.0.1:9/",
        "PORTEIRO_RING_SECONDS": "90",
        "API_PORT": "80",
    }.items():
        monkeypatch.setenv(name, value)
    assert Settings().api_port == 80
    assert settings(tmp_path, DemoOptions()) == usual


def test_the_visitor_keys_the_apartment_or_says_it() -> None:
    asked = Asked("apartment")
    assert visitor(DemoOptions(), 0).react(asked) == Press("501#", interrupting=True)
    assert visitor(DemoOptions(by_voice=True), 0).react(asked) == Speak("quinhentos e um")


def test_visitors_of_their_own_go_to_different_apartments() -> None:
    assert len({visitor(DemoOptions(), number).apartment for number in range(3)}) == 3


def test_a_visitor_with_words_of_their_own_stands_by_them() -> None:
    words = "boa tarde, vim visitar a Renata do apartamento 101"
    person = visitor(DemoOptions(visitor=words, by_voice=True), 0)
    assert person.react(Asked("purpose")) == Speak(words)
    assert person.react(Asked("purpose", times=2)) == Speak("vim fazer uma visita")
    assert person.react(Asked("apartment")) == Speak("um zero um")


def test_over_freeswitch_the_demo_takes_free_ports_and_a_password_of_its_own(
    tmp_path: Path,
) -> None:
    asterisk = settings(tmp_path, DemoOptions())
    freeswitch = settings(tmp_path, DemoOptions(pbx=Pbx.FREESWITCH))
    assert (asterisk.audio_mode, freeswitch.audio_mode) == ("audiosocket", "dual")
    assert (asterisk.dialer, freeswitch.dialer) == ("simulated", "esl")
    assert set(freeswitch.freeswitch_ports.values()) == {0}
    again = settings(tmp_path, DemoOptions(pbx=Pbx.FREESWITCH))
    assert freeswitch.esl_password
    assert freeswitch.esl_password != again.esl_password
