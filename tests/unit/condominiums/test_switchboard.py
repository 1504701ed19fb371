from collections.abc import Mapping

import pytest

from porteiro.condominiums.board import ExtensionState, RefreshStats
from porteiro.condominiums.extension import Extension
from porteiro.condominiums.switchboard import Switchboard

ROW: dict[str, object] = {
    "id": 10,
    "ramal_ia": "2018519",
    "ramal_retorno": "2018520",
    "ip_servidor": "0.0.0.0",
    "porta_ia": 8101,
    "porta_retorno": 8201,
    "condominio_id": 15,
}
OTHER = ROW | {"id": 11, "ramal_ia": "3", "porta_ia": 8102, "porta_retorno": 8202}


class Ports:
    """Listens for every extension but those that `fails` names."""

    def __init__(self) -> None:
        self.served: dict[int, Extension] = {}
        self.failed: dict[int, str] = {}
        self.fails: set[int] = set()
        self.restarted: list[int] = []
        self.changes = 0

    async def serve(self, wanted: Mapping[int, Extension]) -> None:
        self.changes += 1
        self.served = {i: e for i, e in wanted.items() if i not in self.fails}
        self.failed = dict.fromkeys(wanted.keys() & self.fails, "the port is taken")

    async def restart(self, extension_id: int) -> None:
        self.restarted.append(extension_id)


@pytest.fixture
def ports() -> Ports:
    return Ports()


@pytest.fixture
def board(ports: Ports) -> Switchboard:
    return Switchboard(ports)


async def test_what_changed_is_counted(board: Switchboard) -> None:
    assert await board.take([ROW, OTHER]) == RefreshStats(0, 0, 2, 2)
    assert await board.take([ROW, OTHER]) == RefreshStats(0, 0, 0, 2)
    assert await board.take([ROW | {"porta_ia": 8103}, OTHER]) == RefreshStats(0, 1, 0, 2)
    assert await board.take([OTHER, ROW | {"id": 12}]) == RefreshStats(1, 0, 1, 2)
    assert await board.take([]) == RefreshStats(2, 0, 0, 0)


async def test_a_refused_row_is_shown_as_it_stands_with_its_reason(board: Switchboard) -> None:
    await board.take([ROW, OTHER | {"porta_ia": "oito      "}])
    good, bad = board.views()
    assert (good.state, good.port, good.reason) == (ExtensionState.SERVING, 8101, "")
    assert (bad.extension_id, bad.state, bad.port) == (11, ExtensionState.FAILED, "oito")
    assert bad.reason == "porta_ia is 'oito', not a number"


async def test_a_row_that_is_mended_is_served(board: Switchboard) -> None:
    await board.take([ROW | {"porta_retorno": None}])
    assert await board.take([ROW]) == RefreshStats(0, 0, 1, 1)
    assert [view.state for view in board.views()] == [ExtensionState.SERVING]


async def test_an_extension_that_cannot_listen_is_shown_and_tried_again(
    board: Switchboard, ports: Ports
) -> None:
    ports.fails = {10}
    assert await board.take([ROW, OTHER]) == RefreshStats(0, 0, 1, 1)
    assert [(v.state, v.reason) for v in board.views()] == [
        (ExtensionState.FAILED, "the port is taken"),
        (ExtensionState.SERVING, ""),
    ]
    ports.fails = set()
    assert await board.take([ROW, OTHER]) == RefreshStats(0, 0, 1, 2)


async def test_a_moved_port_is_shown_beside_the_configured_one(
    board: Switchboard, ports: Ports
) -> None:
    await board.take([ROW])
    ports.changes += 1
    ports.served[10] = Extension(10, "2018519", "2018520", "0.0.0.0", 8103, 8201, 15)
    (view,) = board.views()
    assert (view.port, view.configured_port) == (8103, 8101)
    assert (view.return_port, view.configured_return_port) == (8201, None)


async def test_a_restart_names_an_extension_by_id_or_number(
    board: Switchboard, ports: Ports
) -> None:
    await board.take([ROW, OTHER])
    assert await board.restart(extension_id=11) is not None
    assert await board.restart(number="2018519") is not None
    assert ports.restarted == [11, 10]
    assert await board.restart(extension_id=99) is None
    assert await board.restart(number="99") is None
    assert await board.restart() is None
