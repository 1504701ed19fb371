"""One person on the phone: what is said to them, and what is heard of them.

A leg listens once it has nothing left to say, and over its own questions, where a person may
interrupt it. Keys work always, but on hold nothing does: what comes in then may be music, or
meant for somebody else.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from porteiro.audio.clip import Clip
from porteiro.audio.endpointing import EndpointingOptions
from porteiro.calls.hearing import HeardTurn, Hearing
from porteiro.calls.listening import TurnTaker
from porteiro.calls.ports import Line, Transcription, TurnRequest, Voices
from porteiro.calls.recording import Recorder
from porteiro.calls.talking import Talker, TalkOptions, TalkParts
from porteiro.calls.visit import Turn
from porteiro.dialogue.effects import Listen, Say, Segment, Words
from porteiro.dialogue.events import (
    Broken,
    Event,
    Interrupted,
    KeyPressed,
    LegHeld,
    LegLeft,
    LegResumed,
    Recorded,
    Spoken,
)
from porteiro.dialogue.terms import Role
from porteiro.errors import SpeechError


@dataclass(frozen=True, slots=True)
class LegOptions:
    """How a leg talks and listens. Times are in seconds."""

    voice: str = "pt-br"
    endpointing: EndpointingOptions = field(default_factory=EndpointingOptions)
    playout_slack_s: float = 5.0
    """How long after a phrase's own length its end is taken for granted."""
    interruptible: frozenset[Role] = frozenset(Role)
    """Whose words make Porteiro stop talking."""
    filler: str = ""
    """What is said where an answer takes long; in memory as a whole, or nothing is said."""
    filler_after_s: float = 1.7
    """Silence until the filler is said: after a person's words, within a phrase, after itself."""


@dataclass(frozen=True, slots=True)
class LegParts:
    """What a leg needs of its call.

    `post` hands an event to the conversation; `recordings` are the call's, by name;
    `turn_timed` is told how long the parts of a turn took, `filled` what was said to fill
    a silence.
    """

    hearing: Hearing
    voices: Voices
    post: Callable[[Event], None]
    recordings: dict[str, Clip]
    turn_timed: Callable[[Turn], None]
    filled: Callable[[Say], None]


