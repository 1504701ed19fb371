"""How long halves wait, and what becomes of those that stay alone; in virtual time."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from porteiro.audio.clip import Clip
from porteiro.audio.frame_clock import FrameClock
from porteiro.dialogue.terms import Role
from porteiro.errors import EventSocketError
from porteiro.lines.freeswitch.control import ControlConnection, ControlObserver
from porteiro.lines.freeswitch.line import FreeSwitchLine
from porteiro.lines.freeswitch.matching import Matchmaker
from porteiro.lines.freeswitch.options import FreeSwitchOptions
from porteiro.lines.freeswitch.stream import StreamConnection, StreamObserver
from porteiro.wire.esl import Headers
from tests.pbx_side import Remembering

pytestmark = pytest.mark.virtual_time

CALL = "e69439e9-1489-4bba-b55d-37612b5dffaf"
OTHER = "0b0f1c5e-9d2b-4c5a-8a52-6c1d2e3f4a5b"
BINARY = FreeSwitchOptions(playback="binary")


class Sound:
    """A sound half that does as it is told and remembers it."""

    peer = "192.0.2.2:40000"
    extension = "2000"
    sample_rate = 8000
    unread = False

    def __init__(self, call_id: str = CALL, role: Role = Role.VISITOR) -> None:
        self.call_id = call_id
        self.role = role
        self.ended = ""
        self._observer: StreamObserver | None = None

    def attach(self, observer: StreamObserver) -> None:
        self._observer = observer

    def send_sound(self, pcm: bytes) -> None:
        """Let it go by."""

    def speak(self, pcm: bytes) -> None:
        assert self._observer is not None
        self._observer.sound(pcm)

    def close(self) -> None:
        self.ended = self.ended or "closed"

    def abort(self, cause: str = "local") -> None:
        self.ended = "aborted"
        asyncio.get_running_loop().call_soon(self.over, cause)

    def over(self, cause: str = "hangup") -> None:
        if self._observer is not None:
            self._observer.closed(cause)


class Control:
    """A control half; what it is told to execute takes `takes_s` seconds."""

    peer = "192.0.2.2:40001"
    extension = "2000"
    full = True
    takes_s = 1.5

    def __init__(self, call_id: str = CALL, role: Role = Role.VISITOR) -> None:
        self.call_id = call_id
        self.role = role
        self.told: list[str] = []
        self.outcome = "SUCCESS"
        self.fails: tuple[str, ...] = ()
        self.observer: ControlObserver | None = None
        self._gone = asyncio.Event()

    def attach(self, observer: ControlObserver) -> None:
        self.observer = observer

    async def execute(self, app: str, argument: str = "", limit_s: float | None = 5.0) -> Headers:
        self.told.append(f"{app} {argument}")
        self._fail(app)
        await self._while_it_lives(self.takes_s)
        return Headers()

    async def bridge(self, dial_string: str) -> str:
        self.told.append(f"bridge {dial_string}")
        self._fail("bridge")
        await self._while_it_lives(60.0)
        return self.outcome

    async def stop_stream(self) -> None:
        self.told.append("stop stream")

    async def wait_closed(self) -> None:
        await self._gone.wait()

    def break_(self) -> None:
        self.told.append("break")

    def break_off(self) -> None:
        """Nothing plays."""

    def leave_to(self, dial_string: str) -> None:
        self.told.append(f"leave to {dial_string}")

    def hang_up(self, cause: str = "NORMAL_CLEARING") -> None:
        self.told.append(f"hang up {cause}")

    def close(self) -> None:
        if not self._gone.is_set():
            self.told.append("exit")
        self.over("local", hung_up=False)

    def over(self, cause: str, *, hung_up: bool = True) -> None:
        observer, self.observer = self.observer, None
        self._gone.set()
        if observer is not None:
            (observer.hung_up if hung_up else observer.gone)(cause)

    def _fail(self, app: str) -> None:
        if app in self.fails:
            raise EventSocketError("FreeSWITCH did not answer within 2 s")

    async def _while_it_lives(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._gone.wait()
        except TimeoutError:
            return
        raise EventSocketError("the channel ended")


class Desk:
    """A matchmaker, the lines that arrived, and their listeners."""

    def __init__(self, options: FreeSwitchOptions = BINARY) -> None:
        self.lines: list[FreeSwitchLine] = []
        self.heard: list[Remembering] = []
        self.human = "user/900"
        self.matchmaker = Matchmaker(options, FrameClock(), self._arrived, lambda _: self.human)

    def sound(self, sound: Sound) -> None:
        self.matchmaker.sound(cast("StreamConnection", sound))

    def control(self, control: Control) -> None:
        self.matchmaker.control(cast("ControlConnection", control))

    def _arrived(self, line: FreeSwitchLine) -> None:
        heard = Remembering()
        line.attach(heard)
        self.lines.append(line)
        self.heard.append(heard)

    @property
    def nothing(self) -> bool:
        """Whether nothing is left, no timer either."""
        loop: Any = asyncio.get_running_loop()
        timers = [handle for handle in loop._scheduled if not handle.cancelled()]
        maker = self.matchmaker
        return not (maker.lines or maker.waiting or maker.rescues or timers)


async def test_the_second_half_makes_the_line_at_once_whichever_it_is() -> None:
    desk = Desk()
    desk.sound(Sound())
    desk.control(Control(OTHER))
    assert desk.lines == []
    desk.control(Control())
    assert [line.call_id for line in desk.lines] == [CALL]
    desk.sound(Sound(OTHER))
    assert [line.call_id for line in desk.lines] == [CALL, OTHER]
    assert desk.matchmaker.waiting == 0


async def test_sound_waits_as_long_as_was_set_and_then_begins_alone() -> None:
    desk = Desk()
    desk.sound(Sound())
    await asyncio.sleep(4.9)
    assert desk.lines == []
    await asyncio.sleep(0.2)
    assert len(desk.lines) == 1
    assert desk.matchmaker.waiting == 0


async def test_control_waits_as_long_as_was_set_and_then_goes_to_the_human() -> None:
    desk, control = Desk(), Control()
    desk.control(control)
    await asyncio.sleep(4.9)
    assert control.told == []
    await asyncio.sleep(0.2)
    assert [told.split()[0] for told in control.told] == ["playback"]
    await asyncio.sleep(2.0)
    assert control.told[-1] == "bridge user/900"
    control.over("NORMAL_CLEARING")
    await asyncio.sleep(0.01)
    assert desk.nothing
    assert desk.lines == []


async def test_one_half_has_one_timer_and_none_once_it_is_joined() -> None:
    loop: Any = asyncio.get_running_loop()
    desk = Desk(FreeSwitchOptions(playback="stream-audio"))
    before = len(loop._scheduled)
    desk.sound(Sound())
    desk.control(Control(OTHER))
    assert len(loop._scheduled) - before == 2
    desk.control(Control())
    desk.sound(Sound(OTHER))
    assert all(handle.cancelled() for handle in loop._scheduled[before:])


async def test_a_half_that_leaves_while_it_waits_takes_its_timer_along() -> None:
    desk, sound, control = Desk(), Sound(), Control(OTHER)
    desk.sound(sound)
    desk.control(control)
    sound.over()
    control.over("ORIGINATOR_CANCEL")
    assert desk.nothing
    await asyncio.sleep(10)
    assert (desk.lines, control.told) == ([], [])


@pytest.mark.parametrize("role", Role)
async def test_halves_of_different_roles_are_not_joined(role: Role) -> None:
    desk = Desk()
    desk.sound(Sound(role=role))
    desk.control(Control(role=Role.VISITOR if role is Role.RESIDENT else Role.RESIDENT))
    assert desk.lines == []
    assert desk.matchmaker.waiting == 2


async def test_late_control_joins_the_line_that_began_without() -> None:
    desk, control = Desk(), Control()
    desk.sound(Sound())
    await asyncio.sleep(60)
    desk.control(control)
    assert control.observer is desk.lines[0]
    desk.lines[0].hang_up()
    assert control.told == ["hang up NORMAL_CLEARING"]


async def test_a_tone_that_fails_keeps_nobody_from_the_human() -> None:
    desk, control = Desk(), Control()
    control.fails = ("playback",)
    desk.control(control)
    await asyncio.sleep(5.1)
    assert control.told[-1] == "bridge user/900"
    control.over("NORMAL_CLEARING")


async def test_a_bridge_that_cannot_be_told_is_a_hang_up_and_no_silence() -> None:
    desk, control = Desk(), Control()
    control.fails = ("bridge",)
    desk.control(control)
    await asyncio.sleep(7.0)
    assert control.told[-2:] == ["hang up NORMAL_TEMPORARY_FAILURE", "exit"]
    assert desk.nothing


async def test_control_that_comes_while_its_line_ends_is_hung_up() -> None:
    desk, sound, control = Desk(), Sound(), Control()
    desk.sound(sound)
    await asyncio.sleep(6)
    desk.lines[0].hang_up()
    desk.control(control)
    assert control.told == ["hang up NORMAL_CLEARING"]
    sound.over("local")
    await asyncio.sleep(3)
    assert desk.heard[0].causes == ["local"]
    assert control.told[-1] == "exit"
    assert desk.nothing


async def test_late_sound_takes_a_person_back_from_the_tone() -> None:
    desk, control = Desk(), Control()
    desk.control(control)
    await asyncio.sleep(6.0)
    desk.sound(Sound())
    assert len(desk.lines) == 1
    await asyncio.sleep(60)
    assert [told.split()[0] for told in control.told] == ["playback", "break"]


async def test_sound_that_comes_when_the_human_was_called_is_too_late() -> None:
    desk, control, late = Desk(), Control(), Sound()
    desk.control(control)
    await asyncio.sleep(7.0)
    desk.sound(late)
    assert (desk.lines, late.ended) == ([], "closed")
    control.over("NORMAL_CLEARING")


async def test_second_halves_of_a_kind_are_closed_and_change_nothing() -> None:
    desk, sound, control = Desk(), Sound(), Control()
    desk.sound(sound)
    desk.sound(second := Sound())
    assert second.ended == "closed"
    desk.control(control)
    desk.control(another := Control())
    desk.sound(third := Sound())
    assert (another.told, third.ended) == (["exit"], "closed")
    assert (sound.ended, control.told, len(desk.lines)) == ("", [], 1)


# ------------------------------------------------------------------------------ the end


async def joined(options: FreeSwitchOptions = BINARY) -> tuple[Desk, Sound, Control]:
    desk, sound, control = Desk(options), Sound(), Control()
    desk.sound(sound)
    desk.control(control)
    return desk, sound, control


async def test_the_sounds_end_waits_a_moment_for_the_cause() -> None:
    desk, sound, control = await joined()
    sound.over()
    await asyncio.sleep(0.04)
    assert desk.heard[0].causes == []
    control.over("USER_BUSY")
    assert desk.heard[0].causes == ["USER_BUSY"]
    assert desk.nothing


async def test_the_sounds_end_is_the_end_where_no_cause_comes() -> None:
    desk, sound, control = await joined()
    sound.over()
    await asyncio.sleep(0.06)
    assert desk.heard[0].causes == ["sound: hangup"]
    await asyncio.sleep(0.9)
    assert control.told == []
    await asyncio.sleep(3.0)
    assert control.told[-1] == "bridge user/900"
    control.over("NORMAL_CLEARING")
    await asyncio.sleep(0.01)
    assert desk.nothing


@pytest.mark.parametrize(
    "ends",
    [
        lambda line, sound, control: control.over("NORMAL_CLEARING"),
        lambda line, sound, control: control.over("reset", hung_up=False),
        lambda line, sound, control: line.hang_up(),
        lambda line, sound, control: line.abort(),
    ],
    ids=["hung up", "lost", "hang_up", "abort"],
)
async def test_nothing_is_left_however_it_ends(
    ends: Callable[[FreeSwitchLine, Sound, Control], None],
) -> None:
    """Not even where FreeSWITCH follows no hang-up, answers no close, and ends no channel."""
    desk, sound, control = await joined()
    (line,), (heard,) = desk.lines, desk.heard
    line.play(Clip(8000, bytes(16000), complete=True), heard.ended)
    ends(line, sound, control)
    await asyncio.sleep(0.1)
    sound.over("local")
    await asyncio.sleep(5)
    assert len(heard.causes) == 1
    assert len(heard.ends) == 1
    assert desk.nothing


async def test_what_a_line_cannot_do_any_more_does_nothing() -> None:
    desk, sound, control = await joined()
    (line,), (heard,) = desk.lines, desk.heard
    control.over("NORMAL_CLEARING")
    sound.speak(bytes(320))
    line.play(Clip(8000, bytes(320), complete=True), heard.ended)
    line.stop()
    line.key("1")
    line.held()
    line.resumed()
    line.hang_up()
    line.abort()
    sound.over()
    assert (heard.sound, heard.keys, heard.holds) == (b"", "", [])
    assert (heard.causes, heard.ends) == (["NORMAL_CLEARING"], [(0.0, False)])
    late = Remembering()
    line.attach(late)
    assert late.causes == ["NORMAL_CLEARING"]
    assert desk.nothing


async def test_a_desk_that_fails_ends_the_line_and_nothing_else() -> None:
    def fail(line: FreeSwitchLine) -> None:
        raise RuntimeError(line.call_id)

    matchmaker = Matchmaker(BINARY, FrameClock(), fail, lambda _: "")
    sound, control = Sound(), Control()
    matchmaker.sound(cast("StreamConnection", sound))
    with pytest.raises(RuntimeError):
        matchmaker.control(cast("ControlConnection", control))
    await asyncio.sleep(0)
    assert sound.ended == "aborted"
    assert control.told == ["hang up NORMAL_CLEARING"]
    control.over("NORMAL_CLEARING")
    assert matchmaker.lines == {}


async def test_closing_leaves_everybody_to_freeswitch() -> None:
    desk = Desk()
    silent, toned, talking = Control(), Control(OTHER), Control(OTHER[::-1])
    desk.control(talking)
    await asyncio.sleep(4.0)
    desk.control(toned)
    await asyncio.sleep(4.5)
    desk.control(silent)
    await asyncio.sleep(1.0)
    await desk.matchmaker.close()
    assert silent.told == ["leave to user/900", "exit"]
    assert [told.split()[0] for told in toned.told] == ["playback", "leave", "exit"]
    assert [told.split()[0] for told in talking.told] == ["playback", "bridge", "exit"]
    await asyncio.sleep(0.01)
    assert desk.nothing
