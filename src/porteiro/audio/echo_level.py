"""How loud Porteiro's own voice may be coming back, while it talks.

An echo returns after a delay with a gain. Neither is known; but an echo of a certain delay
would have been heard each time something was played that long before. So for every delay
there is a most that it can return: what came in over what was played, in the quietest of its
chances. Noise and people only add to what comes in, and cannot make that bound too low. The
echo that may come now is the loudest that any delay's bound allows. (Bounding an unknown
echo path by the ratio of levels is what double-talk detectors do since Duttweiler, "A
twelve-channel digital echo canceler", IEEE Trans. Communications 26, 1978; here each delay
has its own bound.)
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from porteiro.audio.energy import BLOCK_S, from_dbfs, ratio

STANDS_OUT: Final = ratio(5.0)
"""Over the noise: what is fainter is nobody, echo or not."""


@dataclass(frozen=True, slots=True)
class EchoLevelOptions:
    """What is taken for possible of an echo.

    Attributes:
        latest_s: an echo is back after this many seconds.
        prior_db: how loud an echo is, over what was played, before anything was learned.
        margin_db: what comes in has to be this far over what an echo could be.
        most_db: no echo is ever taken to be louder than this over what was played.
        audible_dbfs: from what was played below this level nothing is learned.
        ringing_db_per_s: how fast a room's tail fades.
    """

    latest_s: float = 0.6
    prior_db: float = -6.0
    margin_db: float = 7.0
    most_db: float = 6.0
    audible_dbfs: float = -40.0
    ringing_db_per_s: float = 150.0


_LOWER: Final = 0.5  # a bound falls by up to 6 dB in 40 ms: 0.2 s tell no echo from a loud one
_RAISE: Final = 1.08  # and rises by 0.7 dB: in the balance one block of ten lies under it
_OVER_NOISE: Final = ratio(2.0)  # as much louder than its floor is noise now and then
_UNDER_NOISE: Final = ratio(-6.0)  # an echo that is drowned in noise is taken for this loud
_RELIEF: Final = 0.998  # what was added after an error goes away by 1 dB a second of talk
_LEAST_CAUTION: Final = ratio(2.0)
_MOST_CAUTION: Final = ratio(12.0)
_SILENCE: Final = 1e-6  # instead of 0, which nothing can be divided by
_LOOKED_BACK: Final = 8  # blocks after which a room's tail has faded by more than 20 dB
_KEPT: Final = 512  # blocks of history written one after another until the last are moved back


class EchoLevel:
    """Follows one leg's echo, in levels (0 to 32768, see `energy.level`) of 20 ms blocks."""

    __slots__ = (
        "_audible",
        "_bounds",
        "_caution",
        "_delays",
        "_end",
        "_exceeded",
        "_fade",
        "_learns",
        "_loud",
        "_margin",
        "_most",
        "_newest",
        "_noise",
        "_quiet",
        "_scratch",
        "_silent",
        "_skipped",
        "_threshold",
    )

    def __init__(self, options: EchoLevelOptions | None = None) -> None:
        """Begin a call, of which nothing is known yet."""
        options = options or EchoLevelOptions()
        self._delays = delays = round(options.latest_s / BLOCK_S) + 1
        # In the order of time up to `_end`; a delay is hardly ever a whole number of blocks, and
        # so an echo is of two blocks that follow each other: the louder and the quieter of them.
        self._loud = np.full(_KEPT, _SILENCE)
        self._quiet = np.full(_KEPT, _SILENCE)
        self._end = delays + _LOOKED_BACK
        self._newest = _SILENCE
        self._noise = 0.0
        self._bounds = np.full(delays, ratio(options.prior_db))  # the longest delay first
        self._scratch = np.empty((2, delays))
        self._learns = False
        self._skipped = 0  # blocks for which nobody had to know what an echo could be
        self._margin = ratio(options.margin_db)
        self._most = ratio(options.most_db)
        self._audible = from_dbfs(options.audible_dbfs)
        self._fade = ratio(-options.ringing_db_per_s * BLOCK_S)
        self._caution = self._exceeded = 1.0
        self._threshold = 0.0
        self._silent = delays  # blocks since something was played

    @property
    def threshold(self) -> float:
        """The level over which the block heard last cannot be explained by our own echo.

        It is 0 where nothing was played for as long as an echo may take, and only roughly right
        after a block that did not stand out from the noise.
        """
        return self._threshold

    def begin(self, noise: float = 0.0) -> None:
        """Forget what was played, because blocks went by unheard; keep what was learned.

        `noise` is the noise floor as it was learned in silence, where it is known.
        """
        self._fall_silent()
        self._noise = noise
        self._exceeded = 1.0

    def hear(
        self, loudness: float, played: float, *, noise: float = 0.0, speaking: bool = False
    ) -> None:
        """Take the level of what came in and of what was played in the same 20 ms.

        `noise` is the noise floor where it is known: what is hardly louder is no echo. While
        something plays no higher one is believed, as a floor may be learned from the echo.
        `speaking` says that a person is held to be speaking: then no echo is learned to be
        louder than it was thought to be. What stands out from the noise takes some 15 us, what
        does not half of that, and silence next to nothing.
        """
        self._silent = 0 if played > 0 else self._silent + 1
        if self._silent > self._delays:
            self._noise = noise
            if self._threshold:
                self._fall_silent()
            return
        self._remember(max(played, _SILENCE))
        if loudness >= noise * STANDS_OUT:
            self._expect(loudness)
        else:
            self._skipped += 1
        self._learns = not self._learns  # every other block, to halve what it costs
        if self._learns:
            noise = min(noise, self._noise)
            certain = loudness > noise * _OVER_NOISE
            self._learn(loudness if certain else noise * _UNDER_NOISE, speaking=speaking)

    def learn_echo(self) -> None:
        """Take it that what last exceeded the threshold was an echo all the same."""
        self._caution *= max(self._exceeded, _LEAST_CAUTION)
        self._caution = min(self._caution, _MOST_CAUTION)
        self._exceeded = 1.0

    def _fall_silent(self) -> None:
        """Take it that nothing was played for as long as an echo may take."""
        self._loud.fill(_SILENCE)
        self._quiet.fill(_SILENCE)
        self._newest = _SILENCE
        self._silent = self._delays
        self._skipped = 0
        self._threshold = 0.0

    def _remember(self, played: float) -> None:
        """Add a block to what was played."""
        if self._end == _KEPT:
            self._end = self._delays + _LOOKED_BACK
            for history in (self._loud, self._quiet):
                history[: self._end] = history[-self._end :]
        newest = self._newest
        self._loud[self._end] = max(played, newest)
        self._quiet[self._end] = min(played, newest)
        self._newest = played
        self._end += 1

    def _expect(self, loudness: float) -> None:
        """Set the threshold, and note by how much it is exceeded."""
        passed, self._skipped = self._skipped + 1, 0
        self._threshold *= self._fade ** max(0, passed - _LOOKED_BACK)
        for end in range(self._end - min(passed, _LOOKED_BACK) + 1, self._end + 1):
            played = self._loud[end - self._delays : end]
            loudest = np.multiply(played, self._bounds, out=self._scratch[0])
            expected = float(np.maximum.reduce(loudest)) * self._margin * self._caution
            self._threshold = max(expected, self._threshold * self._fade)
        self._exceeded = max(1.0, self._exceeded * self._fade**passed, loudness / self._threshold)
        self._caution = max(1.0, self._caution * _RELIEF**passed)

    def _learn(self, returned: float, *, speaking: bool) -> None:
        """Move the bound of each delay from which an echo would have to be heard now."""
        bounds, quiet = self._bounds, self._quiet[self._end - self._delays : self._end]
        moved, limit = self._scratch
        np.divide(returned, quiet, out=moved)
        np.multiply(bounds, 1.0 if speaking else _RAISE, out=limit)
        np.minimum(moved, limit, out=moved)
        np.minimum(moved, self._most, out=moved)
        np.multiply(bounds, _LOWER, out=limit)
        np.maximum(moved, limit, out=moved)
        np.copyto(bounds, moved, where=quiet > self._audible)
