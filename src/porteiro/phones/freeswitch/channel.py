"""A channel: its state, its variables, and the events that tell of them."""

from collections.abc import Callable
from typing import Final

from porteiro.phones.freeswitch import endpoint as occasions
from porteiro.phones.freeswitch.causes import Q850, named
from porteiro.phones.freeswitch.core import Core
from porteiro.phones.freeswitch.endpoint import Endpoint
from porteiro.phones.freeswitch.packets import Event, Pairs
from porteiro.phones.freeswitch.profile import Profile
from porteiro.phones.freeswitch.report import Outcome, report

Emit = Callable[[Event], None]

_CODEC: Final[Pairs] = [
    (f"Channel-{way}-Codec-{what}", value)
    for way in ("Read", "Write")
    for what, value in (("Name", "PCMU"), ("Rate", "8000"), ("Bit-Rate", "64000"))
]
_EXECUTE: Final = ("CS_EXECUTE", 4)
_HANGUP: Final = ("CS_HANGUP", 10)
_REPORTING: Final = ("CS_REPORTING", 11)


class Channel:
    """One leg in FreeSWITCH. `emit` gets every event, in order.

    `running` is the state that its thread is in, `state` the one that it is to go to:
    at a hang-up they differ for a while, and events tell both.
    """

    def __init__(self, core: Core, profile: Profile, endpoint: Endpoint, variables: Pairs) -> None:
        """Make a channel that rings in the dialplan."""
        self.core = core
        self.profile = profile
        self.endpoint = endpoint
        self.variables = dict(variables)
        self.emit: Emit = lambda _: None
        self.running = self.state = _EXECUTE
        self.call_state = "RINGING"
        self.answer_state = "ringing"
        self.has_codec = False
        self.cause = ""
        self.other: Profile | None = None
        self._digits = ""
        self._holds: list[tuple[int, int]] = []
        self._last_app: tuple[str, str] = ("", "")

    @property
    def uuid(self) -> str:
        """Return its Unique-ID."""
        return self.profile.uuid

    @property
    def name(self) -> str:
        """Return its name, such as `sofia/internal/1001@127.0.0.1`."""
        return self.profile.channel_name

    # ------------------------------------------------------------------------- variables

    def set(self, name: str, value: str | None) -> None:
        """Set a variable, which puts it last, or unset it."""
        self.variables.pop(name, None)
        if value is not None:
            self.variables[name] = value

    def learn(self, occasion: str) -> None:
        """Take over what SIP and RTP have to tell on that occasion."""
        for name, value in self.endpoint.news(occasion):
            self.set(name, value)

    # ---------------------------------------------------------------------------- events

    def described(self, *, variables: bool = True) -> Pairs:
        """Return the headers that describe the channel now."""
        (running, _), (_, number) = self.running, self.state
        inbound = self.profile.direction == "inbound"
        headers = [
            ("Channel-State", running),
            ("Channel-Call-State", self.call_state),
            ("Channel-State-Number", str(number)),
            ("Channel-Name", self.name),
            ("Unique-ID", self.uuid),
            ("Call-Direction", self.profile.direction),
            ("Presence-Call-Direction", self.profile.direction),
            ("Channel-HIT-Dialplan", "true" if inbound else "false"),
            ("Channel-Call-UUID", self.variables.get("call_uuid", self.uuid)),
            ("Answer-State", self.answer_state),
        ]
        if self.cause:
            headers.append(("Hangup-Cause", self.cause))
        headers += _CODEC if self.has_codec else []
        headers += self.profile.headers("Caller")
        if self.other is not None:
            headers += [("Other-Type", "originatee"), *self.other.headers("Other-Leg")]
        if variables:
            headers += [(f"variable_{name}", value) for name, value in self.variables.items()]
        return headers

    def connected(self) -> Pairs:
        """Return the headers of the reply to `connect`."""
        own = self.profile.headers("Channel")
        return self.core.event("CHANNEL_DATA", own + self.described()).headers

    def fire(
        self,
        name: str,
        after: Pairs | None = None,
        *,
        before: Pairs | None = None,
        brief: bool = False,
    ) -> None:
        """Emit an event about the channel, `brief` without its variables."""
        self.learn(name)
        described = self.described(variables=not brief)
        self.emit(self.core.event(name, [*(before or []), *described, *(after or [])]))

    def custom(self, subclass: str, body: bytes) -> None:
        """Emit a CUSTOM event that carries `body`."""
        event = self.core.event("CUSTOM", self.described(), subclass)
        event.body = body
        self.emit(event)

    # ------------------------------------------------------------------------ what happens

    def answer(self) -> None:
        """Be answered, with sound both ways from now on."""
        now = self.core.now()
        times = self.profile.times
        times.answered = now
        self.answer_state, self.has_codec = "answered", True
        if self.profile.direction == "inbound":
            times.progress_media = times.progress_media or now
            self.call_state = "EARLY"
        self.fire("CHANNEL_ANSWER")
        self.call_state = "ACTIVE"

    def hold(self) -> None:
        """Be put on hold by the person's phone."""
        self.profile.times.last_hold = self.core.exactly()
        self.call_state = "HELD"
        self.fire("CHANNEL_HOLD")

    def resume(self) -> None:
        """Be taken off hold."""
        times, now = self.profile.times, self.core.exactly()
        times.hold_accum += now - times.last_hold
        self._holds.append((times.last_hold, now))
        self.call_state = "UNHELD"
        self.fire("CHANNEL_UNHOLD")
        self.call_state = "ACTIVE"

    def digit(self, digit: str, duration: int, source: str) -> None:
        """Have a key pressed; `duration` in samples, `source` RTP or APP."""
        self._digits += digit
        told = [("DTMF-Digit", digit), ("DTMF-Duration", str(duration)), ("DTMF-Source", source)]
        self.fire("DTMF", told, brief=True)

    def park(self) -> None:
        """Wait for what an event socket says."""
        self.fire("CHANNEL_PARK")

    def begin(self, app: str, argument: str, event_uuid: str) -> None:
        """Begin an application; `event_uuid` is what its events are known by."""
        self._last_app = app, argument
        self.set("current_application_data", argument or None)
        self.set("current_application", app)
        self.fire("CHANNEL_EXECUTE", _application(app, argument, None, event_uuid))

    def complete(self, app: str, argument: str, event_uuid: str, response: str = "_none_") -> None:
        """End an application."""
        self.fire("CHANNEL_EXECUTE_COMPLETE", _application(app, argument, response, event_uuid))

    def originated(self, other: Profile, kind: str = "Outbound Call") -> None:
        """Have another leg answer that this one is to be bridged to."""
        self.set("originated_legs", f"{other.uuid};{kind};{other.callee_number}")
        self.learn(occasions.ORIGINATED)
        self.set("originate_disposition", "SUCCESS")
        self.set("DIALSTATUS", "SUCCESS")
        self.set("originate_causes", f"{other.uuid};NONE")

    def bridge(self, other: Profile) -> None:
        """Be joined with another leg."""
        self.other = other
        self.profile.times.bridged = self.core.now()
        self.profile.callee_name = other.callee_name
        self.profile.callee_number = other.callee_number
        self.set("signal_bond", other.uuid)
        self.fire("CHANNEL_BRIDGE", before=self._both())

    def unbridge(self, cause: str) -> None:
        """Be parted from the other leg, which ended for `cause`."""
        other = self.other
        if other is None:
            return
        self.set("last_bridge_to", other.uuid)
        self.set("bridge_channel", other.channel_name)
        self.set("bridge_uuid", other.uuid)
        self.set("signal_bond", other.uuid)
        self.set("last_sent_callee_id_name", other.callee_name)
        self.set("last_sent_callee_id_number", other.callee_number)
        self.set("last_bridge_hangup_cause", cause)
        self.set("bridge_hangup_cause", cause)
        self.fire("CHANNEL_UNBRIDGE", before=self._both())

    def _both(self) -> Pairs:
        other = self.other.uuid if self.other else ""
        return [("Bridge-A-Unique-ID", self.uuid), ("Bridge-B-Unique-ID", other)]

    # --------------------------------------------------------------------------- the end

    def hang_up(self, cause: str) -> None:
        """Begin to end: the thread does not know yet."""
        self.cause = named(cause)
        self.state = _HANGUP
        self.answer_state = "hangup"
        self.fire("CHANNEL_HANGUP")

    def leave_park(self) -> None:
        """Wait no more."""
        self.fire("CHANNEL_UNPARK")

    def stop(self) -> None:
        """Be in the state of a channel that hangs up."""
        self.running = _HANGUP
        self.fire("CHANNEL_STATE", brief=True)
        self.profile.times.hangup = self.core.now()

    def finish(self) -> None:
        """Report the whole call: the last events of a channel."""
        self.running = self.state = _REPORTING
        self.call_state = "HANGUP"
        self.fire("CHANNEL_STATE", brief=True)
        outcome = Outcome(self.cause, Q850[self.cause], self._digits, self._last_app)
        for name, value in report(self.profile, outcome, self._holds):
            self.set(name, value)
        self.learn(occasions.REPORTED)
        self.fire("CHANNEL_HANGUP_COMPLETE", before=[("Hangup-Cause", self.cause)])


def _application(app: str, argument: str, response: str | None, event_uuid: str) -> Pairs:
    pairs = [("Application", app)]
    if argument:
        pairs.append(("Application-Data", argument))
    if response is not None:
        pairs.append(("Application-Response", response))
    return [*pairs, ("Application-UUID", event_uuid)]
