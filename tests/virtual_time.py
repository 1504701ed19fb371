"""An event loop whose clock turns by itself: a minute of 20 ms ticks in a blink.

Mark an async test with `@pytest.mark.virtual_time` and it runs on this loop. Whenever
nothing is ready to run, the loop's time jumps to the next timer, so `asyncio.sleep(60)`
returns at once, everything in its order, and `loop.time()` says that a minute has passed.
`porteiro.clock.LoopClock` follows it.

What happens outside the loop takes no time here: do not wait, with a timeout, for real
sockets to other processes, for threads or for subprocesses, since their timeout comes
first. Hand sound and keys to the code under test directly, or through `socket.socketpair`.
`stall(seconds)` lets time pass while the loop is held up, as slow code would.
"""

import asyncio
import selectors


class _LeapingSelector(selectors.DefaultSelector):
    """Never waits for a timer: it reports how long the wait would have been."""

    def __init__(self) -> None:
        super().__init__()
        self.leapt_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:  # no timer at all: only the world outside can go on
            return super().select(None)
        ready = super().select(0)
        if not ready:
            self.leapt_s += max(0.0, timeout)
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is its own; it begins at zero."""

    def __init__(self) -> None:
        """Make a loop."""
        self._leaping = _LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Return the seconds that have passed on this loop."""
        return self._leaping.leapt_s

    def stall(self, seconds: float) -> None:
        """Let `seconds` pass at once, while nothing else runs."""
        self._leaping.leapt_s += seconds


def stall(seconds: float) -> None:
    """Hold the running virtual loop up for `seconds`."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop), "mark the test with virtual_time"
    loop.stall(seconds)
