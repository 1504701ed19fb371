"""People whom no call serves any more are brought to a human, by control of their channel."""

import asyncio
import re
from contextlib import suppress
from typing import Final

import structlog

from porteiro.errors import EventSocketError
from porteiro.lines.freeswitch.control import ControlConnection

_log = structlog.get_logger()

TONE: Final = "tone_stream://%(250,250,425);loops=3"
"""Brazil's busy tone for 1.5 s: the person hears that something is happening."""

NO_HUMAN: Final = "NORMAL_TEMPORARY_FAILURE"
"""Why a person is hung up for whom there is neither sound nor a human."""

_REACHED: Final = "SUCCESS"
_CAUSE: Final = re.compile(r"[A-Z_]+")


class Rescue:
    """One person on their way to a human, or to a hang-up where there is none."""

    def __init__(self, control: ControlConnection, dial_string: str, closing_s: float) -> None:
        """Care for a channel; `dial_string` is empty where there is no human.

        FreeSWITCH has `closing_s` seconds to end the channel after the hang-up.
        """
        self._control = control
        self._dial_string = dial_string
        self._closing_s = closing_s
        self._recallable = True
        self._let_go = False
        self._task: asyncio.Task[None] | None = None

    def start(self, *, handover: bool) -> asyncio.Task[None]:
        """Sound a tone, bridge the person, hang up: a task that ends with the channel.

        A `handover` was announced to the person, so no tone is needed; the stream that the
        module may still have open is stopped.
        """
        self._recallable = not handover
        self._task = asyncio.get_running_loop().create_task(self._run(handover=handover))
        return self._task

    def recall(self) -> bool:
        """Have the person back, who hears a tone yet; False where it is too late for that."""
        if not self._recallable:
            return False
        self._let_go = True
        self._control.break_()
        self._stop()
        return True

    def leave(self) -> None:
        """Leave the rest to FreeSWITCH alone."""
        if self._recallable and self._dial_string:
            self._control.leave_to(self._dial_string)
        elif self._recallable:
            self._control.hang_up(NO_HUMAN)
        self._control.close()
        self._stop()

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run(self, *, handover: bool) -> None:
        control = self._control
        try:
            with suppress(EventSocketError):  # what comes next matters more than this
                await (self._stop_stream() if handover else control.execute("playback", TONE))
            self._recallable = False
            control.hang_up(await self._reach())
            async with asyncio.timeout(self._closing_s):
                await control.wait_closed()
        except EventSocketError as error:
            # The person hung up, as all do in the end; or else they are not left in silence.
            _log.info("a person's way ended", call_id=control.call_id, why=str(error))
            control.hang_up(NO_HUMAN)
        except TimeoutError:
            _log.warning("a channel did not end", call_id=control.call_id, peer=control.peer)
        finally:
            self._recallable = False
            if not self._let_go:
                control.close()

    async def _stop_stream(self) -> None:
        self._control.break_off()
        await self._control.stop_stream()

    async def _reach(self) -> str:
        """Bridge the person to the human; return with what cause to hang up then."""
        call_id = self._control.call_id
        if not self._dial_string:
            _log.warning("there is no human to go to, the person is hung up", call_id=call_id)
            return NO_HUMAN
        _log.info("a person goes to a human", call_id=call_id)
        cause = await self._control.bridge(self._dial_string)
        if cause == _REACHED:
            return "NORMAL_CLEARING"
        _log.warning("the human was not reached", call_id=call_id, cause=cause)
        return cause if _CAUSE.fullmatch(cause) else NO_HUMAN
