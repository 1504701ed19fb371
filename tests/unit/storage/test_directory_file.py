"""The directory file: what is read, what is refused, and how it is told."""

import json
from pathlib import Path

import pytest

from porteiro.dialogue.guide import Finding
from porteiro.errors import DirectoryError
from porteiro.storage.directory_file import read_directories

RENATA = {"apartment_number": "501", "residents": ["Renata Oliveira"], "voip_number": "1003030"}


def write(folder: Path, content: object) -> Path:
    path = folder / "apartamentos.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_the_contract_s_own_example_is_read(tmp_path: Path) -> None:
    read = read_directories(write(tmp_path, [RENATA]))
    match = read.directories[None].find("501", "renata")
    assert match.finding is Finding.FOUND
    assert (match.apartment, match.resident) == ("501", "Renata Oliveira")
    assert match.numbers == ("1003030",)
    assert read.problems == ()


def test_a_number_may_be_a_sip_uri_or_a_list(tmp_path: Path) -> None:
    entries = [
        RENATA | {"voip_number": "sip:renata@10.0.0.5:5060"},
        RENATA | {"apartment_number": "502", "voip_number": ["100", "+5511999990000"]},
    ]
    directory = read_directories(write(tmp_path, entries)).directories[None]
    assert directory.find("501", None).numbers == ("sip:renata@10.0.0.5:5060",)
    assert directory.find("502", None).numbers == ("100", "+5511999990000")


def test_condominiums_are_told_apart(tmp_path: Path) -> None:
    entries = [RENATA | {"condominium_id": 15}, RENATA | {"apartment_number": "7"}]
    directories = read_directories(write(tmp_path, entries)).directories
    assert directories[15].apartments() == ("501",)
    assert directories[None].apartments() == ("7",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("[{]", "line 1 column 3"),
        ('{"apartment_number": "501"}', "dict"),
        ("[]", "no apartment"),
        ("[17]", "entry 0"),
        ("[" * 100_000, "nested"),
    ],
)
def test_a_useless_file_is_refused_in_one_line_that_names_it(
    tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "apartamentos.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DirectoryError) as refused:
        read_directories(path)
    message = str(refused.value)
    assert told in message
    assert str(path) in message
    assert "\n" not in message


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DirectoryError, match="no such file"):
        read_directories(tmp_path / "apartamentos.json")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "apartamentos.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DirectoryError, match="cannot be read"):
        read_directories(path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"apartment_number": None}, "apartment_number"),
        ({"apartment_number": "  "}, "apartment_number"),
        ({"residents": "Renata"}, "residents"),
        ({"residents": [1]}, "residents"),
        ({"voip_number": {"a": 1}}, "voip_number"),
        ({"voip_number": True}, "voip_number"),
        ({"condominium_id": "15"}, "condominium_id"),
    ],
)
def test_a_bad_entry_is_left_out_and_the_others_are_kept(
    tmp_path: Path, change: dict[str, object], told: str
) -> None:
    good = RENATA | {"apartment_number": "77"}
    read = read_directories(write(tmp_path, [RENATA | change, good]))
    assert read.directories[None].apartments() == ("77",)
    assert len(read.problems) == 1
    assert "entry 0" in read.problems[0]
    assert told in read.problems[0]


def test_two_residents_of_one_name_are_one_person_and_told(tmp_path: Path) -> None:
    entry = RENATA | {"residents": ["Ana Lima", "ANA LIMA"]}
    read = read_directories(write(tmp_path, [entry]))
    assert read.directories[None].find("501", "ana").finding is Finding.FOUND
    assert "same name" in read.problems[0]


@pytest.mark.parametrize("number", ["não tem", "", "12;rm -rf"])
def test_a_number_that_cannot_be_dialed_is_left_out(tmp_path: Path, number: str) -> None:
    read = read_directories(write(tmp_path, [RENATA | {"voip_number": number}]))
    assert read.directories[None].find("501", None).numbers == ()
    assert any("cannot be dialed" in problem for problem in read.problems)


def test_problems_never_hold_a_resident_s_name(tmp_path: Path) -> None:
    entry = RENATA | {"residents": ["Ana Lima", "ana lima"], "voip_number": "x y"}
    read = read_directories(write(tmp_path, [entry]))
    assert not any("lima" in problem.lower() for problem in read.problems)
