"""A program that records visits one after the other until it is killed; it prints each."""

import asyncio
import sys
from itertools import count
from pathlib import Path

from porteiro.storage.visits.spool import SpooledVisits, VisitsOptions
from porteiro.storage.visits.sqlite import SqliteVisits
from tests.visit_records import visit


async def main(folder: Path) -> None:
    """Record into `folder`."""
    options = VisitsOptions(folder, batch=7)
    async with (
        SqliteVisits(folder / "visits.sqlite3") as store,
        SpooledVisits(options, store) as visits,
    ):
        for number in count():
            await visits.record(visit(number))
            print(number, flush=True)  # noqa: T201  what it is for


asyncio.run(main(Path(sys.argv[1])))
