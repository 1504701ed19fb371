"""What every call of a process shares, and how calls are held."""

from dataclasses import dataclass, field, replace

from porteiro.calls.board import ChangeStream
from porteiro.calls.errands import ErrandOptions
from porteiro.calls.leg import LegOptions
from porteiro.calls.logs import CallLogs, NoLogs
from porteiro.calls.ports import (
    Dialer,
    Gate,
    Handover,
    Transcriber,
    Understanding,
    VisitLog,
    Voices,
)
from porteiro.clock import Clock
from porteiro.condominiums.condominium import Condominium
from porteiro.dialogue.options import DialogueOptions
from porteiro.dialogue.turn_ending import TurnEndingOptions


@dataclass(frozen=True, slots=True)
class Services:
    """The adapters that every call of a process shares."""

    clock: Clock
    voices: Voices
    transcriber: Transcriber
    understanding: Understanding
    gate: Gate
    visits: VisitLog
    changes: ChangeStream
    dialer: Dialer | None = None
    handover: Handover | None = None
    logs: CallLogs = field(default_factory=NoLogs)


@dataclass(frozen=True, slots=True)
class CallOptions:
    """How calls are held."""

    dialogue: DialogueOptions = field(default_factory=DialogueOptions)
    leg: LegOptions = field(default_factory=LegOptions)
    turn_ending: TurnEndingOptions = field(default_factory=TurnEndingOptions)
    errands: ErrandOptions = field(default_factory=ErrandOptions)

    def at(self, condominium: Condominium, *, one_thing_at_a_time: bool) -> "CallOptions":
        """Return these options with what the condominium has of its own, and this call."""
        dialogue = replace(
            self.dialogue,
            one_thing_at_a_time=one_thing_at_a_time,
            attempts=condominium.attempts,
            ring_s=condominium.ring_s,
            fallback_number=condominium.fallback_number,
        )
        endpointing = replace(self.leg.endpointing, silence_s=condominium.silence_s)
        leg = replace(self.leg, voice=condominium.voice, endpointing=endpointing)
        turn_ending = replace(self.turn_ending, open_s=condominium.silence_s)
        return replace(self, dialogue=dialogue, leg=leg, turn_ending=turn_ending)
