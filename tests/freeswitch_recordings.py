"""FreeSWITCH's recordings, and a stand-in that is told their times and what SIP did in them."""

import json
import re
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from urllib.parse import unquote

from porteiro.phones.freeswitch.core import Core, Identity, Moment
from porteiro.phones.freeswitch.packets import Pairs
from porteiro.phones.freeswitch.profile import Profile, Times
from tests.fixtures_path import fixtures

FOLDER = fixtures("freeswitch")

_SIP = re.compile(
    r"sip_.*|rtp_.*|switch_[rm]_sdp|ep_codec_string|.*_media_(flow|ip|port)|dtmf_type"
    r"|(original_)?(read|write)_(codec|rate)|endpoint_disposition|proto_specific_hangup_cause"
)
"""The variables that SIP and RTP set, which no event socket can know beforehand."""

_ANCHORS = {"originated_legs": "originated", "flow_billusec": "reported"}
"""What SIP sets after one of these, it sets on that occasion, and not at the next event."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a recording: FreeSWITCH (`from_fs`) or a server sends `data`; none is the end."""

    from_fs: bool
    data: bytes
    what: str


@cache
def steps(name: str) -> tuple[Step, ...]:
    """Return the steps of an event socket's recording."""
    sides = {
        side: (FOLDER / f"{name}.{side}.txt").read_bytes()
        for side in ("from_fs", "to_fs")
        if (FOLDER / f"{name}.{side}.txt").exists()
    }
    timeline = FOLDER / f"{name}.timeline.jsonl"
    if not timeline.exists():
        return (Step(from_fs=True, data=sides["from_fs"], what=""),)
    found = (json.loads(line) for line in timeline.read_text().splitlines())
    return tuple(
        Step(
            from_fs=step["dir"] == "from_fs",
            data=sides[step["dir"]][step["offset"] : step["offset"] + step["length"]],
            what=step["what"],
        )
        for step in found
    )


def described(data: bytes) -> Pairs:
    """Return the headers of an event packet or of the reply to `connect`, decoded."""
    head, _, body = data.partition(b"\n\n")
    if b"text/event-json" in head:
        return [(str(name), str(value)) for name, value in _members(body)]
    block = body.partition(b"\n\n")[0] if b"text/event-plain" in head else head
    pairs = (line.partition(": ") for line in block.decode().split("\n"))
    return [(name, unquote(value)) for name, _, value in pairs]


def is_event(data: bytes) -> bool:
    """Say whether a packet is an event or the reply to `connect`."""
    return b"text/event-" in data.partition(b"\n\n")[0] or data.startswith(b"Event-Name: ")


def variables(headers: Pairs) -> dict[str, str]:
    """Return a channel's variables out of an event's headers."""
    prefix = "variable_"
    return {name.removeprefix(prefix): it for name, it in headers if name.startswith(prefix)}


def identity(headers: Pairs) -> Identity:
    """Return who the recorded FreeSWITCH was."""
    known = dict(headers)
    names = ("Core-UUID", "FreeSWITCH-Hostname", "FreeSWITCH-Switchname", "IPv4", "IPv6")
    return Identity(*(known.get(name) or known[f"FreeSWITCH-{name}"] for name in names))


def profile(headers: Pairs, prefix: str) -> Profile:
    """Return a recorded caller profile."""
    known = {name.removeprefix(f"{prefix}-"): it for name, it in headers if name.startswith(prefix)}
    times = ("Profile-Created", "Created", "Answered", "Progress", "Progress-Media")
    stamps = [int(known.get(f"Channel-{name}-Time") or known[f"{name}-Time"]) for name in times]
    return Profile(
        known["Unique-ID"],
        known["Channel-Name"],
        known["Caller-ID-Number"],
        known["Caller-ID-Name"],
        known["Destination-Number"],
        Times(*stamps),
        direction=known["Direction"],
        logical_direction=known["Logical-Direction"],
        username=known.get("Username", ""),
        dialplan=known.get("Dialplan", ""),
        callee_name=known.get("Callee-ID-Name", ""),
        callee_number=known.get("Callee-ID-Number", ""),
        source=known["Source"],
        index=known.get("Profile-Index", ""),
    )


class RecordedCore(Core):
    """Has the times and the numbers of a recording's events, by their names."""

    def __init__(self, events: list[Pairs]) -> None:
        """Take them from the recording's events, the reply to `connect` among them."""
        super().__init__(identity(events[0]))
        self._moments: dict[str, deque[Moment]] = defaultdict(deque)
        self._exact: deque[int] = deque()
        self.time = 0
        """What the channel's clock shows."""
        self.later = 0
        """What it shows when somebody who was rung answers."""
        for event in events:
            known = dict(event)
            moment = Moment(int(known["Event-Date-Timestamp"]), int(known["Event-Sequence"]))
            self._moments[known.get("Event-Subclass", known["Event-Name"])].append(moment)
            if known["Event-Name"] == "CHANNEL_HOLD":
                self._exact.append(int(known["Caller-Channel-Last-Hold"]))
            if known["Event-Name"] == "CHANNEL_UNHOLD":
                held = int(known["Caller-Channel-Hold-Accum"])
                self._exact.append(int(known["Caller-Channel-Last-Hold"]) + held)

    def now(self) -> int:
        """Return the recording's time."""
        return self.time

    def exactly(self) -> int:
        """Return when hold began or ended."""
        return self._exact.popleft()

    def moment(self, name: str) -> Moment:
        """Return the stamp of the next recorded event of this name; any, if none was recorded."""
        known = self._moments[name]
        return known.popleft() if known else Moment(self.time, 0)


class RecordedEndpoint:
    """Does what SIP and RTP did in a recording, when they did it.

    What else changed among a channel's variables is not told: the stand-in has to know.
    """

    def __init__(self, events: list[Pairs]) -> None:
        """Find out what they did from one event with variables to the next."""
        full = [event for event in events if variables(event)]
        self._deeds = deque(
            _deeds(dict(after)["Event-Name"], variables(before), variables(after))
            for before, after in pairwise(full)
        )

    def news(self, occasion: str) -> Pairs:
        """Return what they did between the last event and the next, on that occasion."""
        if not self._deeds:
            return []
        deeds = self._deeds[0]
        return deeds.pop("", []) + deeds.pop(occasion, [])

    def told(self) -> None:
        """Go on to the next event: the one before has been emitted."""
        if self._deeds:
            self._deeds.popleft()


def _deeds(name: str, before: dict[str, str], after: dict[str, str]) -> dict[str, Pairs]:
    """Return what SIP set from one event to the next, by occasion; "" is at once."""
    deeds: dict[str, Pairs] = defaultdict(list)
    occasion = ""
    for variable in _touched(before, after):
        if _SIP.fullmatch(variable):
            deeds[occasion].append((variable, after[variable]))
        else:
            occasion = _ANCHORS.get(variable, name)
    return deeds


def _touched(before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    """Yield the variables that were set in between: setting one puts it last."""
    old = iter(before.items())
    untouched = 0
    for pair in after.items():
        if pair not in old:  # goes on in `old` until it finds it
            break
        untouched += 1
    yield from list(after)[untouched:]


def _members(body: bytes) -> Pairs:
    members: Pairs = json.loads(body, object_pairs_hook=list)
    return members
