"""A folder for each process that writes visits down, and what a dead one left there."""

import subprocess
import sys
from pathlib import Path

from porteiro.storage.visits.worker_folder import adopt_visits, worker_folder

HOLD = (
    "import sys; from pathlib import Path\n"
    "from porteiro.storage.visits.worker_folder import worker_folder\n"
    "with worker_folder(Path(sys.argv[1])) as folder:\n"
    "    (folder / 'visits.jsonl').write_text('one\\ntw')\n"
    "    print(folder.name, flush=True); sys.stdin.read()\n"
)


def holder(data: Path) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(  # noqa: S603  our own
        [sys.executable, "-c", HOLD, data], stdin=pipe, stdout=pipe, text=True
    )


def test_two_processes_have_two_folders_and_a_dead_one_s_is_free(tmp_path: Path) -> None:
    with holder(tmp_path) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "0\n"
        with worker_folder(tmp_path) as folder:
            assert folder == tmp_path / "workers" / "1"
        other.kill()
        other.wait()
        with worker_folder(tmp_path) as folder:
            assert folder == tmp_path / "workers" / "0"


def test_what_a_dead_one_left_is_moved_on_and_what_a_living_one_has_is_not(tmp_path: Path) -> None:
    (tmp_path / "visits.jsonl").write_text("zero\n")
    with holder(tmp_path) as other:
        assert other.stdout is not None
        other.stdout.readline()
        adopt_visits(tmp_path)
        assert (tmp_path / "visits.jsonl").read_text() == "zero\n"
        other.kill()
        other.wait()
    adopt_visits(tmp_path)
    assert (tmp_path / "visits.jsonl").read_text() == "zero\none\ntw\n"
    assert not (tmp_path / "workers" / "0" / "visits.jsonl").exists()
    adopt_visits(tmp_path)
    assert (tmp_path / "visits.jsonl").read_text() == "zero\none\ntw\n"


def test_a_folder_that_cannot_be_made_hinders_nobody(tmp_path: Path) -> None:
    (tmp_path / "workers").write_text("a file in its place")
    with worker_folder(tmp_path) as folder:
        assert folder.parent == tmp_path / "workers"
    adopt_visits(tmp_path)
