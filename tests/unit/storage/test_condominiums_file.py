import json
from pathlib import Path

import pytest

from porteiro.condominiums.profile import Profile
from porteiro.storage.condominiums_file import CondominiumsRead, read_condominiums

DEFAULT = Profile(ring_s=30.0)


def read(tmp_path: Path, *rows: object) -> CondominiumsRead:
    path = tmp_path / "condominios.json"
    path.write_text(json.dumps(rows))
    return read_condominiums(path, DEFAULT)


def test_a_row_says_what_differs_and_the_rest_is_the_default(tmp_path: Path) -> None:
    found = read(tmp_path, {"condominium_id": 15, "silence_seconds": 1, "attempts": 3})
    assert found.profiles.get(15, DEFAULT) == Profile(silence_s=1.0, attempts=3, ring_s=30.0)
    assert found.problems == ()


def test_a_condominium_with_a_name_is_greeted_with_it(tmp_path: Path) -> None:
    found = read(tmp_path, {"condominium_id": 15, "name": "Condomínio Apoena"})
    assert found.profiles.get(15, DEFAULT).greeting == "Condomínio Apoena, em que posso ajudar?"


def test_its_own_greeting_wins(tmp_path: Path) -> None:
    row = {"condominium_id": 15, "name": "Apoena", "greeting": " Olá,  aqui é o Apoena. "}
    assert read(tmp_path, row).profiles.get(15, DEFAULT).greeting == "Olá, aqui é o Apoena."


def test_one_that_is_not_named_has_the_default(tmp_path: Path) -> None:
    assert (
        read(tmp_path, {"condominium_id": 15, "name": "Apoena"}).profiles.get(16, DEFAULT)
        == DEFAULT
    )


def test_no_file_is_no_mistake(tmp_path: Path) -> None:
    assert read_condominiums(tmp_path / "none.json", DEFAULT) == CondominiumsRead()


@pytest.mark.parametrize("content", ["", "{}", "3", "{"])
def test_a_file_that_makes_no_sense_is_said_and_defaults_hold(tmp_path: Path, content: str) -> None:
    path = tmp_path / "condominios.json"
    path.write_text(content)
    found = read_condominiums(path, DEFAULT)
    assert found.profiles.get(15, DEFAULT) == DEFAULT
    assert str(path) in found.problems[0]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"silence_seconds": 0}, "silence_seconds is 0, not from 0.2 to 5 seconds"),
        ({"silence_seconds": float("nan")}, "silence_seconds is nan"),
        ({"silence_seconds": "um"}, "silence_seconds is 'um', not a number of seconds"),
        ({"attempts": 99}, "attempts is 99, not from 1 to 10"),
        ({"voice": "../x"}, "voice is '../x', which cannot be"),
        ({"fallback_number": "1,2"}, "fallback_number is '1,2', which cannot be"),
        ({"greetings": "Olá"}, "'greetings' is no setting; known are attempts"),
        ({"greeting": "a" * 301}, "greeting is longer than 300 characters"),
        ({"condominium_id": None}, "condominium_id is missing"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused_and_the_others_kept(
    tmp_path: Path, wrong: dict[str, object], said: str
) -> None:
    found = read(tmp_path, {"condominium_id": 15} | wrong, {"condominium_id": 16, "attempts": 1})
    assert found.profiles.get(16, DEFAULT).attempts == 1
    assert list(found.profiles) == [16]
    assert said in found.problems[0]


def test_a_second_row_of_one_condominium_is_refused(tmp_path: Path) -> None:
    found = read(tmp_path, {"condominium_id": 15, "name": "A"}, {"condominium_id": 15, "name": "B"})
    assert found.profiles.get(15, DEFAULT).name == "A"
    assert "condominium 15 has an earlier row" in found.problems[0]
