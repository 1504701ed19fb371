"""The directory: whom a spoken name and number find, and whom they do not."""

import pytest

from porteiro.condominiums.directory import Apartment, Directory
from porteiro.dialogue.guide import Finding, Match

DIRECTORY = Directory(
    [
        Apartment("501", ("Guilherme Andrade", "Mariana Souza"), ("100", "101")),
        Apartment("502", ("Maria Silva", "Maria Souza", "Sérgio Damasceno"), ("102",)),
        Apartment("A-204", ("Ana Lima",), ("103",)),
        Apartment("B-204", ("Wesley Luiz",), ("104",)),
        Apartment("Cobertura", ("Thiago Prado",), ("105",)),
    ]
)


def found(match: Match) -> tuple[str, str]:
    assert match.finding is Finding.FOUND
    return match.apartment, match.resident


@pytest.mark.parametrize(
    "said",
    ["501", "cinco zero um", "quinhentos e um", "apartamento quinhentos e um", "AP 501", "0501"],
)
def test_every_form_of_an_apartment_finds_it(said: str) -> None:
    assert found(DIRECTORY.find(said, None)) == ("501", "")
    assert DIRECTORY.find(said, None).numbers == ("100", "101")


@pytest.mark.parametrize("said", ["503", "50", "5010", "C-204", "", "apartamento"])
def test_a_number_nearly_right_is_not_found(said: str) -> None:
    assert DIRECTORY.find(said, None).finding is Finding.NOT_FOUND


@pytest.mark.parametrize(
    "said", ["B-204", "204B", "bloco b apartamento 204", "204 Bloco B", "b204"]
)
def test_every_form_of_a_block_finds_it(said: str) -> None:
    assert found(DIRECTORY.find(said, None)) == ("B-204", "")


def test_a_number_in_two_blocks_is_ambiguous_until_a_name_settles_it() -> None:
    assert DIRECTORY.find("204", None).finding is Finding.AMBIGUOUS
    assert found(DIRECTORY.find("204", "Ana")) == ("A-204", "Ana Lima")


def test_a_block_said_where_there_are_none_does_no_harm() -> None:
    assert found(DIRECTORY.find("bloco A 501", None)) == ("501", "")


def test_an_apartment_without_a_number_is_found_by_its_name() -> None:
    assert found(DIRECTORY.find("cobertura", None)) == ("Cobertura", "")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("guilherme", "Guilherme Andrade"),
        ("GUILERME", "Guilherme Andrade"),
        ("seu Guilherme Andrade", "Guilherme Andrade"),
        ("Andrade", "Guilherme Andrade"),
        ("Andrade Guilherme", "Guilherme Andrade"),
        ("Mariana", "Mariana Souza"),
    ],
)
def test_a_misspelled_or_partial_name_finds_who_lives_there(said: str, meant: str) -> None:
    assert found(DIRECTORY.find("501", said)) == ("501", meant)


@pytest.mark.parametrize("said", ["Ana", "an", "a", "Maria Clara Dias", "Renata", "Gil"])
def test_a_name_that_is_only_a_part_of_another_finds_nobody(said: str) -> None:
    only_mariana = Directory([Apartment("1", ("Mariana Souza", "Gilberto Reis"), ("1",))])
    assert only_mariana.find("1", said).finding is Finding.NOT_FOUND


def test_somebody_else_s_apartment_is_not_found() -> None:
    assert DIRECTORY.find("501", "Wesley").finding is Finding.NOT_FOUND


@pytest.mark.parametrize(
    ("said", "meant"),
    [("uéslei", "Wesley Luiz"), ("tiago", "Thiago Prado"), ("serjio", "Sérgio Damasceno")],
)
def test_a_name_written_as_it_sounds_is_found(said: str, meant: str) -> None:
    assert DIRECTORY.find(None, said).resident == meant


def test_two_of_one_first_name_are_ambiguous_and_a_surname_settles_it() -> None:
    assert DIRECTORY.find("502", "Maria").finding is Finding.AMBIGUOUS
    assert found(DIRECTORY.find("502", "Maria Souza")) == ("502", "Maria Souza")
    assert found(DIRECTORY.find("502", "Silva")) == ("502", "Maria Silva")


def test_one_name_in_two_apartments_is_ambiguous_until_the_apartment_is_said() -> None:
    two = Directory([Apartment("1", ("Ana Lima",), ("1",)), Apartment("2", ("Ana Lima",), ("2",))])
    assert two.find(None, "Ana Lima").finding is Finding.AMBIGUOUS
    assert two.find("2", "Ana Lima").numbers == ("2",)


def test_the_same_name_twice_in_one_apartment_is_one_answer() -> None:
    two = Directory([Apartment("1", ("Ana Lima",), ("1",)), Apartment("1", ("Ana Lima",), ("2",))])
    assert two.find("1", "Ana").numbers == ("1", "2")
    assert two.apartments() == ("1",)


def test_the_meant_resident_s_numbers_come_first() -> None:
    two = Directory([Apartment("1", ("Ana Lima",), ("1",)), Apartment("1", ("Rui Sá",), ("2",))])
    assert two.find("1", "Rui").numbers == ("2", "1")
    assert two.find("1", None).numbers == ("1", "2")


def test_nothing_said_finds_nothing() -> None:
    assert DIRECTORY.find(None, None) == Match(Finding.NOT_FOUND)
    assert DIRECTORY.find(None, "  ") == Match(Finding.NOT_FOUND)


def test_the_lists_are_in_the_records_order() -> None:
    assert DIRECTORY.apartments() == ("501", "502", "A-204", "B-204", "Cobertura")
    assert DIRECTORY.residents("501") == ("Guilherme Andrade", "Mariana Souza")
    assert len(DIRECTORY.residents()) == 8
