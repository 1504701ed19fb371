"""Which events an event socket gets, and in which form."""

from porteiro.phones.freeswitch.packets import Event, Reply, as_json, plain

_MINE = frozenset(
    {
        "CHANNEL_ANSWER",
        "CHANNEL_BRIDGE",
        "CHANNEL_CREATE",
        "CHANNEL_EXECUTE",
        "CHANNEL_EXECUTE_COMPLETE",
        "CHANNEL_HANGUP",
        "CHANNEL_HANGUP_COMPLETE",
        "CHANNEL_PARK",
        "CHANNEL_STATE",
        "CHANNEL_UNBRIDGE",
        "CHANNEL_UNPARK",
        "DTMF",
    }
)
"""What `myevents` stands for; hold, unhold and CUSTOM are not among it."""


class Subscriptions:
    """The events that one event socket asked for."""

    def __init__(self) -> None:
        """Begin with none."""
        self._names: set[str] = set()
        self._customs: set[str] = set()
        self._filters: list[tuple[str, str]] = []
        self._json = False
        self._channel = ""

    def mine(self, channel: str, rest: str) -> Reply:
        """Take `myevents`: those of one channel, and from now on of no other."""
        self._channel = channel
        self._names |= _MINE
        self._json = rest.strip().lower() == "json"
        return Reply("+OK Events Enabled")

    def add(self, rest: str) -> Reply:
        """Take `event <form> <names>`; all that follows CUSTOM are subclasses."""
        form, _, names = rest.partition(" ")
        if form.lower() not in ("plain", "json") or not names.strip():
            return Reply("-ERR no keywords supplied")
        self._json = form.lower() == "json"
        names_of, _, subclasses = names.partition("CUSTOM")
        self._names |= {name.upper() for name in names_of.split()}
        self._customs |= set(subclasses.split())
        return Reply(f"+OK event listener enabled {form.lower()}")

    def nix(self, rest: str) -> Reply:
        """Take `nixevent`."""
        names_of, _, subclasses = rest.partition("CUSTOM")
        self._names -= {name.upper() for name in names_of.split()}
        self._customs -= set(subclasses.split())
        return Reply("+OK events nixed")

    def none(self) -> Reply:
        """Take `noevents`."""
        self._names.clear()
        self._customs.clear()
        return Reply("+OK no longer listening for events")

    def filter(self, rest: str) -> Reply:
        """Take `filter`: an event must match one of them, if there are any."""
        name, _, value = rest.partition(" ")
        if name.lower() == "delete":
            name, _, value = value.partition(" ")
            self._filters = [
                known
                for known in self._filters
                if name != "all"
                and known not in ((name, value), (name, known[1] if not value else ""))
            ]
            return Reply(f"+OK filter deleted. [{name}][{value}]")
        self._filters.append((name, value))
        return Reply(f"+OK filter added. [{name}]=[{value}]")

    def takes(self, event: Event) -> bool:
        """Say whether an event is to be sent."""
        if event.name == "CUSTOM":
            wanted = event.subclass in self._customs
        else:
            wanted = event.name in self._names or "ALL" in self._names
        if self._channel and self._channel not in (
            event.get("Unique-ID"),
            event.get("Job-Owner-UUID"),
        ):
            return False
        matches = (event.get(name) == value for name, value in self._filters)
        return wanted and (not self._filters or any(matches))

    def packet(self, event: Event) -> bytes:
        """Return an event in the form that was asked for."""
        return as_json(event) if self._json else plain(event)
