from pathlib import Path

import pytest

from porteiro import settings
from porteiro.errors import SettingsError
from porteiro.settings.reading import LATER, VARIABLES


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, *LATER):
        monkeypatch.delenv(name, raising=False)


def refusal(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        settings.load(None)
    return str(refused.value)


def test_with_nothing_set_the_documented_defaults_hold() -> None:
    loaded = settings.load(None)
    assert (loaded.api_host, loaded.api_port) == ("127.0.0.1", 8082)
    assert loaded.silence_s == 0.7
    assert loaded.hangup_delay_s == 5.0
    assert loaded.max_call_s == 300.0
    assert (loaded.ring_attempts, loaded.ring_s) == (2, 25.0)
    assert loaded.dialer is None
    assert loaded.data_dir == Path("data")
    assert not loaded.log_personal


def test_the_environment_wins_over_the_env_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    env = tmp_path / ".env"
    env.write_text("API_PORT=9000\nPORTEIRO_RING_SECONDS=30\nPORTEIRO_DIALER=\n")
    monkeypatch.setenv("API_PORT", "9001")
    loaded = settings.load(env)
    assert (loaded.api_port, loaded.ring_s, loaded.dialer) == (9001, 30.0, None)


def test_a_missing_env_file_is_no_mistake(tmp_path: Path) -> None:
    assert settings.load(tmp_path / ".env").api_port == 8082


def test_an_env_file_that_is_not_text_stops_the_start_with_one_line(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_bytes(b"API_PORT=\xff\xfe\n")
    with pytest.raises(SettingsError, match="cannot be read"):
        settings.load(env)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_PORT", "99999"),
        ("API_PORT", "eighty"),
        ("SILENCE_THRESHOLD_SECONDS", "nan"),
        ("SILENCE_THRESHOLD_SECONDS", "0"),
        ("PORTEIRO_MAX_CALL_SECONDS", "-1"),
        ("PORTEIRO_MAX_CALLS", "0"),
        ("PORTEIRO_PBX_ALLOW", "10.0.0.0/8,everybody"),
        ("PORTEIRO_PBX_ALLOW", ","),
        ("PORTEIRO_DIALER", "pombo"),
        ("PORTEIRO_GATE", "log,mqtt"),
        ("PORTEIRO_GATE", ","),
        ("PORTEIRO_DIALER_HOST", "0.0.0.0"),
        ("PORTEIRO_GATE_URL", "gate.local/open"),
        ("PORTEIRO_DIALER_URL", "ftp://pbx/"),
        ("PORTEIRO_AMI_CHANNEL", "PJSIP/1000"),
        ("PORTEIRO_AMI_CHANNEL", "PJSIP/{number}\nAction: Command"),
        ("PORTEIRO_LOG_LEVEL", "loud"),
        ("PORTEIRO_VOICE", "../../etc/passwd"),
        ("PORTEIRO_FALLBACK_NUMBER", "123,System(rm)"),
        ("DB_HOST", "db.local; drop table"),
        ("DB_HOST", "-h host"),
        ("DB_PORT", "0"),
        ("DB_PORT", "postgres"),
        ("DB_NAME", "two words"),
        ("DB_NAME", "x" * 64),
        ("DB_USER", "porteiro\n"),
        ("AUTO_REFRESH", "sometimes"),
        ("PORTEIRO_REFRESH_SECONDS", "0.5"),
        ("PORTEIRO_REFRESH_SECONDS", "inf"),
        ("PORTEIRO_RETENTION_DAYS", "-1"),
        ("PORTEIRO_RETENTION_DAYS", "1.5"),
        ("AI_API_URL", "mind.local/understand"),
        ("AI_API_URL", "file:///etc/passwd"),
        ("AI_API_URL", "http://"),
        ("PORTEIRO_AI_API_SECONDS", "0"),
        ("PORTEIRO_AI_API_SECONDS", "nan"),
        ("PORTEIRO_AI_API_SECONDS", "11"),
        ("AMQP_QUEUE", "fila 1"),
        ("AMQP_QUEUE", "q" * 256),
        ("AMQP_LICENSE", "l" * 256),
    ],
)
def test_a_wrong_value_is_one_line_with_the_name_the_value_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    message = refusal(monkeypatch, **{name: value})
    assert len(message.splitlines()) == 1
    assert message.startswith(f"{name}=")
    assert "is not allowed; allowed: " in message


def test_several_wrong_values_are_a_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, API_PORT="x", PORTEIRO_RING_SECONDS="soon")
    assert {line.split("=")[0] for line in message.splitlines()} == {
        "API_PORT",
        "PORTEIRO_RING_SECONDS",
    }
    assert len(message.splitlines()) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTEIRO_API_TOKEN", "short-one"),
        ("AMQP_URL", "http://porteiro:short-one@broker/"),
        ("AMQP_URL", "amqp://porteiro:short-one@bro ker/"),
        ("AMQP_URL", "short-one"),
    ],
)
def test_a_wrong_secret_is_named_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    message = refusal(monkeypatch, **{name: value})
    assert message.startswith(f"{name}: its value (not shown) is not allowed")
    assert "short-one" not in message


