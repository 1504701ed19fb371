"""Two workers: what happens to one of them is nothing to the other's calls."""

import asyncio
import json
import signal
from functools import partial
from pathlib import Path

from websockets.asyncio.client import connect

from porteiro.phones.audiosocket import dial
from tests.integration.neighbours import hears_something, key_in, over
from tests.integration.server import Json, Server, eventually, refuses_to_start
from tests.integration.wire_peer import message
from tests.integration.workers import (
    behind,
    following,
    has_lost_no_frame,
    is_gone,
    kill,
    pair,
    parent_of,
    swap_ports,
    visitor,
)
from tests.ports import free_port

APOLOGY = "Desculpe, a ligação caiu."


async def test_one_api_shows_and_steers_the_calls_of_both(tmp_path: Path) -> None:
    async with pair(tmp_path) as both:
        server, (ports, others) = both.server, [await both.ports(n) for n in range(2)]
        async with following(server) as events:
            async with visitor(ports[0]) as (line, first), visitor(others[0]) as (_, second):
                assert await server.calls() == [first, second]
                assert [w["calls"] for w in await both.workers()] == [1, 1]
                status = await both.status()
                assert status["calls"] == status["capacity"]["calls"] == 2
                assert [one["calls"] for one in status["extensions"]] == [1, 1]
                assert (await server.call(second))["transcripts"]["visitor"]
                assert await both.metric("porteiro_calls_in_progress ") == 2
                assert await both.metric('porteiro_worker_calls{worker="1"}') == 1
                for worker in ("parent", "0", "1"):
                    name = f'porteiro_event_loop_lag_seconds_count{{worker="{worker}"}}'
                    assert await both.metric(name) > 0
                gone = await hang_up(server, second, "visitor")
                assert gone["status"] == "success"
                await server.left_with(first)
                assert (await hang_up(server, first, "resident"))["message"].startswith(
                    "this call has no resident"
                )
                assert not line.ended.is_set()
                assert (await server.call(second))["ended"]  # kept where it was
            await server.left_with()
            seen = {(event["call_id"], event["kind"]) for event in events}
            wanted = {(call, kind) for call in (first, second) for kind in ("started", "ended")}
            assert wanted <= seen
            assert await both.metric("porteiro_calls_started_total") == 2
        unknown = await hang_up(server, "11111111-1111-4111-8111-111111111111", "visitor")
        assert unknown["message"] == "no such call in progress"


async def test_a_whole_visit_goes_through_in_each(tmp_path: Path) -> None:
    async with pair(tmp_path) as both:
        for worker in range(2):
            port, _ = await both.ports(worker)
            call_id = f"6c34e515-6b5b-448d-9a2c-8eb13c76c0a{worker}"
            async with dial("127.0.0.1", port, call_id) as phone:
                await key_in(phone, "501")
                await over(phone)
            await eventually(partial(both.server.visits, call_id))
            (visit,) = both.server.visits(call_id)
            assert visit["decision"] == "authorized"
            assert len(both.building.orders_of(call_id)) == 1
        found = (await both.server.api.get("/api/visits")).json()["visits"]
        assert len(found) == 2


async def test_a_worker_is_killed_and_the_others_calls_lose_no_frame(tmp_path: Path) -> None:
    async with pair(tmp_path) as both:
        server, loop = both.server, asyncio.get_running_loop()
        (safe, _), (port, _) = await both.ports(0), await both.ports(1)
        await both.with_a_spare()
        async with following(server) as events, visitor(safe) as (line, kept):
            async with visitor(port) as (lost_line, lost):
                began, frames = loop.time(), len(line.frames())
                before = await behind(line, began, frames)
                pid = await both.pid(1)
                kill(pid, signal.SIGKILL)
                await lost_line.end()
            await both.is_back()
            async with visitor(port) as (_, again):
                await has_lost_no_frame(line, began, frames, before)
                assert await server.calls() == [kept, again]
                workers = await both.workers()
                assert [worker["restarts"] for worker in workers] == [0, 1]
                assert workers[1]["pid"] not in (None, pid)
                assert (await server.api.get("/readyz")).status_code == 200
                assert await both.metric('porteiro_worker_restarts_total{worker="1"}') == 1
            (told,) = [e for e in events if (e["call_id"], e["kind"]) == (lost, "suspended")]
            assert told["data"] == {"reason": "broken: its worker died", "seconds": 30.0}
            assert (lost, "ended") not in [(e["call_id"], e["kind"]) for e in events]
        assert server.logged("a worker is gone", worker=1, calls=1)


