"""Lines that are sent away: hung up in time, whatever they make of it."""

import asyncio
from typing import cast

import pytest
from structlog.testing import capture_logs

from porteiro.audio.clip import Clip
from porteiro.calls.dismissal import DismissalOptions, Dismissals
from porteiro.calls.ports import Line, PlayoutObserver, Voices

pytestmark = pytest.mark.virtual_time


class ReadyVoices:
    """Has every phrase ready."""

    def cached(self, text: str, voice: str, sample_rate: int) -> bytes:
        return bytes(2 * sample_rate)


class StubbornLine:
    """A line whose peer never closes; it notes when what was done to it."""

    sample_rate = 8000

    def __init__(self) -> None:
        self.done: list[tuple[str, float]] = []
        self.said: PlayoutObserver | None = None
        self._began = asyncio.get_running_loop().time()

    def attach(self, listener: object) -> None:
        """Bring nothing."""

    def play(self, clip: Clip, ended: PlayoutObserver) -> None:
        self.said = ended

    def finish(self, *, finished: bool = True) -> None:
        """End what plays."""
        said, self.said = self.said, None
        if said is not None:
            said(1.0, finished=finished)

    def hang_up(self) -> None:
        self._note("hung up")
        self.finish(finished=False)

    def abort(self) -> None:
        self._note("aborted")

    def _note(self, what: str) -> None:
        self.done.append((what, round(asyncio.get_running_loop().time() - self._began, 2)))


@pytest.mark.parametrize(
    ("words_s", "hung_up_s"), [(1.0, 1.5), (3.4, 3.5), (None, 3.5)], ids=["short", "long", "stuck"]
)
async def test_a_line_is_hung_up_after_the_words_and_removed_where_it_stays(
    words_s: float | None, hung_up_s: float
) -> None:
    dismissals = Dismissals(cast("Voices", ReadyVoices()))
    line = StubbornLine()
    assert dismissals.dismiss(cast("Line", line), "Chame mais tarde.", "")
    if words_s is not None:
        await asyncio.sleep(words_s)
        line.finish()
    await asyncio.sleep(6)
    assert line.done == [("hung up", hung_up_s), ("aborted", hung_up_s + 0.5)]
    assert dismissals.told == 0


async def test_lines_that_are_cut_off_are_told_of_in_one_line_even_at_the_end() -> None:
    dismissals = Dismissals(cast("Voices", ReadyVoices()), DismissalOptions(at_once=0))
    lines = [StubbornLine() for _ in range(3)]
    with capture_logs() as logs:
        for line in lines[:2]:
            assert not dismissals.dismiss(cast("Line", line), "Chame mais tarde.", "")
        await asyncio.sleep(1.1)
        dismissals.dismiss(cast("Line", lines[2]), "Chame mais tarde.", "")
        dismissals.close()
    assert [line.done[0][0] for line in lines] == ["aborted"] * 3
    assert [entry["lines"] for entry in logs] == [2, 1]
