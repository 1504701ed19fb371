"""One person on the phone: what is said to them, and what is heard of them.

A leg is half-duplex: it listens once it has nothing left to say. Keys work always, but on
hold nothing does: what comes in then may be music, or meant for somebody else.
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
from porteiro.calls.talking import Spawn, Talker, TalkOptions, TalkParts
from porteiro.calls.visit import Turn
from porteiro.dialogue.effects import Listen, Say
from porteiro.dialogue.events import (
    Broken,
    Event,
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


@dataclass(frozen=True, slots=True)
class LegParts:
    """What a leg needs of its call.

    `post` hands an event to the conversation; `recordings` are the call's, by name;
    `turn_timed` is told how long the parts of a turn took.
    """

    hearing: Hearing
    voices: Voices
    spawn: Spawn
    post: Callable[[Event], None]
    recordings: dict[str, Clip]
    turn_timed: Callable[[Turn], None]


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
        self._turn: HeardTurn | None = None
        clock, spawn = parts.hearing.clock, parts.spawn
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
        self._turn = None
        self._parts.post(KeyPressed(self.role, digit))

    def held(self) -> None:
        """Stop talking and listening; what is to be said waits until the person is back."""
        if self.on_hold:
            return
        self.on_hold = True
        self._turn = None
        self.stop_listening()
        self._talker.hold()
        self._parts.post(LegHeld(self.role))

    def resumed(self) -> None:
        """Say what waited for the person, and listen as before."""
        if not self.on_hold:
            return
        self.on_hold = False
        self._parts.post(LegResumed(self.role))
        self._talker.resume()
        if not self._talker.talking:
            self._begin_pending()

    def closed(self, cause: str) -> None:
        """Learn that the line is gone."""
        self.gone.set()
        self.end()
        self._parts.post(LegLeft(self.role, cause))

    # -------------------------------------------------------------------------- talking

    @property
    def talking(self) -> bool:
        """Whether something is being said or waits to be."""
        return self._talker.talking

    def say(self, effect: Say) -> None:
        """Say a phrase after what is already to be said; listening waits until then."""
        if not self.gone.is_set():
            self._turns.stop()
            self._talker.say(effect.segments)

    def stop_talking(self) -> None:
        """Fall silent now."""
        self._talker.stop()

    def fell_silent(self) -> None:
        """Go on to what waited for silence, and tell the conversation."""
        self._begin_pending()
        self._parts.post(Spoken(self.role))

    def speech_failed(self, error: SpeechError) -> None:
        """Tell the conversation that it cannot be heard."""
        self._parts.post(Broken(f"synthesis: {error}"))

    def first_frame_left(self, at: float) -> None:
        """Complete the timing of the turn that this phrase answered."""
        timing = self._turn.timed(at) if self._turn is not None else None
        if timing is not None:
            self._parts.turn_timed(timing)

    # ------------------------------------------------------------------------ listening

    def listen(self, effect: Listen) -> None:
        """Take one turn of speech, once there is nothing left to say."""
        self.stop_listening()
        self._when_silent(lambda: self._take_turn(effect))

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
            self._parts.post(Recorded(self.role, "", 0.0))

    def stop_listening(self) -> None:
        """Drop the turn or recording in progress or waiting."""
        self._pending = None
        self._turns.stop()
        self._recorder.stop()

    def end(self) -> None:
        """Say and hear nothing any more: the line is gone, or the call is over."""
        self.stop_listening()
        self.stop_talking()

    def _when_silent(self, begin: Callable[[], None]) -> None:
        self._pending = begin
        if not self._talker.talking and not self.on_hold:
            self._begin_pending()

    def _begin_pending(self) -> None:
        begin, self._pending = self._pending, None
        if begin is not None:
            begin()

    def _take_turn(self, effect: Listen) -> None:
        hearing = self._parts.hearing
        request = TurnRequest(
            effect.question, self.line.sample_rate, hearing.vocabulary(effect.question)
        )
        self._turn = HeardTurn(self.role, effect.turn, request, self._parts.post, hearing)
        self._turns.take(self._turn, self._talker.last_said)

    def _take_recording(self, name: str, limit_s: float) -> None:
        def kept(pcm: bytes) -> None:
            recording = Clip(self.line.sample_rate, pcm, complete=True)
            if pcm:
                self._parts.recordings[name] = recording
            self._parts.post(Recorded(self.role, name if pcm else "", recording.seconds))

        self._recorder.record(limit_s, self._talker.last_said, kept)
