"""Lines that are not taken in: told why in words that are ready, and hung up soon.

It costs a running call next to nothing: no task, no synthesis, and only so many at a time.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Protocol

import structlog

from porteiro.audio.clip import Clip
from porteiro.audio.resampling import Resampler
from porteiro.audio.tones import busy
from porteiro.calls.ports import Line, Voices

_log = structlog.get_logger()

_RATE: Final = 8000
"""The rate at which phrases are made ahead, in Hz."""

_busy_tone = lru_cache(maxsize=4)(busy)


@dataclass(frozen=True, slots=True)
class DismissalOptions:
    """How lines are sent away.

    `at_once` are told side by side; those beyond are cut off at once, which the shipped
    dialplan answers with a human. A line told is hung up `tail_s` after the last word, at the
    latest `closing_s` before `limit_s`; by then it is removed by force. Times in seconds.
    """

    at_once: int = 50
    tail_s: float = 0.5
    closing_s: float = 0.5
    limit_s: float = 4.0
    report_s: float = 1.0
    """How long lines cut off are counted before the log tells of them, in one line."""


class Dismissals:
    """Sends lines away."""

    def __init__(self, voices: Voices, options: DismissalOptions | None = None) -> None:
        """Say what `voices` have ready."""
        self._voices = voices
        self._options = options or DismissalOptions()
        self._kept: dict[tuple[str, str, int], bytes] = {}
        self._farewells: set[_Farewell] = set()
        self._cut_off = 0
        self._report: asyncio.TimerHandle | None = None

    @property
    def told(self) -> int:
        """How many lines are being told now."""
        return len(self._farewells)

    def keep(self, texts: Iterable[str], voice: str) -> None:
        """Hold on to these phrases, as long as they are ready: a cache may forget them."""
        for text in texts:
            if (text, voice, _RATE) not in self._kept:
                self._ready(text, voice, _RATE)

    def dismiss(self, line: Line, text: str, voice: str, limit_s: float = 0.0) -> bool:
        """Say `text` on a line, or the busy tone where it is not ready, and hang it up.

        It may take `limit_s` seconds, by default those of the options. Returns False where too
        many are being told already: then it is cut off now.
        """
        if len(self._farewells) >= self._options.at_once:
            self.count_cut()
            line.abort()
            return False
        rate = line.sample_rate
        words = self._ready(text, voice, rate) or _busy_tone(rate)
        options = replace(self._options, limit_s=limit_s or self._options.limit_s)
        farewell = _Farewell(line, options, self._farewells)
        self._farewells.add(farewell)
        farewell.say(Clip(rate, words, complete=True))
        return True

    @property
    def room(self) -> int:
        """How many more lines could be told now."""
        return max(0, self._options.at_once - len(self._farewells))

    def count_cut(self) -> None:
        """Count a line that was cut off without a word; the log tells of many at once."""
        self._cut_off += 1
        if self._report is None:
            loop = asyncio.get_running_loop()
            self._report = loop.call_later(self._options.report_s, self._tell)

    def close(self) -> None:
        """Cut off whoever is still being told."""
        for farewell in tuple(self._farewells):
            farewell.force()
        if self._report is not None:
            self._report.cancel()
            self._tell()

    def _ready(self, text: str, voice: str, rate: int) -> bytes | None:
        """Return a phrase without waiting for it, and hold on to it; None where it is not there."""
        key = (text, voice, rate)
        if (kept := self._kept.get(key)) is not None:
            return kept
        pcm = self._voices.cached(text, voice, rate)
        if not pcm and rate != _RATE and (narrow := self._ready(text, voice, _RATE)):
            pcm = Resampler(_RATE, rate).convert(narrow)
        if pcm:
            self._kept[key] = pcm
        return pcm

    def _tell(self) -> None:
        self._report = None
        _log.warning(
            "lines were cut off: too many at once were being told that they are not taken in",
            lines=self._cut_off,
        )
        self._cut_off = 0


class _Leaving(Protocol):
    """Those who are being told."""

    def discard(self, farewell: "_Farewell", /) -> None:
        """Forget one who is gone."""
        ...


class _Farewell:
    """The last words on one line, and its end."""

    __slots__ = ("_hung_up", "_latest", "_leaving", "_line", "_options", "_timer")

    def __init__(self, line: Line, options: DismissalOptions, leaving: _Leaving) -> None:
        self._line = line
        self._options = options
        self._leaving = leaving
        self._hung_up = False
        self._latest = asyncio.get_running_loop().time() + options.limit_s - options.closing_s
        self._timer: asyncio.TimerHandle | None = None

    def say(self, clip: Clip) -> None:
        self._at(self._latest)
        self._line.attach(self)
        self._line.play(clip, self._said)

    def force(self) -> None:
        self._line.abort()
        self.closed("local")

    def _said(self, played_s: float, *, finished: bool) -> None:  # noqa: ARG002  the observer's form
        if not self._hung_up:
            self._at(asyncio.get_running_loop().time() + self._options.tail_s)

    def _at(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_at(min(when, self._latest), self._hang_up)

    def _hang_up(self) -> None:
        self._hung_up = True
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._options.closing_s, self.force)
        self._line.hang_up()

    # ----------------------------------------------------------------- what the line brings

    def audio(self, pcm: bytes) -> None:
        """Let what is said go by."""

    def key(self, digit: str) -> None:
        """Let a key go by."""

    def held(self) -> None:
        """Go on: the limit holds for somebody on hold, too."""

    def resumed(self) -> None:
        """Go on."""

    def closed(self, cause: str) -> None:  # noqa: ARG002  the listener's form
        """Leave nothing behind."""
        self._hung_up = True
        if self._timer is not None:
            self._timer.cancel()
        self._leaving.discard(self)
