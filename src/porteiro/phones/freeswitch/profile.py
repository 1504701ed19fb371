"""A caller profile: who calls whom, and when what happened to it."""

from dataclasses import dataclass

from porteiro.phones.freeswitch.packets import Pairs


@dataclass(slots=True)
class Times:
    """When things happened to a channel, in microseconds since 1970; 0: not."""

    profile_created: int = 0
    created: int = 0
    answered: int = 0
    progress: int = 0
    progress_media: int = 0
    hangup: int = 0
    transfer: int = 0
    resurrect: int = 0
    bridged: int = 0
    last_hold: int = 0
    hold_accum: int = 0


@dataclass(slots=True)
class Profile:
    """What FreeSWITCH tells of a channel's caller; what is empty is left out."""

    uuid: str
    channel_name: str
    number: str
    name: str
    destination: str
    times: Times
    direction: str = "inbound"
    logical_direction: str = "inbound"
    username: str = ""
    dialplan: str = ""
    callee_name: str = ""
    callee_number: str = ""
    network: str = "127.0.0.1"
    source: str = "mod_sofia"
    context: str = "default"
    index: str = "1"

    def headers(self, prefix: str) -> Pairs:
        """Return the headers that describe it, each under `prefix`."""
        known = [
            ("Direction", self.direction),
            ("Logical-Direction", self.logical_direction),
            ("Username", self.username),
            ("Dialplan", self.dialplan),
            ("Caller-ID-Name", self.name),
            ("Caller-ID-Number", self.number),
            ("Orig-Caller-ID-Name", self.name),
            ("Orig-Caller-ID-Number", self.number),
            ("Callee-ID-Name", self.callee_name),
            ("Callee-ID-Number", self.callee_number),
            ("Network-Addr", self.network),
            ("ANI", self.number),
            ("Destination-Number", self.destination),
            ("Unique-ID", self.uuid),
            ("Source", self.source),
            ("Context", self.context),
            ("Channel-Name", self.channel_name),
            ("Profile-Index", self.index),
        ]
        pairs = [(name, value) for name, value in known if value] + self._times()
        return [(f"{prefix}-{name}", value) for name, value in pairs]

    def _times(self) -> Pairs:
        times = self.times
        return [
            ("Profile-Created-Time", str(times.profile_created)),
            ("Channel-Created-Time", str(times.created)),
            ("Channel-Answered-Time", str(times.answered)),
            ("Channel-Progress-Time", str(times.progress)),
            ("Channel-Progress-Media-Time", str(times.progress_media)),
            ("Channel-Hangup-Time", str(times.hangup)),
            ("Channel-Transfer-Time", str(times.transfer)),
            ("Channel-Resurrect-Time", str(times.resurrect)),
            ("Channel-Bridged-Time", str(times.bridged)),
            ("Channel-Last-Hold", str(times.last_hold)),
            ("Channel-Hold-Accum", str(times.hold_accum)),
            ("Screen-Bit", "true"),
            ("Privacy-Hide-Name", "false"),
            ("Privacy-Hide-Number", "false"),
        ]