async def test_a_killed_worker_s_call_goes_on_in_the_process_that_takes_its_place(
    tmp_path: Path,
) -> None:
    async with pair(tmp_path) as both:
        server = both.server
        port, _ = await both.ports(1)
        await both.with_a_spare()
        async with following(server) as events:
            async with visitor(port) as (line, call_id):
                kill(await both.pid(1), signal.SIGKILL)
                await line.end()
            await both.is_back()
            async with visitor(port, call_id) as (line, _):
                said = (await server.call(call_id))["transcripts"]["visitor"]
                assert APOLOGY in [one["text"] for one in said]
                assert (await both.workers())[1]["calls"] == 1
                line.send(b"".join(message(0x03, key.encode()) for key in "501##"))
                await line.end(30)
            await eventually(partial(server.visits, call_id))
            await server.left_with()
            story = {"started", "suspended", "resumed", "ended"}
            kinds = [e["kind"] for e in events if e["call_id"] == call_id and e["kind"] in story]
            assert kinds == ["started", "suspended", "resumed", "ended"]
        (visit,) = server.visits(call_id)
        assert visit["decision"] == "authorized"
        assert len(both.building.orders_of(call_id)) == 1


async def test_a_worker_that_hangs_is_noticed_and_replaced(tmp_path: Path) -> None:
    async with pair(tmp_path) as both:
        (safe, _), (port, _) = await both.ports(0), await both.ports(1)
        await both.with_a_spare()
        async with visitor(safe) as (line, kept):
            pid = await both.pid(1)
            kill(pid, signal.SIGSTOP)
            await eventually(lambda: both.server.logged("a worker is silent and is killed"), 30)
            await eventually(lambda: is_gone(pid))
            await both.is_back()
            async with visitor(port) as (_, again):
                assert await both.server.calls() == [kept, again]
            assert not line.ended.is_set()


async def test_without_what_forks_them_workers_are_started_the_slow_way(tmp_path: Path) -> None:
    async with pair(tmp_path) as both:
        (safe, _), (port, _) = await both.ports(0), await both.ports(1)
        await both.with_a_spare()
        async with visitor(safe) as (line, kept):
            kill(parent_of(await both.pid(1)), signal.SIGKILL)
            for restarts in (1, 2):  # the first place is the spare's
                kill(await both.pid(1), signal.SIGKILL)
                await both.is_back(restarts, 60)
            assert both.server.logged("what forks workers is gone: they are started slowly now")
            async with visitor(port) as (_, again):
                assert await both.server.calls() == [kept, again]
            assert not line.ended.is_set()
        assert await both.server.stop() == 0


async def test_two_extensions_of_two_workers_swap_their_ports(tmp_path: Path) -> None:
    async with pair(tmp_path) as both:
        server = both.server
        homes = [await both.home(10), await both.home(11)]
        before = {one["id"]: one["porta_ia"] for one in (await both.status())["extensions"]}
        async with visitor(before[10]) as (line, kept):
            swap_ports(server.data)
            stats = (await server.api.post("/api/refresh")).json()["stats"]
            assert stats == {"removed": 0, "updated": 2, "added": 0, "total_active": 2}
            after = {one["id"]: one["porta_ia"] for one in (await both.status())["extensions"]}
            assert after == {10: before[11], 11: before[10]}
            assert [await both.home(10), await both.home(11)] == homes
            async with visitor(after[10]) as (_, new):
                assert await server.calls() == [kept, new]
                assert (await server.call(new))["extension"] == "2018510"
            assert not line.ended.is_set()


async def test_a_resident_who_is_awaited_comes_in_on_a_port_that_is_another_worker_s_by_now(
    tmp_path: Path,
) -> None:
    call_id = "6c34e515-6b5b-448d-9a2c-8eb13c76c0a0"
    async with pair(tmp_path, PORTEIRO_RING_SECONDS="30") as both:
        server = both.server
        before = {one["id"]: one["porta_retorno"] for one in (await both.status())["extensions"]}
        ai_port = next(
            one["porta_ia"] for one in (await both.status())["extensions"] if one["id"] == 10
        )
        async with dial("127.0.0.1", ai_port, call_id) as phone:
            await key_in(phone, "503")  # whose resident lets it ring
            await eventually(lambda: both.building.rings_of(call_id))
            swap_ports(server.data)
            await server.api.post("/api/refresh")
            shown = {one["id"]: one for one in (await both.status())["extensions"]}
            assert shown[10]["porta_retorno"] == before[11]
            assert shown[11]["porta_retorno"] != shown[11]["porta_retorno_configurada"]
            async with dial("127.0.0.1", before[10], call_id) as resident:
                await server.until(call_id, "asking")
                await hears_something(resident, since=float("-inf"))
                resident.press("1")
                await over(phone)
        await eventually(partial(server.visits, call_id))
        assert server.visits(call_id)[0]["decision"] == "authorized"
        async with asyncio.timeout(15):  # until nobody needs it there any more
            while (await both.status())["extensions"][1]["porta_retorno"] != before[10]:  # noqa: ASYNC110  another process's
                await asyncio.sleep(0.05)
        assert {one["status"] for one in (await both.status())["extensions"]} == {"ativo"}


