"""Nothing is left of lines that came and went in every way: no task, socket, timer or object."""

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from porteiro.audio.clip import Clip
from porteiro.lines.freeswitch.server import FreeSwitchOptions
from tests.freeswitch_side import FreeSwitchSite, freeswitch_site, settled

HASTY = FreeSwitchOptions(playback="esl-file", correlation_s=0.05, closing_s=0.1, cause_s=0.01)
ROUNDS = 5


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def timers() -> int:
    loop: Any = asyncio.get_running_loop()
    return sum(not handle.cancelled() for handle in loop._scheduled)


async def hung_up_by_the_caller(site: FreeSwitchSite) -> None:
    arrival, _, control = await site.whole()
    arrival.line.play(Clip(8000, bytes(160_000), complete=True), arrival.heard.ended)
    control.hang_up()
    await arrival.heard.until(lambda: arrival.heard.causes)


async def hung_up_by_us(site: FreeSwitchSite) -> None:
    arrival, _, control = await site.whole()
    arrival.line.hang_up()
    await control.until_told("hangup")
    control.hang_up()


async def hung_up_by_us_in_vain(site: FreeSwitchSite) -> None:
    arrival, _, _ = await site.whole()
    arrival.line.hang_up()
    await arrival.heard.until(lambda: arrival.heard.causes)


async def torn(site: FreeSwitchSite) -> None:
    _, stream, control = await site.whole()
    stream.transport.abort()
    control.reset()


async def without_control(site: FreeSwitchSite) -> None:
    stream = await site.stream(str(uuid4()))
    arrival = await site.arrival()
    await stream.close()
    await arrival.heard.until(lambda: arrival.heard.causes)


async def without_sound(site: FreeSwitchSite) -> None:
    control = await site.control(str(uuid4()), slow=("execute bridge",))
    await control.until_told("execute bridge")
    control.hang_up()


async def refused(site: FreeSwitchSite) -> None:
    arrival, _, control = await site.whole()
    second = await site.control(arrival.line.call_id)
    await second.until_end()
    await site.stream(arrival.line.call_id)
    control.hang_up()


async def gone_at_once(site: FreeSwitchSite) -> None:
    control = await site.control(str(uuid4()), unanswered=("connect",))
    control.leave_before_connect()


async def handed_over(site: FreeSwitchSite) -> None:
    arrival, _, control = await site.whole()
    control.slow = ("execute bridge",)
    await site.server.hand_over(arrival.line.call_id, "900")
    arrival.line.hang_up()
    await control.until_told("execute bridge")
    control.hang_up()


WAYS: tuple[Callable[[FreeSwitchSite], Awaitable[None]], ...] = (
    hung_up_by_the_caller,
    hung_up_by_us,
    hung_up_by_us_in_vain,
    torn,
    without_control,
    without_sound,
    refused,
    gone_at_once,
    handed_over,
)


async def every_way(site: FreeSwitchSite) -> None:
    """Bring lines and end them, and close the PBX's side too."""
    for way in WAYS:
        await way(site)
    await settled(lambda: site.server.lines == 0)
    for control in site.controls:
        await control.gone()
    for stream in site.streams:
        await stream.close()
    site.controls.clear()
    site.streams.clear()


async def test_nothing_is_left_of_lines_that_ended_in_every_way() -> None:
    async with freeswitch_site(HASTY) as site:
        tasks, sockets, waits = asyncio.all_tasks(), descriptors(), timers()
        for _ in range(ROUNDS):
            await every_way(site)
        await settled(lambda: asyncio.all_tasks() == tasks)
        await settled(lambda: descriptors() <= sockets)
        await settled(lambda: timers() <= waits + 1)  # the one being our own patience
        assert (site.server.lines, site.server.waiting, site.server.rescues) == (0, 0, 0)


async def test_nothing_keeps_a_line_that_ended_alive() -> None:
    async with freeswitch_site(HASTY) as site:
        traces = await ended(site)
        await settled(lambda: site.server.lines == 0)
        await settled(lambda: gc.collect() >= 0 and not any(trace() for trace in traces))


async def ended(site: FreeSwitchSite) -> list[weakref.ref[object]]:
    """Bring a line and hang it up; return what shows whether it, or its listener, lives."""
    arrival, _, control = await site.whole()
    control.hang_up()
    await arrival.heard.until(lambda: arrival.heard.causes)
    return [weakref.ref(arrival.line), weakref.ref(arrival.heard)]
