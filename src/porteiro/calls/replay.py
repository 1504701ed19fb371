"""A call's records played through the dialogue's table again, with nothing carried out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from porteiro.audio.clip import Clip
from porteiro.calls.journal import Journal
from porteiro.calls.saved import Announced, Begun, Happened, Kept, Record, Rung, SavedCall, Timed
from porteiro.calls.visit import Visit
from porteiro.dialogue import effects as do
from porteiro.dialogue.events import GateAnswered, Restarted, RingResult
from porteiro.dialogue.guide import Guide, Match
from porteiro.dialogue.machine import Conversation
from porteiro.dialogue.phrases import Phrases
from porteiro.dialogue.states import State
from porteiro.dialogue.terms import Role


@dataclass(frozen=True, slots=True)
class Past:
    """What a call was when its process ended.

    `recordings` are what people said after the tone, by name. `ended` is when it was last heard
    of. `damage` says why no further than that could be played; such a call cannot be taken up.
    """

    saved: SavedCall
    begun: Begun
    conversation: Conversation
    visit: Visit
    restarted: Restarted
    ended: datetime
    damage: str = ""
    recordings: Mapping[str, Clip] = field(default_factory=dict)

    def expects(self, role: Role) -> bool:
        """Whether a line of this person's may take the call up."""
        conversation = self.conversation
        if self.damage or conversation.state is State.ENDED:
            return False
        interrupted = conversation.state is State.INTERRUPTED
        state = conversation.facts.before if interrupted else conversation.state
        there = conversation.facts.present | conversation.facts.lost
        return role in there or (role is Role.RESIDENT and state is State.RINGING)


class Recorded:
    """A directory that is asked as always, and notes what it answers."""

    def __init__(self, guide: Guide) -> None:
        """Ask `guide`."""
        self._guide = guide
        self._found: list[Match] = []

    def find(self, apartment: str | None, resident: str | None) -> Match:
        """Look up, and note the answer."""
        match = self._guide.find(apartment, resident)
        self._found.append(match)
        return match

    def taken(self) -> tuple[Match, ...]:
        """Return the answers noted since this was last asked."""
        found, self._found = tuple(self._found), []
        return found

    def apartments(self) -> tuple[str, ...]:
        """Return every apartment."""
        return self._guide.apartments()

    def residents(self, apartment: str | None = None) -> tuple[str, ...]:
        """Return the residents' names."""
        return self._guide.residents(apartment)


class _Remembered:
    """A directory that answers what it answered then."""

    def __init__(self) -> None:
        self.answers: list[Match] = []

    def find(self, apartment: str | None, resident: str | None) -> Match:  # noqa: ARG002
        if not self.answers:
            raise LookupError("the directory was not asked then")
        return self.answers.pop(0)

    def apartments(self) -> tuple[str, ...]:
        return ()

    def residents(self, apartment: str | None = None) -> tuple[str, ...]:  # noqa: ARG002
        return ()


class _Then:
    """The clock of a past call: seconds since it began."""

    def __init__(self, began: datetime) -> None:
        self._began = began
        self.at = began

    def now(self) -> float:
        return max(0.0, (self.at - self._began).total_seconds())

    def wall(self) -> datetime:
        return self.at


def replay(saved: SavedCall) -> Past | None:
    """Return what the call was; None where not even its beginning is known."""
    first = saved.records[0] if saved.records else None
    if not isinstance(first, Begun):
        return None
    player = _Player(first)
    damage = saved.damage
    try:
        for record in saved.records[1:]:
            player.play(record)
    except (LookupError, AssertionError, ValueError) as error:
        # Written by another version, or damaged: what was played so far stands in the record.
        damage = damage or str(error)
    player.journal.collect(player.conversation.facts)
    return Past(
        saved=saved,
        begun=player.begun,
        conversation=player.conversation,
        visit=player.journal.visit,
        restarted=player.restarted,
        ended=player.clock.at,
        damage=damage,
        recordings=player.recordings,
    )


class _Player:
    """Plays one call's records."""

    def __init__(self, begun: Begun) -> None:
        self.begun = begun
        self.clock = _Then(begun.at.astimezone(UTC))
        visit = Visit(begun.call_id, begun.extension, begun.condominium_id, self.clock.at)
        self.journal = Journal(visit, self.clock, None)
        self._guide = _Remembered()
        self.conversation = Conversation(self._guide, _phrases(begun), begun.options)
        self.recordings: dict[str, Clip] = {}
        self._rung: set[int] = set()
        self._announced = False

    @property
    def restarted(self) -> Restarted:
        facts = self.conversation.facts
        return Restarted(
            rung=facts.attempt in self._rung,
            announced=self._announced,
            words=facts.recording in self.recordings,
        )

    def play(self, record: Record) -> None:
        self.clock.at = record.at.astimezone(UTC)
        match record:
            case Begun():
                self.begun = record
                self.conversation.phrases = _phrases(record)
                self.conversation.options = record.options
            case Happened():
                self._happen(record)
            case Rung(_, attempt, attempt_id, number):
                self._rung.add(attempt)
                self.journal.ringing(attempt, attempt_id, number)
            case Announced():
                self._announced = True
            case Kept(_, recording, sample_rate, pcm):
                self.recordings[recording] = Clip(sample_rate, pcm, complete=True)
            case Timed(_, turn):
                self.journal.turn(turn)

    def _happen(self, record: Happened) -> None:
        conversation, journal = self.conversation, self.journal
        before = conversation.state
        self._guide.answers = list(record.found)
        journal.happened(record.event)
        if isinstance(record.event, GateAnswered):
            journal.gate_answered(record.event)
        for effect in conversation.handle(record.event).effects:
            journal.carried_out(effect, conversation.facts)
            if isinstance(effect, do.StopRinging):
                _stop_ringing(journal.visit)
        if conversation.state is not record.state:
            raise LookupError(f"it led to {record.state} then, and leads elsewhere now")
        if conversation.state is not before:
            journal.state(conversation.state)


def _phrases(begun: Begun) -> Phrases:
    one_thing = begun.options.one_thing_at_a_time
    return Phrases(begun.name, begun.greeting, one_thing_at_a_time=one_thing)


def _stop_ringing(visit: Visit) -> None:
    """Note, as the errands did then, that what still rang was stopped."""
    visit.attempts[:] = [
        replace(attempt, result=RingResult.NO_ANSWER) if attempt.result == "ringing" else attempt
        for attempt in visit.attempts
    ]
