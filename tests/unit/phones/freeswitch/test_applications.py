"""What a channel executes, and in which order."""

from porteiro.phones.freeswitch.applications import Applications, Begin, Finish, Order
from porteiro.phones.freeswitch.channel import Channel
from porteiro.phones.freeswitch.core import Core
from porteiro.phones.freeswitch.endpoint import SipEndpoint
from porteiro.phones.freeswitch.profile import Profile, Times


class Executing:
    """Applications whose long ones end when the test says so."""

    def __init__(self) -> None:
        profile = Profile("u", "sofia/internal/1", "1", "One", "2", Times())
        channel = Channel(Core(), profile, SipEndpoint({}), [])
        self.log: list[str] = []
        self.finish: dict[str, Finish] = {}
        channel.emit = lambda event: self.log.append(
            f"{event.name.removeprefix('CHANNEL_EXECUTE') or '_BEGIN'} {event.get('Application')}"
        )
        known: dict[str, Begin] = {
            "quick": lambda _, done: done("_none_"),
            "long": lambda _, done: self.finish.update(long=done),
            "other": lambda _, done: self.finish.update(other=done),
        }
        self.applications = Applications(channel, known, lambda: self.log.append("unknown"))

    def execute(self, app: str, *, lock: bool = False) -> None:
        self.applications.execute(Order(app, "", lock))


def test_what_comes_after_a_locking_one_waits_a_hang_up_too() -> None:
    it = Executing()
    it.execute("long", lock=True)
    it.execute("quick")
    it.applications.then(lambda: it.log.append("hang up"))
    assert it.log == ["_BEGIN long"]
    it.finish["long"]("_none_")
    assert it.log == [
        "_BEGIN long",
        "_COMPLETE long",
        "_BEGIN quick",
        "_COMPLETE quick",
        "hang up",
    ]


def test_what_does_not_lock_lets_others_begin() -> None:
    it = Executing()
    it.execute("long")
    it.execute("other")
    it.finish["other"]("_none_")
    assert it.log == ["_BEGIN long", "_BEGIN other", "_COMPLETE other"]


def test_an_unknown_application_is_not_begun() -> None:
    it = Executing()
    it.execute("nosuchapp")
    assert it.log == ["unknown"]


def test_at_the_end_what_runs_ends_and_what_waits_is_forgotten() -> None:
    it = Executing()
    it.execute("long", lock=True)
    it.execute("quick")
    it.applications.abandon()
    assert it.log == ["_BEGIN long", "_COMPLETE long"]


def test_what_is_flushed_is_never_begun() -> None:
    it = Executing()
    it.execute("long", lock=True)
    it.execute("quick")
    it.applications.flush()
    it.finish["long"]("_none_")
    it.finish["long"]("_none_")
    assert it.log == ["_BEGIN long", "_COMPLETE long"]
