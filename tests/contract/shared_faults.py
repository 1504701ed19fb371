"""Rows that stand in several tables of faults, and how the tables are tried."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import aiohttp

from porteiro.calls.ports import Transcriber, Transcript
from tests.contract.faults import (
    E401,
    E429,
    E429_DATED,
    E500,
    NOTHING,
    UNTRUSTED,
    Fails,
    Messages,
    Outcome,
    Reply,
    Table,
    answering,
    comes_to,
    words_from,
)

_PAUSE_S: Final = 100


def refusals(*, key: str, quota: str, trouble: str, certificate: str) -> Table:
    """Return what comes of an answer with an error's status, or from somebody else."""
    return {
        "401": (E401, Fails(key, retryable=False)),
        "429 in seconds": (E429, Fails(quota, pause_s=_PAUSE_S)),
        "429 until a date": (E429_DATED, Fails(quota, pause_s=_PAUSE_S)),
        "500": (E500, Fails(trouble)),
        "untrusted": (UNTRUSTED, Fails(certificate, retryable=False)),
    }


OPENAI_REFUSALS: Final = refusals(
    key="refuses the key: set PORTEIRO_OPENAI_KEY",
    quota="is asked too often",
    trouble="fails: ask who runs it",
    certificate="no certificate that is trusted",
)


def well_formed(heard: Callable[[str], Reply | Messages]) -> Table:
    """Return what comes of answers that are as promised, by a service that rates its words."""
    return {
        "a long text": (heard("sim " * 1000), Fails("more than anybody could have spoken")),
        "English": (heard("yes sure"), Transcript("yes sure", 0.9, sure=True)),
        "Spanish": (heard("sí claro"), Transcript("sí claro", 0.9, sure=True)),
        "Chinese": (heard("好的，请进"), NOTHING),
        "film credits": (heard("legendas pela comunidade amara.org"), NOTHING),
    }


def rated(
    heard: Callable[[str, str], Reply | Messages], *, no_number: Fails, out_of_range: Fails
) -> Table:
    """Return what comes of confidences that are none."""
    return {
        "NaN": (heard("sim", "NaN"), no_number),
        "Infinity": (heard("sim", "Infinity"), no_number),
        "beyond numbers": (heard("sim", "1e999"), no_number),
        "surer than sure": (heard("sim", "7"), out_of_range),
        "less than nothing": (heard("sim", "-1"), out_of_range),
    }


async def hears(
    row: tuple[Reply | Messages, Outcome],
    folder: Path,
    made: Callable[[aiohttp.ClientSession, str], Transcriber],
) -> None:
    """Fail unless what is `made` of a session and the address hears what the row ends in."""
    reply, outcome = row
    async with answering(reply, folder) as url, aiohttp.ClientSession() as session:
        await comes_to(words_from(made(session, url)), outcome)
