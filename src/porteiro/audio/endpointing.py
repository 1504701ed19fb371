"""Where a person's turn begins and ends, by the energy of what comes in and by the clock."""

from collections import deque
from dataclasses import dataclass
from math import inf
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

_QUIET_BLOCKS: Final = 5  # of quiet: then a noise has ended, and what comes next is another
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

    def hear(self, loudness: float, now: float, *, active: bool) -> None:
        """Count one more block."""
        self.blocks += 1
        if active:
            self.active += 1
            self.quiet = 0
            self.spoke_at = now
            self.loudest = max(self.loudest, loudness)
        else:
            self.quiet += 1

    def silence_s(self, now: float) -> float:
        """Return how long the person has been silent, be it in samples or in none at all."""
        return max(self.quiet * BLOCK_S, now - self.spoke_at)


class _RecentSound:
    """The last sound that came in, kept so that a turn begins before it was noticed."""

    __slots__ = ("_limit", "_sound")

    def __init__(self, limit: int) -> None:
        """Keep at least the last `limit` bytes, and at most twice as many."""
        self._limit = limit
        self._sound = bytearray()

    def add(self, pcm: bytes) -> None:
        self._sound += pcm
        if len(self._sound) > 2 * self._limit:
            del self._sound[: -self._limit]

    def last(self, size: int) -> bytes:
        """Return the last `size` bytes, or all there is."""
        return bytes(self._sound[-size:])

    def clear(self) -> None:
        self._sound.clear()


class Endpointer:
    """Finds the turns of one leg.

    It is opened for one turn at a time: after `TurnEnded` it only learns until it is
    opened again, after `TurnDropped` it goes on waiting for the turn. Sound is 16-bit
    little-endian mono in frames of any size. Sound is counted by its samples; the clock
    decides where frames stay away, since phones that suppress silence send none.
    """

    def __init__(self, sample_rate: int, options: EndpointingOptions) -> None:
        """Take turns out of sound at `sample_rate` Hz; closed at first."""
        self._options = options
        self._block = block_bytes(sample_rate)
        self._look_back = 2 * round(options.look_back_s * sample_rate)
        self._floor = NoiseFloor(
            from_dbfs(options.floor_guess_dbfs),
            from_dbfs(options.floor_lowest_dbfs),
            from_dbfs(options.floor_highest_dbfs),
        )
        self._onset_level = self._offset_level = 0.0
        self._set_thresholds()
        self._pending = b""  # not yet judged: part of a block, or what came after an event
        self._unjudged: deque[float] = deque()  # levels that wait for the first noise floor
        kept_s = options.look_back_s + 2 * options.onset_s + FIRST_WINDOW_S
        self._recent = _RecentSound(2 * round(kept_s * sample_rate))
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
        self._unjudged.clear()
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
        self._recent.add(pcm)
        size = self._block
        if len(pcm) == size and not self._pending:  # as nearly every frame is
            self._learn(level(pcm), calm=False)
            return
        self._pending += pcm
        while len(self._pending) >= size:
            block, self._pending = self._pending[:size], self._pending[size:]
            self._learn(level(block), calm=False)

    def push(self, pcm: bytes, now: float, echo: float = 0.0) -> TurnEvent | None:
        """Take a frame that came at `now`; return what it changed, if anything.

        What comes while the endpointer is closed, or in the echo tail, is observed only.
        What is no louder than `echo` (0 to 32768) begins no turn: it may be Porteiro's voice.
        """
        self._echo = echo
        turn = self._turn
        paused = turn is not None and now - turn.spoke_at > _BREAK_BLOCKS * BLOCK_S
        event = self._check(now) if paused else None
        if now - self._pushed_at > self._options.look_back_s and self._turn is None:
            self._recent.clear()  # what came before a gap does not belong to what follows
        self._pushed_at = now
        if now < self._opens_at:
            self.observe(pcm)
            return event
        self._recent.add(pcm)
        if len(pcm) == self._block and not (self._pending or self._unjudged or event):
            return self._judge_block(pcm, now)
        self._pending += pcm
        return event or self._judge_pending(now)

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
        size = self._block
        while len(self._pending) >= size:
            block, self._pending = self._pending[:size], self._pending[size:]
            event = self._judge_block(block, now)
            if event is not None:
                return event
        return None

    def _judge_block(self, block: bytes, now: float) -> TurnEvent | None:
        loudness = level(block)
        if self._floor.known or self._over:
            return self._judge(loudness, now)
        self._unjudged.append(loudness)
        return self._judge_waiting(now) if self._learn(loudness, calm=False) else None

    def _judge_waiting(self, now: float) -> TurnEvent | None:
        """Judge what came before there was a noise floor to judge it by."""
        while self._unjudged:
            event = self._judge(self._unjudged.popleft(), now, learn=False)
            if event is not None:
                return event
        return None

    def _judge(self, loudness: float, now: float, *, learn: bool = True) -> TurnEvent | None:
        turn = self._turn
        if turn is None:
            quiet = loudness < self._onset_level or loudness < self._echo
            if quiet or self._quiet_wanted or self._opens_at == inf:
                if self._quiet_wanted:
                    self._quiet_wanted = self._quiet_wanted - 1 if quiet else _QUIET_BLOCKS
                if learn:
                    self._learn(loudness, calm=self._opens_at != inf and not self._over)
                return None
            turn = self._turn = _Turn(began_at=now, spoke_at=now)
        turn.hear(loudness, now, active=loudness >= self._offset_level and loudness >= self._echo)
        if learn:
            self._learn(loudness, calm=False)
        onset_s = self._options.onset_over_s if self._over else self._options.onset_s
        if not turn.started and turn.active * BLOCK_S >= onset_s:
            turn.started = True
            waiting = (turn.blocks + len(self._unjudged)) * self._block + len(self._pending)
            return TurnStarted(self._recent.last(self._look_back + waiting))
        return self._check(now)

    def _due(self, turn: _Turn) -> float:
        """Return when the clock ends the turn, were nothing more to be heard."""
        return min(turn.spoke_at + self._silence_s, turn.began_at + self._options.max_turn_s)

    def _learn(self, loudness: float, *, calm: bool) -> bool:
        """Let the floor take a level; return whether it may have moved."""
        moved = self._floor.add(loudness, calm=calm)
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
