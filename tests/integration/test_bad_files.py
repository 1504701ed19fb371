"""Files that are missing, senseless, full or read-only: gates stay answered, visits are kept."""

import asyncio
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from porteiro.phones.audiosocket import dial
from porteiro.phones.telephone import Ending
from tests.integration.building import DIRECTORY
from tests.integration.neighbours import (
    AUTHORIZES,
    Json,
    hears_something,
    key_in,
    neighbours,
    over,
)
from tests.integration.server import Server, Site, eventually, serving


@pytest.mark.parametrize(
    ("directory", "problem"),
    [
        pytest.param(None, "there is no such file", id="missing"),
        pytest.param("", "the file is empty", id="empty"),
        pytest.param('[{"apartment_number": "501",', "not valid JSON at line 1", id="malformed"),
    ],
)
async def test_without_a_directory_the_start_says_why_and_visitors_are_told(
    tmp_path: Path, directory: str | None, problem: str
) -> None:
    async with serving(tmp_path, Site({}, directory)) as server:
        (warning,) = server.logged("row or file")
        assert warning["level"] == "warning"
        assert f"data/apartamentos.json: {problem}" in warning["problem"]
        call_id = str(uuid4())
        async with dial("127.0.0.1", server.port, call_id) as phone:
            await hears_something(phone, since=float("-inf"))
            for key in "501#501#501#":
                phone.press(key)
            assert await over(phone) is Ending.PORTEIRO_HUNG_UP
        assert phone.ear.last_voice > phone.marks[-4].at
        (visit,) = await records(server, [call_id])
        assert visit["end"] == "nobody found in the directory"
        assert visit["transcript"][-1]["key"] == "not_located"
        await server.left_with()


async def test_two_residents_of_one_name_are_pointed_out_and_each_is_rung_at_home(
    tmp_path: Path,
) -> None:
    directory = [
        {"apartment_number": "11", "residents": ["João Silva", "JOAO SILVA"], "voip_number": "11"},
        {"apartment_number": "12", "residents": ["João Silva"], "voip_number": AUTHORIZES},
    ]
    async with neighbours() as building:
        async with serving(tmp_path, Site(building.settings, directory)) as server:
            (warning,) = server.logged("row or file")
            assert "entry 0: two residents have the same name" in warning["problem"]
            call_id = await authorized_visit(server, "12")
        assert [ring["number"] for ring in building.rings_of(call_id)] == [AUTHORIZES]


# -------------------------------------------------------------------- the data folder


def full_disk(data: Path) -> None:
    """Let every write to the record fail for want of room."""
    (data / "visits.jsonl").symlink_to("/dev/full")


def room_again(data: Path) -> None:
    (data / "visits.jsonl").unlink()


def read_only(data: Path) -> None:
    """Let nothing be written; root writes past permissions, but not past a mount."""
    if os.geteuid() != 0:
        data.chmod(0o500)
        return
    files = {file.name: file.read_bytes() for file in data.iterdir() if file.is_file()}
    mount("-t", "tmpfs", "porteiro", data)
    for name, content in files.items():
        (data / name).write_bytes(content)
    mount("-o", "remount,ro", data)


def writable_again(data: Path) -> None:
    if data.is_mount():
        mount("-o", "remount,rw", data)
    else:
        data.chmod(0o700)


def mount(*words: str | Path) -> None:
    subprocess.run(["mount", *words], check=True)  # noqa: S603, S607  what there is


@pytest.fixture
def unmounted(tmp_path: Path) -> Iterator[Path]:
    """A folder whose data folder is as it was in the end, whatever happened."""
    yield tmp_path
    data = tmp_path / "data"
    if data.is_mount():
        subprocess.run(["umount", "--lazy", data], check=True)  # noqa: S603, S607  what there is
    else:
        data.chmod(0o700)


@pytest.mark.parametrize(
    ("spoil", "mend"),
    [
        pytest.param(full_disk, room_again, id="full"),
        pytest.param(read_only, writable_again, id="read-only"),
    ],
)
async def test_visits_go_on_without_room_and_are_written_when_there_is_room_again(
    unmounted: Path, spoil: Callable[[Path], None], mend: Callable[[Path], None]
) -> None:
    async with neighbours() as building:
        site = Site(building.settings, DIRECTORY, prepare=spoil)
        async with serving(unmounted, site) as server:
            lost = await asyncio.gather(*(authorized_visit(server, "501") for _ in range(2)))
            await eventually(lambda: len(server.logged("visit not written")) == 2)
            for call_id in lost:
                (line,) = server.logged("visit not written", call_id=call_id)
                assert line["level"] == "error"
                assert "data/visits.jsonl cannot be written" in line["reason"]
            mend(server.data)
            kept = await authorized_visit(server, "501")
            assert len(await records(server, [*lost, kept])) == 3
            await server.left_with()


async def authorized_visit(server: Server, apartment: str) -> str:
    """Come for a resident who authorizes, to the good end."""
    call_id = str(uuid4())
    async with dial("127.0.0.1", server.port, call_id) as phone:
        await key_in(phone, apartment)
        assert await over(phone) is Ending.PORTEIRO_HUNG_UP
    call = await server.call(call_id)
    assert (call["decision"], call["gate"]) == ("authorized", "opened")
    return call_id


async def records(server: Server, calls: list[str]) -> list[Json]:
    """Wait until each call has its one record, and return them."""
    await eventually(lambda: all(server.visits(call_id) for call_id in calls))
    return [visit for call_id in calls for visit in server.visits(call_id)]
