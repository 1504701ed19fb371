import json
from pathlib import Path

import pytest

from porteiro.condominiums.extension import DEFAULT, Extension
from porteiro.storage.extensions_file import ExtensionsRead, read_extensions

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


def read(tmp_path: Path, *rows: object) -> ExtensionsRead:
    path = tmp_path / "ramais_config.json"
    path.write_text(json.dumps({"ramais": rows}))
    return read_extensions(path)


def test_a_row_becomes_an_extension(tmp_path: Path) -> None:
    found = read(tmp_path, ROW)
    assert found.extensions == (Extension(10, "2018519", "2018520", "0.0.0.0", 8101, 8201, 15),)
    assert found.source == "file"
    assert found.problems == ()


def test_padded_text_as_the_database_has_it_is_trimmed_and_made_numbers(tmp_path: Path) -> None:
    padded = {name: f"{value!s:<50}" for name, value in ROW.items()}
    assert read(tmp_path, padded) == read(tmp_path, ROW)


def test_without_a_file_the_default_extension_serves(tmp_path: Path) -> None:
    assert read_extensions(tmp_path / "none.json") == ExtensionsRead((DEFAULT,), "default")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"ramais": 3}', "null", "\xff", "[" * 100_000])
def test_a_file_that_makes_no_sense_is_said_and_the_default_serves(
    tmp_path: Path, content: str
) -> None:
    path = tmp_path / "ramais_config.json"
    path.write_bytes(content.encode("latin-1"))
    found = read_extensions(path)
    assert found.extensions == (DEFAULT,)
    assert len(found.problems) == 1
    assert str(path) in found.problems[0]


def test_an_empty_list_serves_nothing_and_is_no_mistake(tmp_path: Path) -> None:
    assert read(tmp_path) == ExtensionsRead((), "file")


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
    tmp_path: Path, wrong: dict[str, object], said: str
) -> None:
    found = read(tmp_path, ROW | wrong, OTHER)
    assert [e.extension_id for e in found.extensions] == [11]
    assert len(found.problems) == 1
    assert said in found.problems[0]
    assert "row 1" in found.problems[0]


def test_two_rows_on_one_port_leave_the_first(tmp_path: Path) -> None:
    found = read(tmp_path, ROW, OTHER | {"porta_retorno": 8101})
    assert [e.extension_id for e in found.extensions] == [10]
    assert "its port 8101 is taken by extension 2018519 (id 10)" in found.problems[0]


def test_two_rows_of_one_id_leave_the_first(tmp_path: Path) -> None:
    found = read(tmp_path, ROW, OTHER | {"id": 10})
    assert [e.port for e in found.extensions] == [8101]
    assert "its id 10 is taken" in found.problems[0]


def test_a_row_that_is_no_object_is_refused(tmp_path: Path) -> None:
    found = read(tmp_path, "2018519", OTHER)
    assert [e.extension_id for e in found.extensions] == [11]
    assert "it is no object" in found.problems[0]
