"""Files fetched over HTTP: taken up where they broke off, checked, and put in place whole."""

import asyncio
import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, Final

import aiohttp

from porteiro.errors import StorageError

Progress = Callable[[int, int | None], None]
"""Told the bytes of a file that are here, and how many there will be, where that is known."""

_CHUNK: Final = 256 * 1024
_TRIES: Final = 3
_PAUSE_S: Final = 0.5
_SHA256: Final = re.compile(r'"?([0-9a-f]{64})"?')
_LIMITS: Final = aiohttp.ClientTimeout(sock_connect=10, sock_read=30)


def nobody(_here: int, _whole: int | None) -> None:
    """Take the progress, and do nothing with it."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a server says of a file: where its bytes begin, how long it is, and its checksum."""

    begins_at: int
    whole: int | None
    tag: str
    checksum: str | None


async def fetch(
    session: aiohttp.ClientSession, url: str, path: Path, progress: Progress = nobody
) -> bool:
    """Put the file at `url` at `path`, in place of what is there; False where there is none.

    What came of it earlier lies beside it, named `.part`, and is gone on with if the server
    still has the same. Raises `StorageError` when the server cannot be reached, breaks off
    again and again, or sends something else, or when the disk does not take it.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
        for left in reversed(range(_TRIES)):
            try:
                if not await _rest(session, url, part, progress):
                    return False
                break
            except (aiohttp.ClientError, TimeoutError) as error:
                if not left:
                    raise _unreachable(url, error) from error
                await asyncio.sleep(_PAUSE_S)
        await asyncio.to_thread(_put, part, path)
    except aiohttp.ClientError as error:
        raise _unreachable(url, error) from error
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror or error}") from error
    return True


async def _rest(session: aiohttp.ClientSession, url: str, part: Path, progress: Progress) -> bool:
    """Fetch what a part still lacks; False where the server has no such file."""
    here, tag = await asyncio.to_thread(_begun, part)
    headers = {"Accept-Encoding": "identity"}
    if here and tag:
        headers |= {"Range": f"bytes={here}-", "If-Range": tag}
    async with session.get(url, headers=headers, timeout=_LIMITS) as response:
        if response.status == HTTPStatus.NOT_FOUND:
            return False
        if response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            await asyncio.to_thread(_forget, part)
            raise aiohttp.ClientPayloadError("the part is longer than the file")
        answer = _answer(url, response, here)
        file = await asyncio.to_thread(_open, part, answer)
        try:
            begins_at = answer.begins_at
            progress(begins_at, answer.whole)
            async for chunk in response.content.iter_chunked(_CHUNK):
                await asyncio.to_thread(file.write, chunk)
                begins_at += len(chunk)
                progress(begins_at, answer.whole)
        finally:
            await asyncio.to_thread(file.close)
    if answer.whole not in (None, begins_at):
        raise aiohttp.ClientPayloadError("it broke off")
    if answer.checksum and await asyncio.to_thread(_sha256, part) != answer.checksum:
        await asyncio.to_thread(_forget, part)
        raise StorageError(f"{url} came damaged, by its publisher's checksum: run this again")
    return True


def _answer(url: str, response: aiohttp.ClientResponse, here: int) -> _Answer:
    """Return what a server says that was asked for what follows the bytes that are `here`."""
    if response.status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        raise StorageError(
            f"{url} was answered with {response.status}: check PORTEIRO_MODELS_URL, or try later"
        )
    if response.content_type == "text/html":
        raise StorageError(
            f"{url} was answered with a web page, by a proxy or a portal perhaps: check "
            "PORTEIRO_MODELS_URL and this machine's way to the network"
        )
    tag = response.headers.get("ETag", "")
    whole = response.content_length
    begins_at = 0
    if response.status == HTTPStatus.PARTIAL_CONTENT:
        told = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", response.headers.get("Content-Range", ""))
        if not told or int(told[1]) != here:
            raise StorageError(
                f"{url} was answered with a part of it that nobody asked for: check "
                "PORTEIRO_MODELS_URL, or remove what ends with .part and run this again"
            )
        begins_at, whole = int(told[1]), int(told[2])
    # Hugging Face tells a large file's SHA-256 as it passes us on to where it lies.
    answers = (*response.history, response)
    tags = (_SHA256.fullmatch(each.headers.get("X-Linked-Etag", "")) for each in answers)
    checksum = next((found[1] for found in tags if found), None)
    return _Answer(begins_at, whole, tag if not tag.startswith("W/") else "", checksum)


def _begun(part: Path) -> tuple[int, str]:
    """Return how much of a part is here, and what the server called the file; blocks."""
    tag = _tag_of(part)
    if not part.is_file() or not tag.is_file():
        return 0, ""
    return part.stat().st_size, tag.read_text(encoding="utf-8")


def _open(part: Path, answer: _Answer) -> BinaryIO:
    """Open a part for what comes now; blocks."""
    if not answer.begins_at:
        _forget(part)
        if answer.tag:
            _tag_of(part).write_text(answer.tag, encoding="utf-8")
        return part.open("wb")
    file = part.open("r+b")
    file.truncate(answer.begins_at)
    file.seek(answer.begins_at)
    return file


def _put(part: Path, path: Path) -> None:
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)
    _forget(part)


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _tag_of(part).unlink(missing_ok=True)


def _tag_of(part: Path) -> Path:
    return part.with_name(f"{part.name}.etag")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unreachable(url: str, error: Exception) -> StorageError:
    if isinstance(error, aiohttp.InvalidURL):
        return StorageError(f"{url} is no address: check PORTEIRO_MODELS_URL")
    if isinstance(error, aiohttp.ClientSSLError):
        return StorageError(
            f"{url} has a certificate that this machine does not trust: a proxy in between "
            "perhaps; give its authority to the system (ca-certificates)"
        )
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return StorageError(f"{url} cannot be reached: this machine seems to have no way to it")
    return StorageError(f"{url} broke off {_TRIES} times: run this again, it goes on from there")
