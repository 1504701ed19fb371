"""One call: its legs, its conversation, and the loop that turns events into effects."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import assert_never

import structlog

from porteiro.calls.board import CallView, LegEnd
from porteiro.calls.course import Course
from porteiro.calls.errands import Errands, Outside
from porteiro.calls.hearing import Hearing
from porteiro.calls.keeping import keep
from porteiro.calls.leg import Leg, LegParts
from porteiro.calls.letting_go import let_go
from porteiro.calls.parting import Parting, part
from porteiro.calls.ports import Line
from porteiro.calls.replay import Past
from porteiro.calls.services import CallOptions, Services
from porteiro.calls.timers import Timers
from porteiro.calls.visit import Visit
from porteiro.condominiums.condominium import Condominium
from porteiro.condominiums.extension import Extension
from porteiro.dialogue import effects as do
from porteiro.dialogue.events import Broken, Event, LegArrived, Spoken, TimerFired
from porteiro.dialogue.states import State
from porteiro.dialogue.terms import Question, Role
from porteiro.dialogue.turn_ending import ending, silence_after, silence_without_words
from porteiro.errors import StorageError

_log = structlog.get_logger()

FORCE_S = 1.0
"""How long after its end a call waits for the PBX to close before it removes a line by force."""


class Call:
    """A visit in progress; `run` is its whole life, and owns everything that it starts."""

    def __init__(
        self,
        begins: Visit | Past,
        extension: Extension,
        condominium: Condominium,
        services: Services,
        options: CallOptions,
    ) -> None:
        """Make the call that a visit will be the record of, or take it up where its past ended.

        Nobody is on the line yet.
        """
        self.extension = extension
        self._condominium = condominium
        self._services = services
        # Who hears may only know what it was told to expect, now or as long as others are out.
        one_thing = services.transcriber.closed_grammar
        own = options.at(condominium, one_thing_at_a_time=one_thing)
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._group: asyncio.TaskGroup | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._order: asyncio.Task[None] | None = None
        self._legs: dict[Role, Leg] = {}
        self._timers = Timers(self._events.put_nowait)
        self._course = Course(begins, extension, condominium, services, own)
        self._options, self._journal = self._course.options, self._course.journal
        self._phrases, self._conversation = self._course.phrases, self._course.conversation
        self.call_id = self._journal.visit.call_id
        self._errands = Errands(
            self.call_id, extension, self._journal, self._outside(), self._options.errands
        )
        self._parts = self._leg_parts()
        if isinstance(begins, Past):
            self._take_up(begins)

    def _take_up(self, past: Past) -> None:
        if past.restarted.announced:
            self._errands.was_announced()
        self._take(past.restarted)

    def _outside(self) -> Outside:
        services = self._services
        return Outside(
            dialer=services.dialer,
            gate=services.gate,
            handover=services.handover,
            spawn=self._spawn,
            post=self._events.put_nowait,
            wall=lambda: services.clock.wall().timestamp(),
            log=self._course.log,
        )

    def _leg_parts(self) -> LegParts:
        services = self._services
        hearing = Hearing(
            call_id=self.call_id,
            clock=services.clock,
            spawn=self._spawn,
            transcriber=services.transcriber,
            understanding=services.understanding,
            vocabulary=self._vocabulary,
            silence=self._silence,
            guide=self._condominium.guide,
            trouble=self._journal.trouble,
        )
        return LegParts(
            hearing=hearing,
            voices=services.voices,
            post=self._events.put_nowait,
            recordings=self._course.recordings,
            turn_timed=self._course.timed,
            filled=self._journal.said,
        )

    # ---------------------------------------------------------------- seen from outside

    @property
    def expects_resident(self) -> bool:
        """Whether a resident's line may join now."""
        return self._course.expects_resident and Role.RESIDENT not in self._legs

    @property
    def expects_visitor(self) -> bool:
        """Whether the visitor's line is waited for, after a restart of Porteiro."""
        return self._course.awaits(Role.VISITOR) and Role.VISITOR not in self._legs

    @property
    def visitor_left(self) -> bool:
        """Whether the visitor's line is gone, so that the call is about to end."""
        leg = self._legs.get(Role.VISITOR)
        return leg is not None and leg.gone.is_set()

    def join(self, role: Role, line: Line) -> None:
        """Take a person's line into the call."""
        self._journal.leg_arrived(role, line.peer)
        leg = replace(self._options.leg, filler=self._phrases.text("one_moment"))
        self._legs[role] = Leg(role, line, self._parts, leg)
        self._events.put_nowait(LegArrived(role))

    def hang_up(self, role: Role) -> LegEnd:
        """Hang one leg up now; the conversation learns of it as of any hang-up."""
        leg = self._legs.get(role)
        if leg is None or leg.gone.is_set():
            return LegEnd.NO_SUCH_LEG
        leg.line.hang_up()
        return LegEnd.HUNG_UP

    def break_off(self, reason: str) -> None:
        """Tell everybody on the line that it cannot go on, and end; one that closes just closes."""
        self._events.put_nowait(Broken(reason))

    def view(self) -> CallView:
        """Return the call as it stands."""
        self._journal.collect(self._conversation.facts)
        legs = tuple(role for role, leg in self._legs.items() if not leg.gone.is_set())
        return CallView(
            self._journal.visit,
            self.extension.extension_id,
            self._conversation.state,
            legs,
            tuple(role for role in legs if self._legs[role].on_hold),
        )

    # --------------------------------------------------------------------- its life

    async def run(self) -> None:
        """Live from the first word to the last; afterwards nothing of the call is left.

        A failure inside ends the call with words and a hang-up, and is raised on.
        Cancelling it removes the lines.
        """
        try:
            async with asyncio.timeout(self._options.dialogue.call_s):
                try:
                    await self._live()
                except ExceptionGroup as failures:
                    self._journal.trouble("call", repr(failures.exceptions[0]))
                    await self._apologise()
                    raise
        except TimeoutError:
            self._journal.trouble("call", "took too long to end; removed by force")
        finally:
            self._timers.stop_all()
            await self._remove_lines()
            await self._record()

    def let_go(self) -> None:
        """Free what the call held, now that it is over and its view was taken."""
        let_go(self._legs.values(), self)

    async def _live(self) -> None:
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                while self._conversation.state is not State.ENDED:
                    self._take(await self._events.get())
                if self._order is not None:
                    await self._order
            finally:
                for leg in self._legs.values():
                    leg.end()
                for task in self._tasks:
                    task.cancel()

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Start a task that this call owns; if it fails, the call fails."""
        if self._group is None:
            raise RuntimeError("a call starts tasks only while it runs")
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _apologise(self) -> None:
        """Tell whoever is still on the line that something went wrong, and hang up."""
        parting = Parting(self._phrases.text("broken"), self._options.leg.voice, limit_s=8.0)
        lines = [leg.line for leg in self._legs.values() if not leg.gone.is_set()]
        async with asyncio.TaskGroup() as group:
            for line in lines:
                group.create_task(part(line, self._services.voices, parting))

    async def _remove_lines(self) -> None:
        """Hang up what is still up, and remove by force what the PBX then does not close."""
        legs = self._legs.values()
        for leg in legs:
            leg.line.hang_up()
        try:
            async with asyncio.timeout(FORCE_S):
                for leg in legs:
                    await leg.gone.wait()
        except TimeoutError:
            self._journal.trouble("line", "the PBX did not close; removed by force")
        finally:
            for leg in legs:
                leg.line.abort()

    async def _record(self) -> None:
        facts = self._conversation.facts
        facts.end = facts.end or "stopped from outside"
        self._journal.ended(facts)
        recorded = False
        try:
            await keep(self._services.visits, self._journal.visit)
            recorded = True
        except StorageError as error:
            self._journal.trouble("visit log", str(error))
        finally:
            self._course.log.close(keep=not recorded)

    # ------------------------------------------------------------ events and effects

    def _take(self, event: Event) -> None:
        """Have the conversation take an event, and carry out what it leads to."""
        if self._overtaken(event):
            return
        before = self._conversation.state
        for effect in self._course.take(event):
            self._journal.carried_out(effect, self._conversation.facts)
            self._carry_out(effect)
        if self._conversation.state is not before:
            self._journal.state(self._conversation.state)

    def _overtaken(self, event: Event) -> bool:
        """Whether something has happened since that makes this event untrue."""
        match event:
            case TimerFired():
                return not self._timers.is_due(event)
            case Spoken(role):
                return self._legs[role].talking
            case _:
                return False

    def _carry_out(self, effect: do.Effect) -> None:
        match effect:
            case do.Say(role):
                self._legs[role].say(effect)
            case do.Prepare(segments):
                self._legs[Role.VISITOR].prepare(segments)
            case do.Listen(role):
                self._legs[role].listen(effect)
            case do.StartTimer(name, seconds):
                self._timers.start(name, seconds)
            case do.StopTimer(name):
                self._timers.stop(name)
            case do.EndCall():
                self._timers.stop_all()
            case do.Ring() | do.StopRinging() | do.Announce() | do.HandOver():
                self._run_errand(effect)
            case _:
                self._tell_leg(effect)

    def _tell_leg(
        self,
        effect: do.Record | do.FinishRecording | do.StopTalking | do.StopListening | do.HangUp,
    ) -> None:
        leg = self._legs[effect.role]
        match effect:
            case do.Record(_, limit_s):
                leg.record("visitor's words", limit_s)
            case do.FinishRecording():
                leg.finish_recording()
            case do.StopTalking():
                leg.stop_talking()
            case do.StopListening():
                leg.stop_listening()
            case do.HangUp():
                leg.line.hang_up()
            case _:
                assert_never(effect)

    def _run_errand(self, effect: do.Ring | do.StopRinging | do.Announce | do.HandOver) -> None:
        match effect:
            case do.Ring():
                self._errands.ring(effect)
            case do.StopRinging():
                self._errands.stop_ringing()
            case do.Announce():
                self._order = self._errands.announce(effect, self.extension.condominium_id)
            case do.HandOver():
                self._errands.hand_over(effect)
            case _:
                assert_never(effect)

    def _vocabulary(self, question: Question) -> tuple[str, ...]:
        """Return the words expected as an answer, for a recognizer that needs to be told."""
        guide, match = self._condominium.guide, self._conversation.facts.match
        if question is Question.APARTMENT:
            return guide.apartments()
        if question in (Question.RESIDENT, Question.SURNAME):
            return guide.residents(match.apartment if match else None)
        return ()

    def _silence(self, words: str, question: Question) -> float:
        """Return the seconds of silence that end a turn of these words so far."""
        options = self._options.turn_ending
        if not words:
            return silence_without_words(question, options)
        conversation = self._conversation
        return silence_after(
            ending(words, question, self._condominium.guide, conversation.facts), options
        )
