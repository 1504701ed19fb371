"""What several workers say of themselves, put together as if it were one process."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from porteiro.calls.admission import AdmissionLimits, Capacity, Refusal
from porteiro.workers.messages import Standing


def gathered_capacity(standings: Sequence[Standing], past: Mapping[Refusal, int]) -> Capacity:
    """Return the room in all workers; `past` counts what those refused that are gone.

    Every new call is refused only where each worker refuses it. The lag is the worst one's.
    """
    rooms = [standing.capacity for standing in standings]
    if not rooms:
        return Capacity(refused=dict(past))
    reasons = [room.refusing for room in rooms]
    refusing = None if None in reasons else max(reasons, key=reasons.count)
    began = [room.since for room in rooms if room.since is not None]
    refused = Counter(past)
    for room in rooms:
        refused.update(room.refused)
    first = rooms[0].limits
    return Capacity(
        calls=sum(room.calls for room in rooms),
        limits=AdmissionLimits(
            sum(room.limits.calls for room in rooms), first.extension_calls, first.lag_s
        ),
        lag_s=max(room.lag_s for room in rooms),
        refusing=refusing,
        since=max(began) if refusing is not None and began else None,
        extensions=tuple(dict.fromkeys(number for room in rooms for number in room.extensions)),
        told=sum(room.told for room in rooms),
        refused=dict(refused),
    )


_FROM_GOOD: Final = "well probing resting"
"""The conditions of a provider, the worst one last."""


def gathered_providers(standings: Iterable[Standing]) -> Sequence[tuple[str, str, str]]:
    """Return how each provider of speech is: as where it is worst."""
    worst: dict[tuple[str, str], str] = {}
    for standing in standings:
        for part, name, condition in standing.speech_providers:
            known = worst.get((part, name))
            if known is None or _FROM_GOOD.find(condition) > _FROM_GOOD.find(known):
                worst[part, name] = condition
    return [(part, name, condition) for (part, name), condition in worst.items()]


def gathered_queues(standings: Iterable[Standing]) -> Sequence[tuple[str, int, int]]:
    """Return the jobs of each engine, being done and waiting, over all workers."""
    busy: Counter[str] = Counter()
    waiting: Counter[str] = Counter()
    for standing in standings:
        for name, now, later in standing.speech_queues:
            busy[name] += now
            waiting[name] += later
    return [(name, busy[name], waiting[name]) for name in busy]


def gathered_legs(standings: Iterable[Standing]) -> Mapping[str, int]:
    """Return how many of FreeSWITCH's legs are in which state."""
    legs: Counter[str] = Counter()
    for standing in standings:
        legs.update(standing.freeswitch_legs or {})
    return legs
