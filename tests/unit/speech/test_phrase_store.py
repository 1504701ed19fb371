"""Phrases on disk: whole or not at all, and never more than allowed."""

import os
from pathlib import Path

from porteiro.speech.phrase_store import PhraseStore

SOUND = bytes(range(200))
LIMIT = 1000


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def test_what_was_written_is_read_back_after_a_restart(tmp_path: Path) -> None:
    PhraseStore(tmp_path, LIMIT).write("a", SOUND)

    assert PhraseStore(tmp_path, LIMIT).read("a") == SOUND


def test_what_was_never_written_is_absent(tmp_path: Path) -> None:
    assert PhraseStore(tmp_path / "none", LIMIT).read("a") is None


def test_the_folder_never_grows_beyond_the_limit(tmp_path: Path) -> None:
    store = PhraseStore(tmp_path, LIMIT)

    for number in range(20):
        store.write(str(number), SOUND)
        assert size(tmp_path) <= LIMIT

    assert store.read("19") == SOUND


def test_what_was_left_by_an_earlier_run_counts_too(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(bytes(900))
    os.utime(tmp_path / "old", (0, 0))

    PhraseStore(tmp_path, LIMIT).write("new", SOUND)

    assert [file.name for file in tmp_path.iterdir()] == ["new"]


def test_the_longest_unused_goes_first(tmp_path: Path) -> None:
    store = PhraseStore(tmp_path, LIMIT)
    for age, name in enumerate(["newest", "middle", "oldest"]):
        store.write(name, SOUND)
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    store.read("oldest")

    store.write("one", SOUND)
    store.write("two", SOUND)

    assert store.read("middle") is None
    assert store.read("oldest") == SOUND


def test_a_sound_larger_than_the_limit_is_not_written(tmp_path: Path) -> None:
    PhraseStore(tmp_path / "phrases", LIMIT).write("a", bytes(LIMIT))

    assert not (tmp_path / "phrases").exists()


def test_a_damaged_file_is_removed(tmp_path: Path) -> None:
    store = PhraseStore(tmp_path, LIMIT)
    store.write("a", SOUND)
    damaged = bytearray((tmp_path / "a").read_bytes())
    damaged[-1] ^= 1
    (tmp_path / "a").write_bytes(damaged)

    assert store.read("a") is None
    assert not (tmp_path / "a").exists()


def test_only_the_owner_may_look_into_the_folder(tmp_path: Path) -> None:
    PhraseStore(tmp_path / "phrases", LIMIT).write("a", SOUND)

    assert (tmp_path / "phrases").stat().st_mode & 0o077 == 0
