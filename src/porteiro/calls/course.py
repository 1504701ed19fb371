"""The course of a call: its conversation, and all that is written down of it as it goes."""

from dataclasses import replace
from typing import TYPE_CHECKING

from porteiro.calls.journal import Journal
from porteiro.calls.replay import Past, Recorded
from porteiro.calls.saved import Begun, CallLog, Happened, Kept, Timed
from porteiro.calls.services import CallOptions, Services
from porteiro.calls.visit import Turn, Visit
from porteiro.condominiums.condominium import Condominium
from porteiro.condominiums.extension import Extension
from porteiro.dialogue.effects import Effect
from porteiro.dialogue.events import Event
from porteiro.dialogue.events import Recorded as WordsRecorded
from porteiro.dialogue.machine import Conversation
from porteiro.dialogue.phrases import Phrases
from porteiro.dialogue.states import State
from porteiro.dialogue.terms import Role

if TYPE_CHECKING:
    from porteiro.audio.clip import Clip

_AT_LEAST_S = 0.001


class Course:
    """What happens in a call, taken by its conversation, and noted before anything is done."""

    def __init__(
        self,
        begins: Visit | Past,
        extension: Extension,
        condominium: Condominium,
        services: Services,
        options: CallOptions,
    ) -> None:
        """Begin the call of a visit, or go on from its past; `options` are the condominium's."""
        past = begins if isinstance(begins, Past) else None
        visit = begins.visit if isinstance(begins, Past) else begins
        self._clock = services.clock
        lasted_s = self._lasted(past)
        self.options = options if past is None else _what_is_left(options, lasted_s)
        dialogue = self.options.dialogue
        self.journal = Journal(visit, services.clock, services.changes, lasted_s)
        self.phrases = Phrases(
            condominium.name,
            condominium.greeting,
            one_thing_at_a_time=dialogue.one_thing_at_a_time,
        )
        self.recordings: dict[str, Clip] = dict(past.recordings) if past is not None else {}
        """What people said after the tone, by the names that the dialogue knows them by."""
        self._guide = Recorded(condominium.guide)
        if past is None:
            self.conversation = Conversation(self._guide, self.phrases, dialogue)
        else:
            self.conversation = past.conversation
            self.conversation.guide = self._guide
            self.conversation.phrases, self.conversation.options = self.phrases, dialogue
        logs = services.logs
        self.log: CallLog = logs.open(visit.call_id) if past is None else logs.go_on(past.saved)
        self.log.add(
            Begun(
                self._clock.wall(),
                visit.call_id,
                extension.extension_id,
                extension.number,
                extension.condominium_id,
                condominium.name,
                condominium.greeting,
                dialogue,
            )
        )

    def _lasted(self, past: Past | None) -> float:
        if past is None:
            return 0.0
        return max(_AT_LEAST_S, (self._clock.wall() - past.visit.started).total_seconds())

    def take(self, event: Event) -> tuple[Effect, ...]:
        """Have the conversation take an event; return what is to be done now."""
        self.journal.happened(event)
        if isinstance(event, WordsRecorded) and event.recording in self.recordings:
            clip = self.recordings[event.recording]
            sound = Kept(self._clock.wall(), event.recording, clip.sample_rate, bytes(clip.pcm))
            self.log.add(sound)
        effects = self.conversation.handle(event).effects
        state, found = self.conversation.state, self._guide.taken()
        self.log.add(Happened(self._clock.wall(), event, state, found))
        return effects

    def timed(self, turn: Turn) -> None:
        """Note how long the parts of a turn took."""
        at_s = self.journal.at(turn.at_s)
        timed = replace(turn, at_s=at_s)
        self.journal.turn(timed)
        self.log.add(Timed(self._clock.wall(), timed))

    # ----------------------------------------------------------------- who may join it

    @property
    def expects_resident(self) -> bool:
        """Whether a resident's line belongs to it now."""
        state, facts = self.conversation.state, self.conversation.facts
        where = facts.before if state is State.INTERRUPTED else state
        return where is State.RINGING or self.awaits(Role.RESIDENT)

    def awaits(self, role: Role) -> bool:
        """Whether somebody's line was lost in a restart, and would be welcome back."""
        waits = self.conversation.state in (State.INTERRUPTED, State.CLOSING)
        return waits and role in self.conversation.facts.lost


def _what_is_left(options: CallOptions, lasted_s: float) -> CallOptions:
    """Return the options with what is left of a call's time: no restart makes it longer."""
    dialogue = options.dialogue
    left_s = max(dialogue.call_s - lasted_s, dialogue.farewell_s)
    return replace(options, dialogue=replace(dialogue, call_s=left_s))
