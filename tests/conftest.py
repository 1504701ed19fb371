"""Gives tests the event loops that they are marked for, and shares them out to processes."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
import uvloop
from xdist.remote import Producer  # type: ignore[import-untyped]

from tests.sharing_out import SharingOut, rank
from tests.virtual_time import VirtualTimeLoop


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "virtual_time: run on a loop whose clock leaps ahead")
    config.addinivalue_line("markers", "every_loop: run on asyncio's loop and on uvloop's")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> SharingOut:
    return SharingOut(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give every test a name of its own: of two of one name pytest-xdist runs one alone.

    schemathesis tells the operations of an API apart by `name`, which pytest no longer takes
    into the name that counts.
    """
    seen = set[str]()
    for item in items:
        if not item.nodeid.endswith(item.name):
            parameters = item.name.partition("[")[2].removesuffix("]")
            item._id = replace(item.id, params=parameters)
        if item.nodeid in seen:
            raise pytest.UsageError(f"two tests are named {item.nodeid}")
        seen.add(item.nodeid)
    if hasattr(config, "workerinput"):  # one of several processes
        items.sort(key=rank)


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    if item.get_closest_marker("virtual_time"):
        return {"virtual": VirtualTimeLoop}
    if item.get_closest_marker("every_loop"):
        return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
    return {"asyncio": asyncio.new_event_loop}
