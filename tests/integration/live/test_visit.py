"""Visits of a condominium that only the database knows, and whose rows change between them."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from porteiro.phones.audiosocket import dial
from tests.integration.live.site import CONDOMINIUM, LiveSite, free_pair, listens, live
from tests.integration.neighbours import (
    AUTHORIZES,
    DENIES,
    NEVER_ANSWERS,
    Neighbours,
    hears_something,
    key_in,
    neighbours,
    over,
)
from tests.integration.server import Json, eventually
from tests.postgres import PostgresServer, postgres

__all__ = ["postgres"]

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def place(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[LiveSite, Neighbours]]:
    """A condominium with one apartment, on one extension."""
    folder = tmp_path_factory.mktemp("visit")
    async with neighbours() as building, live(folder, postgres, building.settings) as site:
        site.sql(
            "INSERT INTO porteiro_condominium (condominium_id, name)"
            f" VALUES ({CONDOMINIUM}, 'Apoena')"
        )
        site.sql(
            "INSERT INTO porteiro_apartment (condominium_id, apartment_number, residents,"
            f" voip_numbers) VALUES ({CONDOMINIUM}, '501', '{{Renata}}', '{{{AUTHORIZES}}}')"
        )
        port, return_port = free_pair()
        site.add("2018519", port, return_port)
        await eventually(lambda: listens(port) and listens(return_port))
        site.server.ports = [(port, return_port)]
        yield site, building


async def visit(site: LiveSite) -> tuple[str, Json]:
    """Come for 501, by keys; return the call id, and the visit as the API tells it."""
    call_id = str(uuid4())
    async with dial("127.0.0.1", site.server.port, call_id) as phone:
        await key_in(phone, "501")
        await over(phone)
    await site.server.left_with(limit_s=20)
    await eventually(lambda: site.sql(f"SELECT 1 FROM porteiro_visit WHERE call_id = '{call_id}'"))
    found = (await site.server.api.get(f"/api/visits?condominium_id={CONDOMINIUM}")).json()
    return call_id, next(one for one in found["visits"] if one["call_id"] == call_id)


async def test_a_visit_is_held_and_kept_by_the_database_alone(
    place: tuple[LiveSite, Neighbours],
) -> None:
    site, building = place
    call_id, kept = await visit(site)
    assert kept["decision"] == "authorized"
    assert kept["apartment"] == "501"
    assert kept["transcripts"]["visitor"][0]["text"] == "Apoena, em que posso ajudar?"
    assert [order["action"] for order in building.orders_of(call_id)] == ["authorize"]


async def test_the_next_visit_has_the_words_the_directory_and_the_gate_of_now(
    place: tuple[LiveSite, Neighbours],
) -> None:
    site, building = place
    site.sql(f"UPDATE porteiro_apartment SET voip_numbers = '{{{DENIES}}}'")
    site.sql("UPDATE porteiro_condominium SET greeting = 'Boa noite, Apoena.', gate = 'log'")
    copy = site.server.data / "condominios_copia.json"
    await eventually(lambda: "Boa noite" in copy.read_text())
    call_id, kept = await visit(site)
    assert kept["decision"] == "denied"
    assert kept["transcripts"]["visitor"][0]["text"] == "Boa noite, Apoena."
    assert [ring["number"] for ring in building.rings_of(call_id)] == [DENIES]
    assert not building.orders_of(call_id)


async def test_a_row_deleted_in_the_middle_of_a_call_lets_its_resident_in(
    place: tuple[LiveSite, Neighbours],
) -> None:
    site, building = place
    site.sql(f"UPDATE porteiro_apartment SET voip_numbers = '{{{NEVER_ANSWERS}}}'")
    site.sql("UPDATE porteiro_condominium SET gate = 'http'")
    copies = [site.server.data / f"{name}_copia.json" for name in ("apartamentos", "condominios")]
    await eventually(
        lambda: NEVER_ANSWERS in copies[0].read_text() and '"http"' in copies[1].read_text()
    )
    port, return_port = site.server.ports[0]
    call_id = str(uuid4())
    async with dial("127.0.0.1", port, call_id) as visitor:
        await key_in(visitor, "501")
        await eventually(lambda: building.rings_of(call_id), 30)
        site.remove_all()
        await eventually(lambda: not listens(port))
        async with dial("127.0.0.1", return_port, call_id) as resident:
            await hears_something(resident)
            resident.press("1")
            await over(visitor)
    await site.server.left_with(limit_s=20)
    assert [order["action"] for order in building.orders_of(call_id)] == ["authorize"]
    await eventually(lambda: not listens(return_port))
