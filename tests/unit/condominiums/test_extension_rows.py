import pytest

from porteiro.condominiums.extension import Extension
from porteiro.condominiums.extension_rows import as_row, judge

ROW: dict[str, object] = {
    "id": 10,
    "ramal_ia": "2018519",
    "ramal_retorno": "2018520",
    "ip_servidor": "0.0.0.0",
    "porta_ia": 8101,
    "porta_retorno": 8201,
    "condominio_id": 15,
}
OTHER = ROW | {"id": 11, "ramal_ia": "3", "porta_ia": 8102, "porta_retorno": 8202}


EXTENSION = Extension(10, "2018519", "2018520", "0.0.0.0", 8101, 8201, 15)


def test_a_row_becomes_an_extension_and_back() -> None:
    assert judge([ROW]).accepted == {10: EXTENSION}
    assert as_row(EXTENSION) == ROW


def test_padded_text_as_the_database_has_it_is_trimmed_and_made_numbers() -> None:
    padded = {name: f"{value!s:<50}" for name, value in ROW.items()}
    assert judge([padded]) == judge([ROW])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"porta_ia": 0}, "porta_ia is 0, not from 1 to 65535"),
        ({"porta_ia": 70000}, "porta_ia is 70000, not from 1 to 65535"),
        ({"porta_ia": "oito"}, "porta_ia is 'oito', not a number"),
        ({"porta_retorno": None}, "porta_retorno is missing"),
        ({"porta_retorno": 8101}, "porta_ia and porta_retorno are both 8101"),
        ({"ramal_ia": "   "}, "ramal_ia is missing"),
        ({"ramal_ia": ["1"]}, "ramal_ia is ['1'], not a text"),
        ({"ip_servidor": "gate"}, "ip_servidor is 'gate', not an IP address"),
        ({"id": True}, "id is True, not a text"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused_and_the_others_serve_on(
    wrong: dict[str, object], said: str
) -> None:
    judged = judge([ROW | wrong, OTHER])
    assert list(judged.accepted) == [11]
    assert [said in row.reason for row in judged.refused] == [True]


def test_two_rows_on_one_port_leave_the_one_with_the_lower_id() -> None:
    judged = judge([OTHER | {"porta_retorno": 8101}, ROW])
    assert list(judged.accepted) == [10]
    assert judged.refused[0].reason == "its port 8101 is taken by extension 2018519 (id 10)"


def test_of_two_rows_on_one_port_the_one_that_is_served_keeps_it() -> None:
    served = judge([OTHER]).accepted
    judged = judge([ROW | {"porta_ia": 8102}, OTHER], served)
    assert list(judged.accepted) == [11]
    assert judged.refused[0].extension_id == 10


def test_one_port_on_two_addresses_of_the_machine_is_no_conflict() -> None:
    one, other = ROW | {"ip_servidor": "10.0.0.1"}, ROW | {"id": 11, "ip_servidor": "10.0.0.2"}
    assert list(judge([one, other]).accepted) == [10, 11]


def test_two_rows_of_one_id_leave_the_first() -> None:
    judged = judge([ROW, OTHER | {"id": 10}])
    assert judged.accepted == {10: EXTENSION}
    assert "its id 10 is taken" in judged.refused[0].reason


def test_a_row_that_is_no_object_is_refused() -> None:
    judged = judge(["2018519", OTHER])
    assert list(judged.accepted) == [11]
    assert judged.refused[0].reason == "it is no object"
