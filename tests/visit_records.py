"""Visits for tests of their record, and a look into a data folder from outside."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from porteiro.calls.visit import Attempt, Line, Turn, Visit
from porteiro.dialogue.terms import Decision, Purpose, Role

STARTED = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


def visit(number: int = 1, **fields: Any) -> Visit:  # noqa: ANN401  whatever a visit has
    """Return a visit with everything in it, which began `number` seconds after `STARTED`."""
    started = STARTED + timedelta(seconds=number)
    whole: dict[str, Any] = {
        "call_id": f"e69439e9-1489-4bba-b55d-{number:012x}",
        "extension": "1000",
        "condominium_id": 15,
        "started": started,
        "ended": started + timedelta(seconds=40),
        "purpose": Purpose.DELIVERY,
        "visitor": "João da Silva",
        "apartment": "501",
        "resident": "Renata Oliveira",
        "decision": Decision.AUTHORIZED,
        "decided_by": "tecla 1",
        "gate": "opened",
        "end": "authorized",
        "transcript": [Line(1.5, Role.VISITOR, "visitor", "é uma entrega\npro 501")],
        "turns": [Turn(1.5, Role.VISITOR, 900.0, 700.0, 31.25, 0.1, 12.5)],
        "attempts": [Attempt(9.0, "a1", "1003030", "answered")],
        "states": [(0.0, "greeting"), (1.7, "asking")],
    }
    return Visit(**{**whole, **fields})


def read_sqlite_visits(path: Path) -> list[dict[str, Any]]:
    """Return the visits in a SQLite file, oldest first; none where there is no such file.

    Reads beside whoever writes. Blocks.
    """
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as connection:
        try:
            rows = connection.execute(
                "select visit from porteiro_visit order by started, call_id"
            ).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):  # it is just being made
                return []
            raise
    return [json.loads(text) for (text,) in rows]


def read_visits(data: Path) -> list[dict[str, Any]]:
    """Return the visits in a data folder, each once: in SQLite, or still on their way there.

    Blocks.
    """
    spool = data / "visits.jsonl"
    # The spool first: what leaves it meanwhile is in SQLite by then.
    lines = spool.read_bytes().splitlines(keepends=True) if spool.is_file() else []
    waiting = [json.loads(line) for line in lines if line.endswith(b"\n")]
    found = read_sqlite_visits(data / "visits.sqlite3")
    return [*found, *(one for one in waiting if one not in found)]
