"""The trigger of SPEC 5, and what `porteiro setup` finds out about a database."""

import json
from dataclasses import replace

import pytest

from porteiro.errors import StorageError
from porteiro.storage.migrations import upgrade
from porteiro.storage.postgres.database import Database
from porteiro.storage.postgres.extension_table import CHANNEL
from porteiro.storage.postgres.inspection import inspect
from porteiro.storage.postgres.trigger import create_extension_table, install_trigger
from tests.integration.postgres.conftest import Site

INSERT = """
insert into extension_ia (extension_ia_number, extension_ia_return, extension_ia_ip,
                          extension_ia_number_port, condominium_id, extension_ia_return_port)
values ('2018519', '2018520', '0.0.0.0', '8101', 15, {port})
"""
WIDEN = r"""
update extension_ia set
    extension_ia_number = repeat(E'\x01', 50), extension_ia_return = repeat(E'\x01', 50),
    extension_ia_ip = repeat(E'\x01', 50), extension_ia_number_port = repeat(E'\x01', 50),
    extension_ia_return_port = repeat(E'\x01', 50)
"""
ROW = {
    "extension_ia_id": 1,
    "extension_ia_number": "2018519".ljust(50),
    "extension_ia_return": "2018520".ljust(50),
    "extension_ia_ip": "0.0.0.0".ljust(50),
    "extension_ia_number_port": "8101".ljust(50),
    "condominium_id": 15,
    "extension_ia_return_port": "8201".ljust(50),
}


def announced(site: Site, *statements: str) -> list[str]:
    """Return the payloads that the statements, each a transaction, lead to."""
    with site.server.connect(site.options.name) as ear:
        ear.execute(f"listen {CHANNEL}")
        for statement in statements:
            site.sql(statement)
        ear.execute("select 1")  # what was sent before is taken in with the answer
        return [notice.payload for notice in ear.notifies(timeout=0)]


async def test_every_change_is_announced_with_the_action_and_the_row(site: Site) -> None:
    await install_trigger(site.database)
    payloads = announced(
        site,
        INSERT.format(port="'8201'"),
        "update extension_ia set extension_ia_return_port = null",
        "delete from extension_ia",
    )
    silent = ROW | {"extension_ia_return_port": None}
    assert [json.loads(payload) for payload in payloads] == [
        {"action": "INSERT", "data": ROW},
        {"action": "UPDATE", "data": silent},
        {"action": "DELETE", "data": silent},
    ]
    assert payloads[0].startswith('{"action"')


async def test_emptying_the_table_is_announced_as_the_deletion_of_each_row(site: Site) -> None:
    await install_trigger(site.database)
    site.sql(INSERT.format(port="'8201'"))
    site.sql(INSERT.format(port="null"))
    payloads = [json.loads(payload) for payload in announced(site, "truncate extension_ia")]
    assert [payload["action"] for payload in payloads] == ["DELETE", "DELETE"]
    assert sorted(payload["data"]["extension_ia_id"] for payload in payloads) == [1, 2]


async def test_a_row_too_large_for_a_notice_is_announced_by_its_id(site: Site) -> None:
    await install_trigger(site.database)
    site.sql("alter table extension_ia add column note text")
    site.sql(INSERT.format(port="'8201'"))
    change = "update extension_ia set note = repeat('ã', 4000)"
    assert [json.loads(payload) for payload in announced(site, change)] == [
        {"action": "UPDATE", "data": {"extension_ia_id": 1}}
    ]


async def test_the_widest_row_there_can_be_is_announced_whole(site: Site) -> None:
    await install_trigger(site.database)
    site.sql(INSERT.format(port="'8201'"))
    (payload,) = announced(site, WIDEN)
    assert json.loads(payload)["data"]["extension_ia_ip"] == "\x01" * 50


async def test_installing_again_announces_nothing_twice(site: Site) -> None:
    await install_trigger(site.database)
    await install_trigger(site.database)
    assert len(announced(site, INSERT.format(port="'8201'"))) == 1


async def test_an_empty_database_is_told_as_such_and_can_be_filled(empty: Site) -> None:
    state = await inspect(empty.database)
    assert (state.extension_table, state.rows, state.trigger) == (False, None, False)
    assert state.may_create_tables
    assert state.pending
    await create_extension_table(empty.database)
    await create_extension_table(empty.database)
    await install_trigger(empty.database)
    upgrade(empty.options.url)
    state = await inspect(empty.database)
    assert (state.extension_table, state.rows, state.trigger) == (True, 0, True)
    assert (state.column_problems, state.silent, state.pending) == ((), (), ())
    assert (state.may_read, state.may_install_trigger, state.standby) == (True, True, False)


async def test_the_columns_that_differ_are_named(site: Site) -> None:
    site.sql("alter table extension_ia drop column extension_ia_return_port")
    site.sql("alter table extension_ia alter column extension_ia_ip type text")
    assert (await inspect(site.database)).column_problems == (
        "extension_ia.extension_ia_ip is text and not character(50)",
        "extension_ia has no column extension_ia_return_port: add it as character(50)",
    )


async def test_a_trigger_that_a_site_made_itself_is_recognised_with_what_it_leaves_out(
    site: Site,
) -> None:
    site.sql(
        "create function theirs() returns trigger language plpgsql as $$ begin "
        f"perform pg_notify('{CHANNEL}', '{{}}'); return null; end $$"
    )
    site.sql(
        "create trigger theirs after insert or update on extension_ia "
        "for each row execute function theirs()"
    )
    assert (await inspect(site.database)).silent == ("DELETE",)
    site.sql("alter table extension_ia disable trigger theirs")
    assert (await inspect(site.database)).silent == ("INSERT", "UPDATE", "DELETE")


async def test_a_user_without_rights_is_told_which_are_missing(site: Site) -> None:
    name = f"guest_of_{site.options.name}"
    site.sql(f"create role {name} login password 'let me in'")
    options = replace(site.options, user=name, password="let me in")
    async with Database(options) as database:
        state = await inspect(database)
        assert (state.may_read, state.rows, state.may_install_trigger) == (False, None, False)
        assert not state.may_create_tables
        with pytest.raises(StorageError, match="have the owner grant it to DB_USER"):
            await install_trigger(database)
    with pytest.raises(
        StorageError, match=r"permission denied for schema public; have the owner grant"
    ):
        upgrade(options.url)
