"""Which sound belongs to which control: the two halves of a leg find each other by its key."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from porteiro.audio.frame_clock import FrameClock
from porteiro.dialogue.terms import Role
from porteiro.lines.freeswitch.control import ControlConnection
from porteiro.lines.freeswitch.doorway import Doorway, Key, no_crowd
from porteiro.lines.freeswitch.line import FreeSwitchLine
from porteiro.lines.freeswitch.options import FreeSwitchOptions
from porteiro.lines.freeswitch.playback import StreamPlayback
from porteiro.lines.freeswitch.playback_binary import BinaryPlayback
from porteiro.lines.freeswitch.playback_file import FilePlayback
from porteiro.lines.freeswitch.playback_stream_audio import StreamAudioPlayback
from porteiro.lines.freeswitch.rescue import Rescue
from porteiro.lines.freeswitch.stream import StreamConnection
from porteiro.lines.visitors import Crowd

_log = structlog.get_logger()

_SOUND: Final = "sound"
_CONTROL: Final = "control"


class Matchmaker:
    """Joins halves that come in either order, and cares for those that stay alone.

    `arrived` takes each line once it can be spoken on. Sound that stayed alone for
    `correlation_s` is a line as well; nothing is played before, so that the module's way of
    playing is not guessed wrong. Control that stayed alone is a person in silence: they
    hear a tone and go to the human that `human` names for an extension's number, as a dial
    string, or are hung up where it names none. A half that comes later still joins, until
    that human is called. `crowd` bounds how many visitors come at once.
    """

    def __init__(
        self,
        options: FreeSwitchOptions,
        frames: FrameClock,
        arrived: Callable[[FreeSwitchLine], None],
        human: Callable[[str], str],
        crowd: Crowd | None = None,
    ) -> None:
        """Make a matchmaker of no lines; needs a running event loop for the first."""
        self.options = options
        self.lines: dict[Key, FreeSwitchLine] = {}
        """Every leg of which a half is left, those that wait for their other half included."""
        self._frames = frames
        self._arrived = arrived
        self._human = human
        self._door = Doorway(crowd or no_crowd(), options.correlation_s)
        self._waits: dict[Key, asyncio.TimerHandle] = {}
        self._rescues: dict[Key, Rescue] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._draining = False

    @property
    def waiting(self) -> int:
        """How many halves wait for their other half."""
        return len(self._waits)

    @property
    def rescues(self) -> int:
        """How many people are on their way to a human, or talk to one."""
        return len(self._rescues)

    # ------------------------------------------------------------------------ the door

    def admits(self, whose: Key) -> bool:
        """Return whether there is room for this leg, or it is in already."""
        return whose in self.lines or self._door.admits(whose)

    def leaves(self, whose: Key) -> None:
        """Learn that a half of this leg has ended, or became a line."""
        self._door.leaves(whose)

    # --------------------------------------------------------------------- the two halves

    def sound(self, stream: StreamConnection) -> None:
        """Take a sound half, and close it where its leg has one."""
        line = self._line((stream.call_id, stream.role))
        rescue = self._rescues.get(line.whose)
        recalled = line.waiting and (rescue is None or rescue.recall())
        if recalled and line.take_sound(stream):
            self._joined(line, _SOUND)
        else:
            self._refused(line, _SOUND, stream.peer)
            stream.close()

    def control(self, control: ControlConnection) -> None:
        """Take a control half, and let it go where its leg has one."""
        line = self._line((control.call_id, control.role))
        if line.take_control(control):
            self._joined(line, _CONTROL)
        else:
            self._refused(line, _CONTROL, control.peer)
            control.close()

    def _line(self, key: Key) -> FreeSwitchLine:
        line = self.lines.get(key)
        if line is None:
            line = self.lines[key] = FreeSwitchLine(self, key)
        return line

    def _joined(self, line: FreeSwitchLine, half: str) -> None:
        """Let a whole line begin, or one with half of it wait."""
        if not line.waiting:
            if line.whose in self.lines and half == _CONTROL:
                _log.info("control joined late", call_id=line.call_id, role=line.role)
            return
        if line.has_sound and (line.control is not None or self.options.mode == "websocket"):
            self._begin(line, half)
        elif self._draining and line.role is Role.VISITOR and line.control is not None:
            self._rescue(line, line.control)
        elif line.whose not in self._waits:
            loop = asyncio.get_running_loop()
            self._waits[line.whose] = loop.call_later(
                self.options.correlation_s, self._stayed_alone, line
            )

    def _begin(self, line: FreeSwitchLine, last: str) -> None:
        apart_s = 0.0
        if (wait := self._waits.pop(line.whose, None)) is not None:
            wait.cancel()
            since = wait.when() - self.options.correlation_s
            apart_s = asyncio.get_running_loop().time() - since
        _log.info(
            "line whole",
            call_id=line.call_id,
            role=line.role,
            peer=line.peer,
            last_half=last,
            apart_ms=round(1000 * apart_s, 1),
        )
        self.leaves(line.whose)
        line.begin()

    def _stayed_alone(self, line: FreeSwitchLine) -> None:
        del self._waits[line.whose]
        if line.has_sound:
            _log.warning(
                "no control came: keys and hold do not work in this call; look at the dialplan's "
                "socket application",
                call_id=line.call_id,
                role=line.role,
                extension=line.extension,
            )
            self.leaves(line.whose)
            line.begin()
        elif line.control is not None:
            _log.error(
                "no sound came; look at the dialplan's uuid_audio_stream and its address",
                call_id=line.call_id,
                role=line.role,
                extension=line.extension,
            )
            self._rescue(line, line.control)

    def _refused(self, line: FreeSwitchLine, half: str, peer: str) -> None:
        _log.warning(
            "a second half of the same kind is refused",
            call_id=line.call_id,
            role=line.role,
            half=half,
            peer=peer,
        )

    # -------------------------------------------------------------------- for the lines

    def playback(
        self, stream: StreamConnection, control: ControlConnection | None
    ) -> StreamPlayback:
        """Return what speaks on these halves; files need a control that gives events."""
        if self.options.playback == "binary":
            return BinaryPlayback(stream, self._frames)
        if self.options.playback == "esl-file" and control is not None and control.full:
            return FilePlayback(stream, control)
        return StreamAudioPlayback(stream, asyncio.get_running_loop())

    def arrived(self, line: FreeSwitchLine) -> None:
        """Hand a line over."""
        self._arrived(line)

    def lost_sound(self, line: FreeSwitchLine, control: ControlConnection) -> None:
        """Bring the person of a line to a human whose channel outlived its sound."""
        _log.warning("the channel outlived its sound", call_id=line.call_id, role=line.role)
        self._rescue(line, control)

    def hand_over(self, line: FreeSwitchLine, control: ControlConnection, human: str) -> None:
        """Bridge the person of an ended line to a human."""
        self._start(line.whose, Rescue(control, human, self.options.closing_s), handover=True)

    def released(self, line: FreeSwitchLine) -> None:
        """Forget a line of which nothing is left."""
        self.leaves(line.whose)
        if self.lines.get(line.whose) is line:
            del self.lines[line.whose]
            if (wait := self._waits.pop(line.whose, None)) is not None:
                wait.cancel()

    # ---------------------------------------------------------------------- the rescues

    def _rescue(self, line: FreeSwitchLine, control: ControlConnection) -> None:
        self.leaves(line.whose)
        human = self._human(line.extension) if line.role is Role.VISITOR else ""
        self._start(line.whose, Rescue(control, human, self.options.closing_s), handover=False)

    def _start(self, key: Key, rescue: Rescue, *, handover: bool) -> None:
        task = rescue.start(handover=handover)
        self._rescues[key] = rescue
        self._tasks.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if self._rescues.get(key) is rescue:
                del self._rescues[key]

        task.add_done_callback(ended)

    def drain(self) -> None:
        """Wait for no visitor's sound any more: control alone goes to a human at once."""
        self._draining = True
        for line in tuple(self.lines.values()):
            if line.role is not Role.VISITOR or line.control is None or line.has_sound:
                continue
            if (wait := self._waits.pop(line.whose, None)) is not None:
                wait.cancel()
                self._rescue(line, line.control)

    async def close(self) -> None:
        """Let nothing wait any more: people without sound are left to FreeSWITCH."""
        for line in tuple(self.lines.values()):
            if not line.waiting or line.whose in self._rescues:
                continue
            if line.control is not None:
                self._rescue(line, line.control)
            else:
                line.abort("the server was closed")
        for rescue in tuple(self._rescues.values()):
            rescue.leave()
        await asyncio.gather(*self._tasks, return_exceptions=True)
