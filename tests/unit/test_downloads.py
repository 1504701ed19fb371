"""Fetching files: whole or not at all, gone on with where it broke off, and plain words."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from porteiro.downloads import fetch
from porteiro.errors import StorageError
from tests.providers.certificates import own_certificate
from tests.providers.model_server import ModelServer, model_server

FILE = "Systran/some/resolve/main/model.bin"
BODY = bytes(range(256)) * 40_000


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with model_server({FILE: BODY}) as made:
        yield made


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "models" / "model.bin"


def content(path: Path) -> bytes:
    return path.read_bytes()


def leave(path: Path, body: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(body)


def gone_on_from(server: ModelServer) -> int:
    """Return where the server was last asked to go on from."""
    return int((server.asked[-1][1] or "bytes=0-").removeprefix("bytes=").removesuffix("-"))


def beside(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir())


async def test_a_file_is_put_in_place_whole_and_its_progress_told(
    server: ModelServer, session: aiohttp.ClientSession, path: Path
) -> None:
    told: list[tuple[int, int | None]] = []

    found = await fetch(session, f"{server.url}/{FILE}", path, lambda *now: told.append(now))

    assert found
    assert content(path) == BODY
    assert beside(path) == ["model.bin"]
    assert (told[0], told[-1]) == ((0, len(BODY)), (len(BODY), len(BODY)))


async def test_what_is_nowhere_is_told_and_leaves_nothing(
    server: ModelServer, session: aiohttp.ClientSession, path: Path
) -> None:
    assert not await fetch(session, f"{server.url}/Systran/other", path)
    assert beside(path) == []


async def test_what_breaks_off_once_goes_on_by_itself(
    server: ModelServer, session: aiohttp.ClientSession, path: Path
) -> None:
    server.breaks, server.breaks_after = 1, 1_000_000

    assert await fetch(session, f"{server.url}/{FILE}", path)

    assert content(path) == BODY
    assert len(server.asked) == 2
    assert 0 < gone_on_from(server) <= 1_000_000


async def test_what_breaks_off_again_and_again_is_gone_on_with_the_next_time(
    server: ModelServer, session: aiohttp.ClientSession, path: Path
) -> None:
    server.breaks, server.breaks_after = 3, 1_000_000
    with pytest.raises(StorageError, match="broke off 3 times: run this again"):
        await fetch(session, f"{server.url}/{FILE}", path)
    assert "model.bin" not in beside(path)

    assert await fetch(session, f"{server.url}/{FILE}", path)

    assert content(path) == BODY
    assert 1_000_000 < gone_on_from(server) <= 3_000_000
    assert beside(path) == ["model.bin"]


async def test_what_is_given_in_pieces_smaller_than_asked_for_is_gone_on_with(
    server: ModelServer, session: aiohttp.ClientSession, path: Path
) -> None:
    server.breaks, server.breaks_after, server.slices = 1, 1_000_000, 5_000_000

    assert await fetch(session, f"{server.url}/{FILE}", path)

    assert content(path) == BODY
    assert len(server.asked) == 3
    assert gone_on_from(server) >= 5_000_000


async def test_a_part_of_another_version_is_begun_anew(
    server: ModelServer, session: aiohttp.ClientSession, path: Path
) -> None:
    server.breaks, server.breaks_after = 3, 1_000_000
    with pytest.raises(StorageError):
        await fetch(session, f"{server.url}/{FILE}", path)
    server.files[FILE] = newer = BODY[::-1]

    assert await fetch(session, f"{server.url}/{FILE}", path)
    assert content(path) == newer


async def test_a_part_of_what_is_only_much_the_same_is_begun_anew(
    server: ModelServer, session: aiohttp.ClientSession, path: Path
) -> None:
    server.breaks, server.breaks_after, server.weak = 3, 1_000_000, True
    with pytest.raises(StorageError):
        await fetch(session, f"{server.url}/{FILE}", path)

    assert await fetch(session, f"{server.url}/{FILE}", path)
    assert content(path) == BODY
    assert {gone_on for _, gone_on in server.asked} == {None}


async def test_a_part_with_a_hole_before_it_is_not_taken(
    server: ModelServer, session: aiohttp.ClientSession, path: Path
) -> None:
    server.breaks, server.breaks_after, server.skips = 1, 1_000_000, 1000
    with pytest.raises(StorageError, match="a part of it that nobody asked for"):
        await fetch(session, f"{server.url}/{FILE}", path)
    assert beside(path) == ["model.bin.part", "model.bin.part.etag"]


async def test_a_part_as_long_as_the_file_is_not_trusted(
    server: ModelServer, session: aiohttp.ClientSession, path: Path
) -> None:
    server.breaks, server.breaks_after = 3, 1_000_000
    with pytest.raises(StorageError):
        await fetch(session, f"{server.url}/{FILE}", path)
    leave(path.with_name("model.bin.part"), bytes(len(BODY)))

    assert await fetch(session, f"{server.url}/{FILE}", path)
    assert content(path) == BODY


async def test_what_comes_damaged_is_not_put_in_place(
    server: ModelServer, session: aiohttp.ClientSession, path: Path
) -> None:
    server.damaged = True
    with pytest.raises(StorageError, match="came damaged"):
        await fetch(session, f"{server.url}/{FILE}", path)
    assert beside(path) == []


async def test_what_fails_leaves_what_was_there(
    server: ModelServer, session: aiohttp.ClientSession, path: Path
) -> None:
    leave(path, b"older")
    server.damaged = True
    with pytest.raises(StorageError):
        await fetch(session, f"{server.url}/{FILE}", path)
    assert content(path) == b"older"


async def test_a_portals_page_is_no_model(
    server: ModelServer, session: aiohttp.ClientSession, path: Path
) -> None:
    server.html = True
    with pytest.raises(StorageError, match="a web page"):
        await fetch(session, f"{server.url}/{FILE}", path)


@pytest.mark.parametrize("status", [401, 429, 500])
async def test_a_refusal_is_told(
    server: ModelServer, session: aiohttp.ClientSession, path: Path, status: int
) -> None:
    server.status = status
    with pytest.raises(StorageError, match=f"answered with {status}"):
        await fetch(session, f"{server.url}/{FILE}", path)


async def test_no_network_is_told(session: aiohttp.ClientSession, path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(StorageError, match="cannot be reached"):
        await fetch(session, f"http://127.0.0.1:{port}/x", path)


async def test_a_certificate_that_nobody_trusts_is_told(
    session: aiohttp.ClientSession, path: Path, tmp_path: Path
) -> None:
    tls = await own_certificate(tmp_path)
    async with await asyncio.start_server(
        lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=tls
    ) as listening:
        port = listening.sockets[0].getsockname()[1]
        with pytest.raises(StorageError, match="a certificate that this machine does not trust"):
            await fetch(session, f"https://127.0.0.1:{port}/x", path)


async def test_a_folder_that_cannot_be_made_is_told(
    server: ModelServer, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    leave(tmp_path / "file", b"")
    with pytest.raises(StorageError, match="cannot be written"):
        await fetch(session, f"{server.url}/{FILE}", tmp_path / "file" / "model.bin")