class Leg:
    """One leg of a call, on its line."""

    def __init__(self, role: Role, line: Line, parts: LegParts, options: LegOptions) -> None:
        """Take over `line` for a person."""
        self.role = role
        self.line = line
        self.gone = asyncio.Event()
        self.on_hold = False
        self._parts = parts
        self._pending: Callable[[], None] | None = None
        self._options = options
        self._answered: HeardTurn | None = None  # the turn that what is said answers
        self._filling: asyncio.TimerHandle | None = None
        self._awaits_words = False
        clock, spawn = parts.hearing.clock, parts.hearing.spawn
        talk = TalkParts(parts.voices, parts.recordings, clock, spawn)
        voice = TalkOptions(options.voice, options.playout_slack_s)
        self._talker = Talker(line, talk, voice, self)
        self._turns = TurnTaker[Transcription](line.sample_rate, options.endpointing, clock, spawn)
        self._recorder = Recorder(line.sample_rate, options.endpointing, clock, spawn)
        line.attach(self)

    # ------------------------------------------------------------- what the line brings

    def audio(self, pcm: bytes) -> None:
        """Take sound of the line: 16-bit mono at its sample rate."""
        if self.on_hold:
            return
        if self._recorder.recording:
            self._recorder.audio(pcm)
        else:
            self._turns.audio(pcm)

    def key(self, digit: str) -> None:
        """Take a telephone key; what is said next answers it, and no turn of speech."""
        if self.on_hold:
            return
        self._talker.tell_first_frame()
        self._answered = None
        self.tell(KeyPressed(self.role, digit))

    def held(self) -> None:
        """Stop talking and listening; what is to be said waits until the person is back."""
        if self.on_hold:
            return
        self.on_hold = True
        self._answered = None
        self._stop_filling()
        self._talker.hold()
        self.stop_listening()
        self.tell(LegHeld(self.role))

    def resumed(self) -> None:
        """Say what waited for the person, and listen as before."""
        if not self.on_hold:
            return
        self.on_hold = False
        self.tell(LegResumed(self.role))
        self._talker.unhold()
        if self._talker.talking:
            self._watch_silence()
        else:
            self._begin_pending()

    def closed(self, cause: str) -> None:
        """Learn that the line is gone."""
        self.gone.set()
        self.end()
        self.tell(LegLeft(self.role, cause))

    # -------------------------------------------------------------------------- talking

    @property
    def talking(self) -> bool:
        """Whether something is being said or waits to be."""
        return self._talker.talking

    def say(self, effect: Say) -> None:
        """Say a phrase after what is already to be said; listening that waits goes on waiting.

        A turn that is already waited for, or taken, is dropped: after the phrase another may be.
        """
        if not self.gone.is_set():
            self._turns.stop()
            self._talker.say(effect)
            if self._filling is None or self._talker.answering:
                self._watch_silence()

    def prepare(self, segments: tuple[Segment, ...]) -> None:
        """Have a phrase ready that is likely to be said soon."""
        self._talker.ahead(segments)

    def stop_talking(self) -> None:
        """Fall silent now."""
        self._stop_filling()
        self._talker.stop()

    def interrupted(self, key: str, played_s: float, length_s: float | None) -> None:
        """Tell the conversation how much of a phrase was heard, before the words that ended it."""
        self._pending = None
        self.tell(Interrupted(self.role, key, round(played_s, 2), length_s))

    def fell_silent(self) -> None:
        """Go on to what waited for silence, and tell the conversation."""
        self._stop_filling()
        self._begin_pending()
        self.tell(Spoken(self.role))

    def speech_failed(self, error: SpeechError) -> None:
        """Tell the conversation that it cannot be heard."""
        self.tell(Broken(f"synthesis: {error}"))

    def first_frame_left(self, at: float) -> None:
        """Complete the timing of the turn that this phrase answered."""
        timing = self._answered.timed(at) if self._answered is not None else None
        if timing is not None:
            self._parts.turn_timed(timing)

    # ------------------------------------------------------------------------ listening

    def listen(self, effect: Listen) -> None:
        """Take one turn of speech, once there is nothing left to say."""
        self.stop_listening()
        self._when_silent(lambda: self._take_turn(effect))
        if self._options.filler:
            self._talker.ahead((Words(self._options.filler),))
        over = self._talker.talking and self.role in self._options.interruptible
        if over and not self.on_hold:
            self._turns.take_over(self._heard_turn(effect), self._talker)

    def record(self, name: str, limit_s: float) -> None:
        """Record what the person says under `name`, once there is nothing left to say."""
        self.stop_listening()
        self._when_silent(lambda: self._take_recording(name, limit_s))

    def finish_recording(self) -> None:
        """Take what was recorded so far; nothing, where it had not begun."""
        if self._recorder.recording:
            self._recorder.finish()
        else:
            self._pending = None
            self.stop_talking()
            self.tell(Recorded(self.role, "", 0.0))

    def stop_listening(self) -> None:
        """Drop the turn or recording in progress or waiting."""
        self._pending = None
        self._turns.stop()
        self._recorder.stop()

    def end(self) -> None:
        """Say and hear nothing any more: the line is gone, or the call is over."""
        self.stop_talking()
        self.stop_listening()

    def _when_silent(self, begin: Callable[[], None]) -> None:
        self._pending = begin
        if not self._talker.talking and not self.on_hold:
            self._begin_pending()

    def _begin_pending(self) -> None:
        begin, self._pending = self._pending, None
        if begin is not None:
            begin()

    @property
    def answerable(self) -> bool:
        """Whether enough was said for an answer to count."""
        return self._talker.answerable

    def tell(self, event: Event) -> None:
        """Hand an event to the conversation."""
        self._parts.post(event)

    def awaits_words(self, since: float) -> None:
        """Say a word of patience if nothing else is to be heard for long after `since`."""
        self._stop_filling()
        self._awaits_words = True
        delay_s = since + self._options.filler_after_s - self._parts.hearing.clock.now()
        self._fill_in(delay_s)

    def taken(self, turn: HeardTurn) -> None:
        """Time the turn by the first frame that answers it."""
        self._answered = turn
        self._awaits_words = False

    def _fill_in(self, delay_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._filling = loop.call_later(max(0.0, delay_s), self._fill)

    def _watch_silence(self) -> None:
        """Say a word of patience once nothing was heard for long, wherever sound breaks off."""
        self._stop_filling()
        self._fill_in(self._talker.left_s + self._options.filler_after_s)

    def _fill(self) -> None:
        """Say the filler, again and again, until the person has heard an answer to its end."""
        self._filling = None
        if self.on_hold or not (self._awaits_words or self._talker.talking):
            return
        filler = Say(self.role, "one_moment", (Words(self._options.filler),))
        hears = self._options.filler and not self._turns.in_turn
        if hears and self._talker.fill(filler):
            self._parts.filled(filler)
        self._watch_silence()

    def _stop_filling(self) -> None:
        if self._filling is not None:
            self._filling.cancel()
            self._filling = None

    def _take_turn(self, effect: Listen) -> None:
        self._turns.take(self._heard_turn(effect), self._talker.last_said)

    def _heard_turn(self, effect: Listen) -> HeardTurn:
        hearing = self._parts.hearing
        request = TurnRequest(
            effect.question, self.line.sample_rate, hearing.vocabulary(effect.question)
        )
        return HeardTurn(effect.turn, request, hearing, self)

    def _take_recording(self, name: str, limit_s: float) -> None:
        def kept(pcm: bytes) -> None:
            recording = Clip(self.line.sample_rate, pcm, complete=True)
            if pcm:
                self._parts.recordings[name] = recording
            self.tell(Recorded(self.role, name if pcm else "", recording.seconds))

        self._recorder.record(limit_s, self._talker.last_said, kept)
