"""What the database says is read as it stands, and judged row by row."""

import pytest

from porteiro.condominiums.directory import Directory
from porteiro.condominiums.extension_rows import judge
from porteiro.condominiums.profile import Profile
from porteiro.dialogue.guide import Finding
from porteiro.errors import StorageError
from porteiro.storage.migrations import upgrade
from porteiro.storage.postgres.source import extension_rows, load
from tests.integration.postgres.conftest import Site

ATTACK = "'; drop table extension_ia; --"
INSERT = """
insert into extension_ia (extension_ia_number, extension_ia_return, extension_ia_ip,
                          extension_ia_number_port, condominium_id, extension_ia_return_port)
values (%s, %s, %s, %s, %s, %s)
"""


def insert(site: Site, *values: object) -> None:
    with site.server.connect(site.options.name) as session:
        session.execute(INSERT, values)


@pytest.fixture
async def furnished(site: Site) -> Site:
    """A database with Porteiro's own tables too."""
    upgrade(site.options.url)
    return site


async def test_rows_come_with_their_padding_and_are_understood_without(site: Site) -> None:
    insert(site, "2018519", " 2018520 ", "0.0.0.0", "8101", 15, "8201")
    (row,) = await extension_rows(site.database)
    assert row == {
        "id": 1,
        "ramal_ia": "2018519".ljust(50),
        "ramal_retorno": " 2018520 ".ljust(50),
        "ip_servidor": "0.0.0.0".ljust(50),
        "porta_ia": "8101".ljust(50),
        "porta_retorno": "8201".ljust(50),
        "condominio_id": 15,
    }
    extension = judge([row]).accepted[1]
    assert (extension.number, extension.return_number) == ("2018519", "2018520")
    assert (extension.port, extension.return_port) == (8101, 8201)


async def test_a_row_without_a_return_port_is_refused_alone(site: Site) -> None:
    insert(site, "2018519", "2018520", "0.0.0.0", "8101", 15, None)
    insert(site, "2018521", "2018522", "0.0.0.0", "8103", 15, "8203")
    judged = judge(await extension_rows(site.database))
    assert list(judged.accepted) == [2]
    assert [one.reason for one in judged.refused] == ["porta_retorno is missing"]


async def test_sql_in_every_field_is_text_like_any_other(furnished: Site) -> None:
    insert(furnished, ATTACK, ATTACK, ATTACK, ATTACK, 15, ATTACK)
    with furnished.server.connect(furnished.options.name) as session:
        session.execute(
            "insert into porteiro_condominium (condominium_id, name, greeting) values (15, %s, %s)",
            (ATTACK, ATTACK),
        )
        session.execute(
            "insert into porteiro_apartment (condominium_id, apartment_number, residents, "
            "voip_numbers) values (15, %s, %s, %s)",
            (ATTACK, [ATTACK], [ATTACK]),
        )
    loaded = await load(furnished.database, Profile())
    assert [str(row["ramal_ia"]).strip() for row in loaded.rows] == [ATTACK]
    assert not judge(loaded.rows).accepted
    assert loaded.register.profile(15).greeting == ATTACK
    directory = loaded.register.directories[15]
    assert isinstance(directory, Directory)
    assert directory.residents() == (ATTACK,)
    assert len(await extension_rows(furnished.database)) == 1


async def test_a_condominium_is_read_with_its_words_and_its_people(furnished: Site) -> None:
    furnished.sql(
        "insert into porteiro_condominium (condominium_id, name, silence_seconds, gate) "
        "values (15, 'Condomínio Apoena', 0.9, 'http, amqp')"
    )
    furnished.sql(
        "insert into porteiro_apartment (condominium_id, apartment_number, residents, "
        "voip_numbers) values (15, '501', '{Renata Oliveira,Paulo Oliveira}', '{1003030,1003031}')"
    )
    register = (await load(furnished.database, Profile(retention_days=90))).register
    profile = register.profile(15)
    assert profile.greeting == "Condomínio Apoena, em que posso ajudar?"
    assert profile.silence_s == pytest.approx(0.9)
    assert (profile.gates, profile.retention_days) == (("http", "amqp"), 90)
    match = register.condominium(15).guide.find("501", "Renata")
    assert (match.finding, match.numbers) == (Finding.FOUND, ("1003030", "1003031"))
    assert register.condominium(16).guide.find("501", "Renata").finding is Finding.NOT_FOUND


