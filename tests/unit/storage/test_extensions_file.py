import json
from pathlib import Path

import pytest

from porteiro.condominiums.extension import Extension
from porteiro.errors import StorageError
from porteiro.storage.extensions_file import read_extension_rows, write_extension_rows

EXTENSION = Extension(10, "2018519", "2018520", "0.0.0.0", 8101, 8201, 15)


def test_without_a_file_there_are_no_rows(tmp_path: Path) -> None:
    assert read_extension_rows(tmp_path / "none.json") is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"ramais": 3}', "null", "\xff", "[" * 100_000])
def test_a_file_that_makes_no_sense_is_an_error_that_names_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "ramais_config.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(StorageError, match=str(path)):
        read_extension_rows(path)


def test_an_empty_list_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "ramais_config.json"
    write_extension_rows(path, ())
    assert read_extension_rows(path) == []


def test_the_copy_has_the_form_of_the_specification(tmp_path: Path) -> None:
    path = tmp_path / "data" / "ramais_config.json"
    write_extension_rows(path, [EXTENSION])
    assert json.loads(path.read_text()) == {
        "ramais": [
            {
                "id": 10,
                "ramal_ia": "2018519",
                "ramal_retorno": "2018520",
                "ip_servidor": "0.0.0.0",
                "porta_ia": 8101,
                "porta_retorno": 8201,
                "condominio_id": 15,
            }
        ]
    }
    assert list(path.parent.iterdir()) == [path]


def test_a_full_disk_leaves_the_copy_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "ramais_config.json"
    write_extension_rows(path, [EXTENSION])
    before = path.read_bytes()
    (tmp_path / "ramais_config.json.new").symlink_to("/dev/full")
    with pytest.raises(StorageError, match="No space left"):
        write_extension_rows(path, ())
    assert path.read_bytes() == before