async def test_an_extension_that_comes_is_served_and_one_that_goes_moves_none(
    tmp_path: Path,
) -> None:
    async with pair(tmp_path) as both:
        file = both.server.data / "ramais_config.json"
        rows = json.loads(file.read_text())["ramais"]
        new = {**rows[0], "id": 5, "ramal_ia": "5", "porta_ia": free_port()}
        new["porta_retorno"] = free_port()
        homes = [await both.home(10), await both.home(11)]
        file.write_text(json.dumps({"ramais": [*rows, new]}))
        await both.server.api.post("/api/refresh")
        assert [await both.home(10), await both.home(11)] == homes
        async with visitor(new["porta_ia"]):
            pass
        restarted = (await both.server.api.post("/api/restart", json={"extension_id": 5})).json()
        assert restarted["extension"]["status"] == "ativo"
        stays = await both.home(5)
        file.write_text(json.dumps({"ramais": [rows[1], new]}))
        await both.server.api.post("/api/refresh")
        assert [await both.home(11), await both.home(5)] == [homes[1], stays]
        async with visitor(new["porta_ia"]):
            pass


async def test_a_stop_lets_the_calls_of_both_end(tmp_path: Path) -> None:
    first, second = (f"6c34e515-6b5b-448d-9a2c-8eb13c76c0a{n}" for n in range(2))
    async with pair(tmp_path) as both:
        server = both.server
        (port, _), (other, _) = await both.ports(0), await both.ports(1)
        pids = [worker["pid"] for worker in await both.workers()]
        async with (
            dial("127.0.0.1", port, first) as phone,
            dial("127.0.0.1", other, second) as beside,
        ):
            for one in (phone, beside):
                await hears_something(one, since=float("-inf"))
            server.process.send_signal(signal.SIGTERM)
            await eventually(lambda: server.logged("stopping: no call is taken any more", calls=2))
            ready = await server.api.get("/readyz")
            assert ready.status_code == 503
            assert "stopping" in ready.json()["message"]
            assert (await both.status())["capacity"]["refusing"] == "draining"
            for one in (phone, beside):
                await key_in(one, "501")
            for one in (phone, beside):
                await over(one)
        assert await asyncio.to_thread(server.process.wait, 40) == 0
        assert server.logged("calls are over", ended=2, cut=0, removed=0)
        assert all(map(is_gone, pids))
        for call_id in (first, second):
            assert server.visits(call_id)[0]["decision"] == "authorized"


async def test_workers_whose_parent_dies_let_their_calls_end_and_are_gone(tmp_path: Path) -> None:
    call_id = "6c34e515-6b5b-448d-9a2c-8eb13c76c0a0"
    async with pair(tmp_path) as both:
        server = both.server
        port, _ = await both.ports(0)
        pids = [worker["pid"] for worker in await both.workers()]
        async with dial("127.0.0.1", port, call_id) as phone:
            await hears_something(phone, since=float("-inf"))
            server.process.kill()
            await eventually(lambda: is_gone(pids[1]))
            assert not is_gone(pids[0])
            await key_in(phone, "501")
            await over(phone)
        await eventually(lambda: is_gone(pids[0]))
        (visit,) = server.visits(call_id)
        assert visit["decision"] == "authorized"


def test_what_freeswitch_alone_can_dial_is_refused_with_workers(tmp_path: Path) -> None:
    told = {
        "PORTEIRO_WORKERS": "2",
        "PORTEIRO_DIALER": "esl",
        "PORTEIRO_FREESWITCH_ESL_PASSWORD": "secret-of-the-switch",
    }
    status, lines = refuses_to_start(tmp_path, told)
    assert status == 2
    (line,) = lines
    assert line.startswith("PORTEIRO_WORKERS=2, but PORTEIRO_DIALER=esl: ")
    assert line.endswith("set PORTEIRO_WORKERS=1")


async def hang_up(server: Server, call_id: str, role: str) -> Json:
    told: Json = (
        await server.api.post("/api/hangup", json={"call_id": call_id, "role": role})
    ).json()
    return told


async def test_freeswitch_s_lines_of_every_extension_come_to_the_first_worker(
    tmp_path: Path,
) -> None:
    stream = free_port()
    settings = {"AUDIO_MODE": "websocket", "PORTEIRO_STREAM_PORT": str(stream)}
    async with pair(tmp_path, **settings) as both:
        assert await both.home(11) == 1
        call_id = "6c34e515-6b5b-448d-9a2c-8eb13c76c0a0"
        url = f"ws://127.0.0.1:{stream}/stream/2018511/{call_id}"
        async with connect(url, compression=None) as line:
            for _ in range(50):
                await line.send(bytes(320))
            await both.server.until(call_id, "collecting")
            assert await both.server.calls() == [call_id]
            assert [worker["calls"] for worker in await both.workers()] == [1, 0]
            assert [one["calls"] for one in (await both.status())["extensions"]] == [0, 1]
            assert [worker["freeswitch"] for worker in await both.workers()] == [True, False]
        await both.server.left_with()
