import stat
from pathlib import Path

import pytest

from porteiro.condominiums.directory import Apartment, Directory
from porteiro.condominiums.profile import Profile
from porteiro.condominiums.register import Register
from porteiro.errors import StorageError
from porteiro.storage.register_copy import (
    DIRECTORIES_COPY,
    PROFILES_COPY,
    read_register,
    write_register,
)

DEFAULT = Profile(ring_s=30.0)
APOENA = Profile(
    name="Condomínio Apoena",
    greeting="Apoena, boa noite.",
    voice="pt-br",
    silence_s=0.9,
    attempts=3,
    ring_s=20.0,
    fallback_number="9000",
    gates=("http", "log"),
    gate_url="http://10.0.0.2/gate",
    retention_days=90,
)
HOME = Apartment("501", ("Renata Oliveira",), ("1003030", "sip:renata@example.com"))
REGISTER = Register(DEFAULT, {15: APOENA, 16: DEFAULT}, {15: Directory([HOME])})


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    write_register(tmp_path, REGISTER)
    register, problems = read_register(tmp_path, DEFAULT)
    assert problems == ()
    assert register.profiles == {15: APOENA, 16: Profile(ring_s=30.0)}
    assert [directory.records for directory in register.directories.values()] == [(HOME,)]


def test_only_porteiros_user_reads_it(tmp_path: Path) -> None:
    write_register(tmp_path, REGISTER)
    for name in (PROFILES_COPY, DIRECTORIES_COPY):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_without_a_copy_the_register_is_empty(tmp_path: Path) -> None:
    assert read_register(tmp_path, DEFAULT) == (Register(DEFAULT), ())


def test_a_copy_of_no_condominium_is_no_mistake(tmp_path: Path) -> None:
    write_register(tmp_path, Register(DEFAULT))
    register, problems = read_register(tmp_path, DEFAULT)
    assert (dict(register.profiles), dict(register.directories)) == ({}, {})
    assert problems == ()


def test_a_broken_copy_is_told(tmp_path: Path) -> None:
    write_register(tmp_path, REGISTER)
    for name in (PROFILES_COPY, DIRECTORIES_COPY):
        path = tmp_path / name
        path.write_text(path.read_text()[:20])
    register, problems = read_register(tmp_path, DEFAULT)
    assert not register.profiles
    assert len(problems) == 2


def test_a_full_disk_is_an_error_and_leaves_what_was(tmp_path: Path) -> None:
    write_register(tmp_path, REGISTER)
    (tmp_path / f"{PROFILES_COPY}.new").symlink_to("/dev/full")
    with pytest.raises(StorageError, match="No space left"):
        write_register(tmp_path, Register(DEFAULT))
    assert read_register(tmp_path, DEFAULT)[0].profiles[15] == APOENA