@pytest.mark.parametrize("name", ["PORTEIRO_GATE_URL", "PORTEIRO_DIALER_URL", "AI_API_URL"])
def test_a_password_within_a_wrong_url_is_never_shown(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    message = refusal(monkeypatch, **{name: "ftp://porteiro:hunter2@gate.local/"})
    assert "hunter2" not in message
    assert "gate.local" in message


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"PORTEIRO_API_HOST": "0.0.0.0"}, "PORTEIRO_API_TOKEN"),
        ({"PORTEIRO_API_HOST": "porteiro.local"}, "PORTEIRO_API_TOKEN"),
        ({"PORTEIRO_DIALER": "webhook"}, "PORTEIRO_DIALER_URL"),
        ({"PORTEIRO_DIALER": "ami", "PORTEIRO_AMI_SECRET": "s"}, "PORTEIRO_AMI_USERNAME"),
        ({"PORTEIRO_DIALER": "ami", "PORTEIRO_AMI_USERNAME": "u"}, "PORTEIRO_AMI_SECRET"),
        ({"PORTEIRO_GATE": "log,http"}, "PORTEIRO_GATE_URL"),
        ({"PORTEIRO_GATE": "log,amqp"}, "AMQP_URL"),
        ({"PORTEIRO_DIALER": "amqp"}, "AMQP_URL"),
        ({"PORTEIRO_DIALER": "esl"}, "PORTEIRO_FREESWITCH_ESL_PASSWORD"),
        ({"PORTEIRO_TRANSCRIBERS": "deepgram"}, "PORTEIRO_DEEPGRAM_KEY"),
        ({"PORTEIRO_TRANSCRIBERS": "vosk,embedded"}, "PORTEIRO_VOSK_URL"),
        ({"PORTEIRO_TRANSCRIBERS": "wyoming"}, "PORTEIRO_WYOMING_STT_URL"),
        ({"PORTEIRO_SYNTHESIZERS": "wyoming"}, "PORTEIRO_WYOMING_TTS_URL"),
        ({"PORTEIRO_SYNTHESIZERS": "azure", "AZURE_SPEECH_KEY": "k"}, "AZURE_SPEECH_REGION"),
        (
            {
                "PORTEIRO_TRANSCRIBERS": "azure",
                "AZURE_SPEECH_KEY": "k",
                "PORTEIRO_AZURE_SYNTHESIS_URL": "https://container:5000/tts",
            },
            "AZURE_SPEECH_REGION",
        ),
    ],
)
def test_what_one_setting_needs_of_another_is_said(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], missing: str
) -> None:
    message = refusal(monkeypatch, **given)
    assert message.startswith(f"{missing} is not set, and must be")
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_loopback_needs_no_token(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("PORTEIRO_API_HOST", host)
    assert settings.load(None).api_token is None


def test_a_single_address_is_a_network_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTEIRO_PBX_ALLOW", "192.168.1.5, fd00::/8")
    assert [str(n) for n in settings.load(None).pbx_allow] == ["192.168.1.5/32", "fd00::/8"]


def test_a_misspelt_name_is_pointed_out_with_the_one_that_was_meant(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PORTEIRO_MAXCALLS", "3")
    env = tmp_path / ".env"
    env.write_text("PORTEIRO_XYZZY=1\nPATHOLOGICAL=1\n")
    assert settings.notices(env) == [
        "PORTEIRO_MAXCALLS is no setting of Porteiro; did you mean PORTEIRO_MAX_CALLS?",
        "PORTEIRO_XYZZY is no setting of Porteiro",
    ]


def test_what_later_versions_will_read_is_accepted_and_said_to_do_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DUAL_MODE_CORRELATION_RETRY", "0.1")
    settings.load(None)
    assert settings.notices(None) == ["DUAL_MODE_CORRELATION_RETRY has no effect in this version"]


def test_the_database_is_as_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.load(None).db_host is None
    monkeypatch.setenv("DB_HOST", "/var/run/postgresql")
    monkeypatch.setenv("DB_NAME", "portaria")
    monkeypatch.setenv("DB_PASSWORD", " kept as it is ")
    monkeypatch.setenv("AUTO_REFRESH", "True")
    loaded = settings.load(None)
    assert (loaded.db_host, loaded.db_name, loaded.db_port) == (
        "/var/run/postgresql",
        "portaria",
        5432,
    )
    assert loaded.db_password is not None
    assert loaded.db_password.get_secret_value() == " kept as it is "
    assert loaded.auto_refresh
    assert settings.notices(None) == []


def test_secrets_are_all_handed_to_the_log_and_in_no_representation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secret = {
        "PORTEIRO_API_TOKEN": ("0123456789abcdef", "0123456789abcdef"),
        "PORTEIRO_AMI_SECRET": ("amisecret", "amisecret"),
        "DB_PASSWORD": ("dbsecret", "dbsecret"),
        "PORTEIRO_GATE_URL": ("http://porteiro:gatesecret@gate.local/", "gatesecret"),
        "PORTEIRO_DIALER_URL": ("http://porteiro:dialersecret@pbx.local/", "dialersecret"),
        "AI_API_URL": ("https://porteiro:mind%2Fsecret@mind.local/", "mind/secret"),
        "AMQP_URL": ("amqp://porteiro:broker%40secret@broker:5672/v", "broker@secret"),
    }
    for name, (value, _) in secret.items():
        monkeypatch.setenv(name, value)
    loaded = settings.load(None)
    assert {password for _, password in secret.values()} <= set(settings.secrets(loaded))
    shown = repr(loaded)
    kept = ("PORTEIRO_API_TOKEN", "PORTEIRO_AMI_SECRET", "DB_PASSWORD", "AMQP_URL")
    assert [name for name in kept if secret[name][0] in shown] == []


def test_names_are_taken_in_any_case_and_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTEIRO_DIALER", "Simulated")
    monkeypatch.setenv("PORTEIRO_GATE", "HTTP, log, http")
    monkeypatch.setenv("PORTEIRO_GATE_URL", "http://gate.local/")
    loaded = settings.load(None)
    assert (loaded.dialer, loaded.gates) == ("simulated", ("http", "log"))
