"""Where a person's turn begins and ends, by the energy of what comes in and by the clock."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import ceil, inf, sqrt
from typing import Final

from porteiro.audio.energy import (
    BLOCK_S,
    FIRST_WINDOW_S,
    NoiseFloor,
    block_bytes,
    from_dbfs,
    level,
    ratio,
)

_GAP_S: Final = 0.1  # without a frame, the clock decides
_QUIET_BLOCKS: Final = 5  # of quiet: then a noise has ended, and what comes next is another
_AT_ONCE: Final = 4  # blocks that are judged together if they come together
_BREAK_BLOCKS: Final = 3  # quiet blocks after which what had not yet become a turn is forgotten


@dataclass(frozen=True, slots=True)
class EndpointingOptions:
    """How turns are told from silence. Times are in seconds, levels in decibels.

    Attributes:
        silence_s: how long a person must be silent before the turn is taken.
        look_back_s: sound kept from before the onset, so that the first syllable is not lost.
        onset_s: sound above the onset threshold that makes a turn; a click is shorter.
        onset_over_s: the same while Porteiro talks, when it has to stop within 60 ms.
        min_speech_s: what was heard for less than this was no speech, and the turn is dropped.
        max_turn_s: a turn is taken at the latest after this.
        echo_tail_s: after opening, Porteiro's last words may still come back for this long.
        onset_db: a turn begins this far over the noise floor.
        offset_db: a turn goes on while the sound is this far over the noise floor.
        floor_guess_dbfs: the noise floor before any sound was heard.
        floor_lowest_dbfs: the floor under digital silence.
        floor_highest_dbfs: the floor under the loudest noise that a voice still rises from.
    """

    silence_s: float = 0.7
    look_back_s: float = 0.3
    onset_s: float = 0.06
    onset_over_s: float = 0.04
    min_speech_s: float = 0.1
    max_turn_s: float = 15.0
    echo_tail_s: float = 0.2
    onset_db: float = 9.0
    offset_db: float = 6.0
    floor_guess_dbfs: float = -50.0
    floor_lowest_dbfs: float = -60.0
    floor_highest_dbfs: float = -30.0


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """A person began to speak. `sound` is the look-back and all that was heard since.

    It is what the transcriber gets first; frames pushed later follow it as they come.
    """

    sound: bytes


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The person is done, or has spoken for as long as a turn may last.

    `speech_s` is the sound from the onset to the last speech, `silence_s` the silence
    after it, `ended_at` the time at which that silence began.
    """

    speech_s: float
    silence_s: float
    ended_at: float


@dataclass(frozen=True, slots=True)
class TurnDropped:
    """What began was no speech after all: too short, or noise that came to stay."""

    speech_s: float


TurnEvent = TurnStarted | TurnEnded | TurnDropped


@dataclass(slots=True)
class _Turn:
    """A turn in the making or under way; counts are in blocks, times in seconds of the clock."""

    began_at: float
    spoke_at: float
    blocks: int = 0
    active: int = 0
    quiet: int = 0
    loudest: float = 0.0
    started: bool = False

    def speak(self, loudness: float, blocks: int, now: float) -> None:
        """Count so many more blocks of speech, as loud as that together."""
        self.blocks += blocks
        self.active += blocks
        self.quiet = 0
        self.spoke_at = now
        if loudness > self.loudest:  # noqa: PLR1730 - max() would cost more than all the rest
            self.loudest = loudness

    def pause(self, blocks: int) -> None:
        """Count so many more blocks of quiet."""
        self.blocks += blocks
        self.quiet += blocks

    def silence_s(self, now: float) -> float:
        """Return how long the person has been silent, be it in samples or in none at all."""
        return max(self.quiet * BLOCK_S, now - self.spoke_at)


@cache  # one for all legs stays in the processor's cache
def _at_once(block: int) -> dict[int, int]:
    """Return the blocks in a frame that may be judged as a whole, by the frame's bytes."""
    return {blocks * block: blocks for blocks in range(1, _AT_ONCE + 1)}


