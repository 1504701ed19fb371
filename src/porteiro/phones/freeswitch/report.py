"""What FreeSWITCH reckons up at a call's end: times, durations, and how it ended."""

from dataclasses import dataclass

from porteiro.phones.freeswitch.core import stamp
from porteiro.phones.freeswitch.packets import Pairs
from porteiro.phones.freeswitch.profile import Profile, Times


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended: its cause, the keys pressed, the last application and its argument."""

    cause: str
    q850: int
    digits: str
    last_app: tuple[str, str]


def report(profile: Profile, outcome: Outcome, holds: list[tuple[int, int]]) -> Pairs:
    """Return the variables that CHANNEL_HANGUP_COMPLETE has more than those before."""
    app, argument = outcome.last_app
    pairs = [
        ("hangup_cause", outcome.cause),
        ("hangup_cause_q850", str(outcome.q850)),
        ("digits_dialed", outcome.digits or "none"),
        *_stamps(profile.times, holds),
        *_epochs(profile.times),
        ("last_app", app),
        ("last_arg", argument),
        ("caller_id", f'"{profile.name}" <{profile.number}>'),
        *_durations(profile.times),
    ]
    return [(name, value) for name, value in pairs if value]


def _stamps(times: Times, holds: list[tuple[int, int]]) -> Pairs:
    known = [
        ("start", times.created),
        ("profile_start", times.profile_created),
        ("answer", times.answered),
        ("bridge", times.bridged),
        ("hold", times.last_hold),
        ("progress", times.progress),
        ("progress_media", times.progress_media),
    ]
    pairs = [(f"{name}_stamp", stamp(at)) for name, at in known if at]
    if holds:
        spans = ",".join(f"{{{begin},{end}}}" for begin, end in holds)
        pairs.append(("hold_events", f"{{{spans}}}"))
    return [*pairs, ("end_stamp", stamp(times.hangup))]


def _epochs(times: Times) -> Pairs:
    pairs = []
    for name, at in (
        ("start", times.created),
        ("profile_start", times.profile_created),
        ("answer", times.answered),
        ("bridge", times.bridged),
        ("last_hold", times.last_hold),
    ):
        pairs += _epoch(name, at)
    pairs += [
        ("hold_accum_seconds", str(times.hold_accum // 1_000_000)),
        ("hold_accum_usec", str(times.hold_accum)),
        ("hold_accum_ms", str(times.hold_accum // 1000)),
    ]
    for name, at in (
        ("resurrect", times.resurrect),
        ("progress", times.progress),
        ("progress_media", times.progress_media),
        ("end", times.hangup),
    ):
        pairs += _epoch(name, at)
    return pairs


def _epoch(name: str, at: int) -> Pairs:
    return [(f"{name}_epoch", str(at // 1_000_000)), (f"{name}_uepoch", str(at))]


def _durations(times: Times) -> Pairs:
    """Reckon each duration in seconds, milliseconds and microseconds, from ends cut to the unit."""
    spans = [
        ("duration", times.created, times.hangup),
        ("bill", times.answered, times.hangup),
        ("progress", times.created, times.progress),
        ("answer", times.created, times.answered),
        ("wait", times.created, times.bridged),
        ("progress_media", times.created, times.progress_media),
        ("flow_bill", times.created, times.hangup),
    ]
    pairs: Pairs = []
    for unit, prefix, per in (("sec", "", 1_000_000), ("msec", "m", 1000), ("usec", "u", 1)):
        for name, begin, end in spans:
            length = end // per - begin // per if begin and end else 0
            called = f"{prefix}duration" if name == "duration" else f"{name}{unit}"
            pairs.append((called, str(length)))
    return pairs
