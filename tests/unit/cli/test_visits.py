import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from porteiro.cli.visits import visits
from tests.unit.cli.api_peer import Json, Peer, api_that, bare_environment


def visit(number: int, **more: object) -> Json:
    return {
        "call_id": f"e69439e9-1489-4bba-b55d-{number:012}",
        "extension": "2018519",
        "condominium_id": 15,
        "started": "2026-11-20T17:03:09.125Z",
        "ended": "2026-11-20T17:04:00Z",
        "purpose": "entrega",
        "visitor": "Jéssica",
        "apartment": "501",
        "resident": "Renata Oliveira",
        "decision": "authorized",
        "decided_by": "pode subir",
        "gate": "opened",
        **more,
    }


def in_pages(peer: Peer, *pages: list[Json]) -> None:
    """Have the peer answer these pages, one after the other."""
    for place, page in enumerate(pages):
        cursor = "" if place == 0 else f"c{place}"
        following = f"c{place + 1}" if place + 1 < len(pages) else None
        answer = {"visits": page, "next_cursor": following}
        peer.answers[f"GET /api/visits?cursor={cursor}"] = answer


@pytest_asyncio.fixture
async def peer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Peer]:
    bare_environment(monkeypatch, TZ="America/Sao_Paulo")
    time.tzset()
    monkeypatch.chdir(tmp_path)
    async with api_that() as peer:
        in_pages(peer, [visit(1), visit(2, decision="denied")])
        yield peer
    monkeypatch.undo()
    time.tzset()


async def test_each_is_a_row_in_this_machines_time(
    peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await visits(url=peer.url) == 0
    out = capsys.readouterr().out
    first = next(line for line in out.splitlines() if "2026-11-20" in line)
    assert first.split() == [
        *("2026-11-20", "14:03", "15", "501", "entrega", "Jéssica", "Renata", "Oliveira"),
        "authorized",
    ]
    assert out.splitlines()[-1] == "2 visits"
    assert "\x1b" not in out


async def test_on_80_columns_nothing_is_lost(
    peer: Peer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("porteiro.cli.tables._ON_PAPER", 80)
    assert await visits(url=peer.url) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    for word in ("14:03", "15", "501", "entrega", "Jéssica", "Renata", "Oliveira", "authorized"):
        assert word in out


async def test_an_authorized_visit_whose_gate_failed_says_so(
    peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    in_pages(peer, [visit(1, gate="failed")])
    assert await visits(url=peer.url) == 0
    assert "gate failed" in " ".join(capsys.readouterr().out.split())


async def test_what_was_dropped_or_never_known_is_a_dash(
    peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    in_pages(peer, [visit(1, visitor=None, resident="", purpose=None, apartment="")])
    assert await visits(url=peer.url) == 0
    assert capsys.readouterr().out.count(" - ") == 4


async def test_what_is_wanted_is_asked_for(peer: Peer) -> None:
    await visits(
        condominium=0,
        apartment="A 501&x=1",
        decision="no_decision",
        since="2026-11-20",
        until="2026-11-21T08:00:00+00:00",
        limit=7,
        url=peer.url,
    )
    assert peer.asked[-1][1] == {
        "condominium_id": "0",
        "apartment": "A 501&x=1",
        "decision": "no_decision",
        "since": "2026-11-20T00:00:00-03:00",
        "until": "2026-11-21T05:00:00-03:00",
        "limit": "7",
    }


@pytest.mark.parametrize("moment", ["ontem", "2026-13-01", "20/11/2026", "0001-01-01T00:00+14:00"])
async def test_what_is_no_moment_is_a_usage_error(
    peer: Peer, capsys: pytest.CaptureFixture[str], moment: str
) -> None:
    assert await visits(since=moment, url=peer.url) == 2
    assert "--since" in capsys.readouterr().err
    assert await visits(until=moment, url=peer.url) == 2
    assert peer.asked == []


async def test_more_than_are_shown_is_pointed_out(
    peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    in_pages(peer, [visit(n) for n in range(3)], [visit(3)])
    assert await visits(limit=3, url=peer.url) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("3 visits; there are more")
    assert len(peer.asked) == 1


async def test_a_limit_beyond_a_page_takes_as_many_pages_as_it_needs(
    peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    in_pages(peer, [visit(n) for n in range(100)], [visit(n) for n in range(100, 130)], [visit(1)])
    assert await visits(limit=130, as_json=True, url=peer.url) == 0
    document = json.loads(capsys.readouterr().out)
    assert len(document["visits"]) == 130
    assert document["next_cursor"] == "c2"
    assert [query["limit"] for _, query, _ in peer.asked] == ["100", "30"]


async def test_all_are_one_document(peer: Peer, capsys: pytest.CaptureFixture[str]) -> None:
    every = [visit(n) for n in range(5)]
    in_pages(peer, every[:2], every[2:4], every[4:])
    assert await visits(all_=True, as_json=True, url=peer.url) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == {"status": "success", "visits": every, "next_cursor": None}
    assert [query.get("cursor") for _, query, _ in peer.asked] == [None, "c1", "c2"]


async def test_pages_that_lead_in_a_circle_end(
    peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    peer.answers["GET /api/visits?cursor="] = {"visits": [visit(1)], "next_cursor": "c1"}
    peer.answers["GET /api/visits?cursor=c1"] = {"visits": [visit(1)], "next_cursor": "c1"}
    assert await visits(all_=True, url=peer.url) == 1
    assert "lead nowhere" in capsys.readouterr().err
    assert len(peer.asked) == 2


async def test_none_is_said(peer: Peer, capsys: pytest.CaptureFixture[str]) -> None:
    in_pages(peer, [])
    assert await visits(url=peer.url) == 0
    assert capsys.readouterr().out == "0 visits\n"