class Endpointer:
    """Finds the turns of one leg.

    It is opened for one turn at a time: after `TurnEnded` it only learns until it is
    opened again, after `TurnDropped` it goes on waiting for the turn. Sound is 16-bit
    little-endian mono in frames of any size. Sound is counted by its samples; the clock
    decides where frames stay away, since phones that suppress silence send none.

    A frame of up to 80 ms in a turn is judged as a whole, so the turn's end is then up to
    60 ms less exact; its beginning never is.
    """

    __slots__ = (
        "_at_once",
        "_block",
        "_echo",
        "_floor",
        "_look_back",
        "_offset_level",
        "_onset_level",
        "_opens_at",
        "_options",
        "_over",
        "_pending",
        "_pushed_at",
        "_quiet_wanted",
        "_recent",
        "_silence_s",
        "_turn",
        "_unjudged",
    )

    def __init__(self, sample_rate: int, options: EndpointingOptions) -> None:
        """Take turns out of sound at `sample_rate` Hz; closed at first."""
        self._options = options
        self._block = block_bytes(sample_rate)
        self._at_once = _at_once(self._block)
        self._look_back = 2 * round(options.look_back_s * sample_rate)
        self._floor = NoiseFloor(
            from_dbfs(options.floor_guess_dbfs),
            from_dbfs(options.floor_lowest_dbfs),
            from_dbfs(options.floor_highest_dbfs),
        )
        self._onset_level = self._offset_level = 0.0
        self._set_thresholds()
        self._pending = b""  # not yet judged: part of a block, or what came after an event
        self._unjudged: tuple[float, ...] = ()  # levels that wait for the first noise floor
        kept_s = options.look_back_s + 2 * options.onset_s + FIRST_WINDOW_S
        self._recent: deque[bytes] = deque(maxlen=ceil(kept_s / BLOCK_S))  # judged, or observed
        self._opens_at = inf
        self._over = False  # Porteiro talks, and may be interrupted
        self._quiet_wanted = 0  # quiet blocks that have to come before a turn may begin
        self._echo = 0.0  # what comes in up to this level may be Porteiro's own voice
        self._silence_s = options.silence_s
        self._pushed_at = -inf
        self._turn: _Turn | None = None

    @property
    def in_turn(self) -> bool:
        """Whether a turn has started and not yet ended."""
        return self._turn is not None and self._turn.started

    @property
    def noise(self) -> float:
        """The level of the noise behind a voice (0 to 32768); 0 before it is known."""
        return self._floor.level if self._floor.known else 0.0

    @property
    def next_check(self) -> float | None:
        """When `idle` should be called if no frame has come until then."""
        if self._unjudged:
            return self._pushed_at + self._options.look_back_s
        turn = self._turn
        return self._due(turn) if turn is not None and turn.started else None

    def open(self, now: float) -> None:
        """Let one turn begin, from `now` and the echo tail on: Porteiro has stopped talking."""
        self.close()
        self._opens_at = now + self._options.echo_tail_s

    def open_over(self, now: float, *, after_quiet: bool = False) -> None:
        """Let one turn begin at once, over Porteiro's own voice; `push` is told its echo.

        With `after_quiet` what is heard now was nobody, and has to end before a turn begins.
        """
        self.close()
        self._opens_at = now
        self._over = True
        self._quiet_wanted = _QUIET_BLOCKS if after_quiet else 0

    def expect(self, silence_s: float) -> None:
        """Take `silence_s` of silence for the end of this turn, whatever it was before."""
        self._silence_s = silence_s

    def close(self) -> None:
        """Let no turn begin, and forget one in progress: Porteiro talks, or nobody listens."""
        self._turn = None
        self._unjudged = ()
        self._opens_at = inf
        self._over = False
        self._quiet_wanted = 0
        self._echo = 0.0
        self._silence_s = self._options.silence_s

    def held_up(self, now: float) -> None:
        """Take it that frames waited unread until `now`: only their samples tell of silence."""
        if self._turn is not None:
            self._turn.spoke_at = now - self._turn.quiet * BLOCK_S

    def observe(self, pcm: bytes) -> None:
        """Learn the noise from sound in which no turn may begin, Porteiro's echo perhaps in it."""
        blocks = self._at_once.get(len(pcm), 0)
        if blocks and not self._pending:
            self._recent.append(pcm)
            self._learn(level(pcm), blocks, calm=False)
            return
        self._pending += pcm
        for block in self._blocks():
            self._learn(level(block), 1, calm=False)

    def push(self, pcm: bytes, now: float, echo: float = 0.0) -> TurnEvent | None:
        """Take a frame that came at `now`; return what it changed, if anything.

        What comes while the endpointer is closed, or in the echo tail, is observed only.
        What is no louder than `echo` (0 to 32768) begins no turn: it may be Porteiro's voice.
        """
        event = self._after_gap(now) if now - self._pushed_at > _GAP_S else None
        self._pushed_at = now
        self._echo = echo
        if now < self._opens_at:
            self.observe(pcm)
            return event
        turn, blocks = self._turn, self._at_once.get(len(pcm), 0)
        if blocks and not (self._pending or self._unjudged or event):
            loudness = level(pcm)
            in_turn = turn is not None and turn.started
            if in_turn or blocks == 1 or self._surely_quiet(loudness, blocks):
                if not in_turn or loudness < self._offset_level:  # speech is not looked back on
                    self._recent.append(pcm)
                return self._judge_level(loudness, blocks, now)
        self._pending += pcm
        return event or self._judge_pending(now)

    def _after_gap(self, now: float) -> TurnEvent | None:
        """Take it that no frame came for a while before `now`."""
        if self._turn is None and now - self._pushed_at > self._options.look_back_s:
            self._recent.clear()  # what came before does not belong to what follows
        return self._check(now)

    def _surely_quiet(self, loudness: float, blocks: int) -> bool:
        """Return whether of so many blocks, so loud together, not even the loudest is an onset."""
        known = self._turn is None and self._floor.known
        return known and loudness * sqrt(blocks) < self._onset_level

    def idle(self, now: float) -> TurnEvent | None:
        """Take it that frames stopped coming; return what the silence changed, if anything."""
        if self._unjudged:
            self._floor.settle()
            self._set_thresholds()
            event = self._judge_waiting(now)
            if event is not None:
                return event
        return self._check(now)

    def _judge_pending(self, now: float) -> TurnEvent | None:
        event = self._judge_waiting(now) if self._unjudged and self._floor.known else None
        if event is not None:
            return event
        for block in self._blocks():
            event = self._judge_level(level(block), 1, now)
            if event is not None:
                return event
        return None

    def _blocks(self) -> Iterator[bytes]:
        """Cut blocks off what is pending, and keep them as recent sound."""
        size = self._block
        while len(self._pending) >= size:
            block, self._pending = self._pending[:size], self._pending[size:]
            self._recent.append(block)
            yield block

    def _judge_level(self, loudness: float, blocks: int, now: float) -> TurnEvent | None:
        if self._floor.known or self._over:
            return self._judge(loudness, blocks, now)
        self._unjudged += (loudness,)
        return self._judge_waiting(now) if self._learn(loudness, 1, calm=False) else None

    def _judge_waiting(self, now: float) -> TurnEvent | None:
        """Judge what came before there was a noise floor to judge it by."""
        while self._unjudged:
            first, *rest = self._unjudged
            self._unjudged = tuple(rest)
            event = self._judge(first, 1, now, learn=False)
            if event is not None:
                return event
        return None

    def _judge(
        self, loudness: float, blocks: int, now: float, *, learn: bool = True
    ) -> TurnEvent | None:
        turn = self._turn
        if turn is None:
            quiet = loudness < self._onset_level or loudness < self._echo
            if quiet or self._quiet_wanted or self._opens_at == inf:
                if self._quiet_wanted:
                    still = max(0, self._quiet_wanted - blocks)
                    self._quiet_wanted = still if quiet else _QUIET_BLOCKS
                if learn:
                    self._learn(loudness, blocks, calm=self._opens_at != inf and not self._over)
                return None
            turn = self._turn = _Turn(began_at=now, spoke_at=now)
        if loudness >= self._offset_level and loudness >= self._echo:
            turn.speak(loudness, blocks, now)
        else:
            turn.pause(blocks)
        if learn and self._floor.add(loudness, blocks, calm=False):
            self._set_thresholds()
        if turn.started:
            goes_on = not turn.quiet and turn.blocks * BLOCK_S < self._options.max_turn_s
            return None if goes_on else self._check(now)
        onset_s = self._options.onset_over_s if self._over else self._options.onset_s
        if turn.active * BLOCK_S < onset_s:
            return self._check(now)
        turn.started = True
        judged = self._look_back + (turn.blocks + len(self._unjudged)) * self._block
        return TurnStarted(b"".join(self._recent)[-judged:] + self._pending)

    def _due(self, turn: _Turn) -> float:
        """Return when the clock ends the turn, were nothing more to be heard."""
        return min(turn.spoke_at + self._silence_s, turn.began_at + self._options.max_turn_s)

    def _learn(self, loudness: float, blocks: int, *, calm: bool) -> bool:
        """Let the floor take so many blocks' level; return whether it may have moved."""
        moved = self._floor.add(loudness, blocks, calm=calm)
        if moved:
            self._set_thresholds()
        return moved

    def _set_thresholds(self) -> None:
        self._onset_level = self._floor.level * ratio(self._options.onset_db)
        self._offset_level = self._floor.level * ratio(self._options.offset_db)

    def _check(self, now: float) -> TurnEvent | None:
        """End the turn if its silence, or the turn itself, has lasted long enough."""
        turn, options = self._turn, self._options
        if turn is None:
            return None
        silence_s = turn.silence_s(now)
        if not turn.started:
            if turn.quiet >= _BREAK_BLOCKS or silence_s >= options.look_back_s:
                self._turn = None
            return None
        silent = turn.quiet * BLOCK_S >= self._silence_s
        long = turn.blocks * BLOCK_S >= options.max_turn_s
        if not silent and not long and now < self._due(turn):
            return None
        self._turn = None
        speech_s = (turn.blocks - turn.quiet) * BLOCK_S
        # Noise that came and stayed has by now become the floor: nothing stands out from it.
        if turn.active * BLOCK_S < options.min_speech_s or turn.loudest < self._onset_level:
            return TurnDropped(speech_s)
        self._opens_at = inf
        return TurnEnded(speech_s, silence_s, now - silence_s)
