"""Holding a call from the command line: what is said, typed, heard and shown."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from porteiro.dialogue.terms import Role
from porteiro.errors import LineClosedError
from porteiro.phones.audiosocket import AudioSocketPhone, dial
from porteiro.phones.ear import level
from porteiro.phones.events import EventsError, told
from porteiro.phones.sound_card import on_sound_card
from porteiro.phones.telephone import KEYS, Ending, Mark
from porteiro.phones.voice import MAN, WOMAN, speak
from porteiro.phones.wav import read_wav, write_wav

_PATIENCE_S: Final = 15.0
"""How long to wait for Porteiro to say something before we speak anyway."""
_BETWEEN_KEYS_S: Final = 0.2
_METER: Final = "▁▂▃▄▅▆▇█"
_METER_WIDTH: Final = 24


@dataclass(frozen=True, slots=True)
class CallPlan:
    """Whom to call as whom, and what to say; `lines` are spoken, or pressed if only keys."""

    host: str
    port: int
    role: Role
    call_id: str
    wav: tuple[Path, ...] = ()
    lines: tuple[str, ...] = ()
    microphone: bool = False
    record: Path | None = None
    api: str = ""
    token: str = ""
    limit_s: float = 300.0


async def hold(plan: CallPlan, console: Console) -> Ending:
    """Hold the call until it ends, and return how it ended.

    Raises:
        PorteiroError: If a file, the sound card or the voice cannot be used.
        OSError: If the server cannot be reached.
    """
    sounds = [await asyncio.to_thread(read_wav, path, 8_000) for path in plan.wav]
    async with dial(plan.host, plan.port, plan.call_id) as phone:
        display = _Display(console, phone)
        display.tell(f"connected as {plan.role}, call {plan.call_id}")
        try:
            with ExitStack() as stack:
                if plan.microphone:
                    stack.enter_context(on_sound_card(phone))
                await _talk(phone, plan, sounds, display)
        finally:
            if plan.record is not None:
                await asyncio.to_thread(write_wav, plan.record, phone.recording)
        ending = await phone.ended()
    display.tell(f"the call is over: {ending}")
    return ending


async def _talk(
    phone: AudioSocketPhone, plan: CallPlan, sounds: list[bytes], display: "_Display"
) -> None:
    """Say what is planned and what is typed, until the call ends or its time is over."""
    works = [_say_planned(phone, plan, sounds)]
    if sys.stdin.isatty() and not plan.microphone:
        works.append(_say_typed(phone, plan))
    if plan.api:
        works.append(_show_words(plan, display))
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
            try:
                async with asyncio.timeout(plan.limit_s):
                    await phone.ended()
            except TimeoutError:
                phone.hang_up()
            for task in tasks:
                task.cancel()
    except ExceptionGroup as failed:
        _, others = failed.split(LineClosedError)
        if others is not None:
            raise others.exceptions[0] from None


async def _say_planned(phone: AudioSocketPhone, plan: CallPlan, sounds: list[bytes]) -> None:
    """Say the files and then the lines, each once Porteiro has asked something."""
    since = asyncio.get_running_loop().time()
    planned: list[bytes | str] = [*sounds, *plan.lines]
    for item in planned:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await phone.phrase_end(since)
        except TimeoutError:
            phone.mark("impatient")
        if isinstance(item, bytes):
            phone.mark("says", "a sound file")
            await phone.say(item)
        else:
            await _say_line(phone, plan, item)
        since = asyncio.get_running_loop().time()


async def _say_typed(phone: AudioSocketPhone, plan: CallPlan) -> None:
    """Say every line that is typed, at once; the end of input hangs up."""
    async for line in _typed():
        await _say_line(phone, plan, line)
    phone.hang_up()


async def _say_line(phone: AudioSocketPhone, plan: CallPlan, line: str) -> None:
    """Press a line of nothing but keys, speak any other."""
    line = line.strip()
    if line and set(line) <= KEYS - set("ABCD"):
        for key in line:
            phone.press(key)
            await asyncio.sleep(_BETWEEN_KEYS_S)
        return
    sound = await speak(line, MAN if plan.role is Role.VISITOR else WOMAN)
    phone.mark("says", line)
    await phone.say(sound)


async def _typed() -> AsyncIterator[str]:
    """Yield the terminal's lines as they come, without ever blocking."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[bytes] = asyncio.Queue()
    keyboard = sys.stdin.fileno()
    loop.add_reader(keyboard, lambda: lines.put_nowait(os.read(keyboard, 4096)))
    try:
        while typed := await lines.get():
            yield typed.decode(errors="replace")
    finally:
        loop.remove_reader(keyboard)


async def _show_words(plan: CallPlan, display: "_Display") -> None:
    """Show what the server tells of the call; without it the call goes on."""
    try:
        async for event in told(plan.api, plan.call_id, plan.token):
            if event.kind in {"say", "heard", "state"} and event.text:
                display.tell(f"{event.kind:<6} {event.role:<9} {event.text}")
    except EventsError as error:
        display.tell(str(error))


class _Display:
    """A line for everything that is heard and done on this phone."""

    def __init__(self, console: Console, phone: AudioSocketPhone) -> None:
        self._console = console
        self._began = asyncio.get_running_loop().time()
        self._phrase_began = self._began
        self._levels: list[float] = []
        self._phone = phone
        phone.marked = self._mark
        phone.heard_by(self._hear)

    def tell(self, words: str, style: str = "dim") -> None:
        """Write a line."""
        at = asyncio.get_running_loop().time() - self._began
        line = Text(f"{at:6.2f} s  ", style="dim").append(words, style=style)
        self._console.print(line, soft_wrap=True)

    def _hear(self, pcm: bytes) -> None:
        if self._phone.ear.talking:
            self._levels.append(level(pcm))

    def _mark(self, mark: Mark) -> None:
        """Write what the mark means to whoever looks on."""
        if mark.kind == "phrase_begin":
            self._phrase_began, self._levels = mark.at, []
        elif mark.kind == "phrase_end":
            spoke_s = self._phone.ear.last_voice - self._phrase_began
            self.tell(f"Porteiro spoke {spoke_s:4.1f} s  {meter(self._levels)}", "blue")
        elif mark.kind == "says":
            self.tell(f"you say “{mark.text}”", "bold")
        elif mark.kind == "key":
            self.tell(f"you press {mark.text}", "bold")
        elif mark.kind == "broken":
            self.tell(f"the server broke the protocol: {mark.text}", "red")


def meter(levels: list[float]) -> str:
    """Return how loud a phrase was over its time, as a row of bars."""
    if not levels:
        return ""
    step = max(1, -(-len(levels) // _METER_WIDTH))
    loudest = [max(levels[at : at + step]) for at in range(0, len(levels), step)]
    top = max(loudest)
    return "".join(
        _METER[round(value / top * (len(_METER) - 1))] if top else " " for value in loudest
    )
