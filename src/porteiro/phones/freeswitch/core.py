"""One running FreeSWITCH as its events name it: who it is, what time it has, how it counts."""

import time
from dataclasses import dataclass
from typing import Final

from porteiro.phones.freeswitch.packets import Event, Pairs

_PLACES: Final = {
    "BACKGROUND_JOB": ("mod_event_socket.c", "api_exec", 1572),
    "CHANNEL_ANSWER": ("switch_channel.c", "switch_channel_perform_mark_answered", 3846),
    "CHANNEL_BRIDGE": ("switch_ivr_bridge.c", "switch_ivr_multi_threaded_bridge", 1689),
    "CHANNEL_DATA": ("mod_event_socket.c", "parse_command", 2021),
    "CHANNEL_EXECUTE": ("switch_core_session.c", "switch_core_session_exec", 2853),
    "CHANNEL_EXECUTE_COMPLETE": ("switch_core_session.c", "switch_core_session_exec", 2967),
    "CHANNEL_HANGUP": ("switch_channel.c", "switch_channel_perform_hangup", 3445),
    "CHANNEL_HANGUP_COMPLETE": (
        "switch_core_state_machine.c",
        "switch_core_session_reporting_state",
        943,
    ),
    "CHANNEL_HOLD": ("switch_channel.c", "switch_channel_mark_hold", 875),
    "CHANNEL_PARK": ("switch_ivr.c", "switch_ivr_park", 1002),
    "CHANNEL_STATE": ("switch_channel.c", "switch_channel_perform_set_running_state", 2408),
    "CHANNEL_UNBRIDGE": ("switch_ivr_bridge.c", "switch_ivr_multi_threaded_bridge", 1879),
    "CHANNEL_UNHOLD": ("switch_channel.c", "switch_channel_mark_hold", 875),
    "CHANNEL_UNPARK": ("switch_ivr.c", "switch_ivr_park", 1213),
    "CUSTOM": ("mod_audio_stream.c", "responseHandler", 16),
    "DTMF": ("switch_channel.c", "switch_channel_dequeue_dtmf", 677),
    "HEARTBEAT": ("switch_core.c", "send_heartbeat", 94),
}
"""Where in FreeSWITCH's source an event comes from, as its headers say; EXECUTE and
HEARTBEAT are in no recording, so their lines are guessed."""


@dataclass(frozen=True, slots=True)
class Identity:
    """How a FreeSWITCH calls itself in every event."""

    core_uuid: str = "7dd8e0f4-d2f2-46df-adc0-2951511d45f7"
    hostname: str = "fs"
    switchname: str = "fs-stand-in"
    ipv4: str = "127.0.0.1"
    ipv6: str = "::1"


@dataclass(frozen=True, slots=True)
class Moment:
    """When an event came, in microseconds since 1970, and its number."""

    at_us: int
    sequence: int


class Core:
    """Stamps events; a test that repeats a recording gives it the recording's moments."""

    def __init__(self, identity: Identity | None = None) -> None:
        """Count from 1."""
        self._identity = identity or Identity()
        self._sequence = 0

    def now(self) -> int:
        """Return the time in microseconds since 1970."""
        return time.time_ns() // 1000

    def exactly(self) -> int:
        """Return the time as hold is noted, which is finer than that of the events."""
        return self.now()

    def moment(self, name: str) -> Moment:  # noqa: ARG002  a recording's moments go by name
        """Return the stamp of an event of this name, or of this subclass if it is CUSTOM."""
        self._sequence += 1
        return Moment(self.now(), self._sequence)

    def event(self, name: str, more: Pairs, subclass: str = "") -> Event:
        """Return an event with what every event begins with, and `more`."""
        moment, who = self.moment(subclass or name), self._identity
        file, function, line = _PLACES[name]
        began = time.gmtime(moment.at_us // 1_000_000)
        headers = [("Event-Subclass", subclass)] if subclass else []
        headers += [
            ("Event-Name", name),
            ("Core-UUID", who.core_uuid),
            ("FreeSWITCH-Hostname", who.hostname),
            ("FreeSWITCH-Switchname", who.switchname),
            ("FreeSWITCH-IPv4", who.ipv4),
            ("FreeSWITCH-IPv6", who.ipv6),
            ("Event-Date-Local", stamp(moment.at_us)),
            ("Event-Date-GMT", time.strftime("%a, %d %b %Y %H:%M:%S GMT", began)),
            ("Event-Date-Timestamp", str(moment.at_us)),
            ("Event-Calling-File", file),
            ("Event-Calling-Function", function),
            ("Event-Calling-Line-Number", str(line)),
            ("Event-Sequence", str(moment.sequence)),
        ]
        return Event(headers + more)


def stamp(at_us: int) -> str:
    """Return a time as FreeSWITCH writes it where its clock is UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at_us // 1_000_000))
