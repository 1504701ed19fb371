"""Telling a person who speaks over Porteiro's voice from that voice's echo, and from noise."""

import asyncio
from math import inf
from typing import Final

from porteiro.audio.echo import is_echo
from porteiro.audio.echo_level import STANDS_OUT, EchoLevel
from porteiro.audio.energy import block_bytes, level
from porteiro.audio.voice import is_voice

_DEAF_S: Final = 0.4
"""What has to be said on a leg until its echo is known, and somebody is heard over it."""
_GAP_BLOCKS: Final = 5
"""A phone that is so far behind what was played sends nothing in silence."""
_LEARNED_BLOCKS: Final = 50
_SURELY_BACK_S: Final = 1.0
"""By then what was said has come back, if it comes back at all."""
_SILENT_BLOCKS: Final = 25
"""So much of our talk has to bring nothing back until a line is held to have no echo."""


class Overhearing:
    """What is heard of one leg while Porteiro talks on it."""

    def __init__(self, sample_rate: int) -> None:
        """Overhear 16-bit mono sound at `sample_rate` Hz."""
        self._sample_rate = sample_rate
        self._block = block_bytes(sample_rate)
        self._echo = EchoLevel()
        self._pending = b""
        self._position = 0
        self._deaf = 2 * int(_DEAF_S * sample_rate)
        self._surely_back = 2 * int(_SURELY_BACK_S * sample_rate)
        self._silent_blocks = 0
        self._began: int | None = None
        self._noise = 0.0

    @property
    def nothing_returns(self) -> bool:
        """Whether this line was silent while we talked: it has no echo."""
        return self._silent_blocks >= _SILENT_BLOCKS

    def begin(self, noise: float) -> None:
        """Learn that a phrase begins, or is taken up again, over noise of this level."""
        self._echo.begin(noise)
        self._noise = noise
        self._pending = b""
        self._position = 0
        self._began = None

    def hear(self, pcm: bytes, noise: float, said: bytearray, position: int) -> float:
        """Take what came in while `said` was played up to byte `position`.

        `noise` is the level of the line's noise. Returns the level (0 to 32768) up to which
        what came in may be Porteiro's own voice.
        """
        self._deaf -= max(0, position - self._position)
        if self._began is None:
            self._began = position
        self._learn_silence(noise, said, position - len(pcm))
        played = bytes(said[self._position : position])
        self._position = position
        loudness = level(played) if played else 0.0
        self._pending += pcm
        quietest = min(noise, self._noise) if self._noise else noise  # an echo may raise the floor
        while len(self._pending) >= self._block:
            block, self._pending = self._pending[: self._block], self._pending[self._block :]
            heard = level(block)
            self._echo.hear(heard, loudness, noise=noise)
            if heard >= quietest * STANDS_OUT:
                self._silent_blocks = 0
            elif position - self._began > self._surely_back:
                self._silent_blocks += 1
        return inf if self._deaf > 0 else self._echo.threshold

    def _learn_silence(self, noise: float, said: bytearray, position: int) -> None:
        """Take it that no echo came of what was played while the phone sent nothing."""
        if position - self._position < _GAP_BLOCKS * self._block:
            return
        first = max(self._position, position - _LEARNED_BLOCKS * self._block)
        for at in range(first, position - self._block + 1, self._block):
            played = bytes(said[at : at + self._block])
            self._echo.hear(0.0, level(played) if played else 0.0, noise=noise)
        self._position = position

    async def is_person(self, speech: bytes, heard: bytes, played: bytes) -> bool:
        """Return whether `speech` is a person's; `heard` is the same with what came before it.

        `played` is what Porteiro said last. Takes some milliseconds, in a thread.
        """
        echo, voice = await asyncio.to_thread(self._judge, speech, heard, played)
        if echo:
            self._echo.learn_echo()
        return voice and not echo

    def _judge(self, speech: bytes, heard: bytes, played: bytes) -> tuple[bool, bool]:
        if is_echo(heard, played, self._sample_rate):
            return True, False
        return False, is_voice(speech, self._sample_rate)