async def test_extensions_are_there_without_porteiro_s_own_tables(site: Site) -> None:
    insert(site, "2018519", "2018520", "0.0.0.0", "8101", 15, "8201")
    loaded = await load(site.database, Profile(name="Portaria"))
    assert len(loaded.rows) == 1
    assert loaded.register.profile(15) == Profile(name="Portaria")
    assert [problem for problem in loaded.problems if "run `porteiro setup`" in problem]


async def test_without_the_table_of_extensions_setup_is_named(empty: Site) -> None:
    with pytest.raises(StorageError, match=r"extension_ia.* run `porteiro setup`"):
        await load(empty.database, Profile())


async def test_a_lock_that_somebody_holds_is_told_and_not_waited_for(furnished: Site) -> None:
    with furnished.server.connect(furnished.options.name) as session, session.transaction():
        session.execute("lock table extension_ia")
        with pytest.raises(StorageError, match="a lock is held there"):
            await load(furnished.database, Profile())
    assert (await load(furnished.database, Profile())).rows == []


async def test_what_cannot_be_served_is_told_and_the_others_are(furnished: Site) -> None:
    furnished.sql("insert into porteiro_condominium (condominium_id, gate) values (1, 'mqtt')")
    furnished.sql("insert into porteiro_condominium (condominium_id, name) values (2, 'Bosque')")
    furnished.sql(
        "insert into porteiro_apartment (condominium_id, apartment_number, voip_numbers) "
        "values (2, '-', '{}'), (2, '101', '{call me}'), (2, '102', '{1002}')"
    )
    loaded = await load(furnished.database, Profile())
    assert set(loaded.register.profiles) >= {2}
    assert loaded.register.profile(2).name == "Bosque"
    told = "\n".join(loaded.problems)
    assert "apartment '101': voip_number \"call me\" cannot be dialed" in told
    assert "102" not in told


async def test_a_directory_that_did_not_change_is_not_read_again(furnished: Site) -> None:
    add = "insert into porteiro_apartment (condominium_id, apartment_number) values ({}, '{}')"
    for statement in (add.format(1, "11"), add.format(2, "21")):
        furnished.sql(statement)
    first = await load(furnished.database, Profile())
    furnished.sql(add.format(2, "22"))
    furnished.sql(add.format(3, "31"))
    second = await load(furnished.database, Profile(), first)
    furnished.sql("delete from porteiro_apartment where condominium_id = 1")
    third = await load(furnished.database, Profile(), second)
    before, now = first.register.directories, second.register.directories
    assert now[1] is before[1]
    assert now[2] is not before[2]
    assert set(now) == {1, 2, 3}
    assert set(third.register.directories) == {2, 3}
    assert [len(one.problems) for one in (first, second, third)] == [2, 4, 3]


async def test_many_rows_are_all_read(furnished: Site) -> None:
    furnished.sql(
        "insert into extension_ia (extension_ia_number, extension_ia_return, extension_ia_ip, "
        "extension_ia_number_port, condominium_id, extension_ia_return_port) select n, n, "
        "'0.0.0.0', 10000 + 2 * n, n, 10001 + 2 * n from generate_series(1, 1234) n"
    )
    furnished.sql(
        "insert into porteiro_condominium (condominium_id) select generate_series(1, 1234)"
    )
    loaded = await load(furnished.database, Profile())
    assert [row["id"] for row in loaded.rows] == list(range(1, 1235))
    assert len(loaded.register.profiles) == 1234
