"""The process's figures for Prometheus, in a registry of their own."""

import asyncio
from collections import Counter as Tally
from collections.abc import Iterator, Mapping
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from porteiro import __version__
from porteiro.calls.admission import Capacity, Refusal
from porteiro.calls.board import Change, JsonValue
from porteiro.condominiums.board import ExtensionState
from porteiro.web.lag import LagTally
from porteiro.web.parts import ApiParts
from porteiro.web.worker_figures import own_lag, worker_figures

_ANSWER: Final = (0.01, 0.02, 0.04, 0.07, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_ANSWER_PARTS: Final = ("transcription_ms", "understanding_ms", "first_frame_ms")
_TURN_PART: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0)
_TURN_PARTS: Final = {
    "endpointing": "silence_ms",
    "transcription": "transcription_ms",
    "understanding": "understanding_ms",
    "first_sound": "first_frame_ms",
}


class _Counted:
    """What happens to calls, counted since the start."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Begin at zero."""

        def counter(name: str, told: str, *labels: str) -> Counter:
            return Counter(f"porteiro_{name}", told, labels, registry=registry)

        self.started = counter("calls_started", "Calls taken in")
        self.ended = counter(
            "calls_ended",
            "Calls that are over, by decision and by how they ended",
            "decision",
            "end",
        )
        self.rung = counter("ring_attempts", "Attempts to reach a resident", "result")
        self.gate = counter("gate_orders", "Orders to gates, by result", "result")
        self.trouble = counter("call_troubles", "What failed in calls", "part")
        self.interruptions = counter(
            "interruptions", "Phrases of ours that a person's words cut short", "role"
        )
        self.lost = counter(
            "changes_uncounted", "Changes of calls that came too fast to be counted here"
        )
        self.answer = Histogram(
            "porteiro_answer_seconds",
            "From the end of a person's turn to our first frame, beyond the configured silence",
            buckets=_ANSWER,
            registry=registry,
        )
        self.turn_part = Histogram(
            "porteiro_turn_part_seconds",
            "The parts of a turn, from the person's last sound to our first frame",
            ("part",),
            buckets=_TURN_PART,
            registry=registry,
        )

    def count(self, change: Change) -> None:
        """Count one change of a call."""
        data = change.data
        match change.kind:
            case "started":
                self.started.inc()
            case "ended":
                self.ended.labels(str(data["decision"]), str(data["end"])).inc()
            case "ring_ended":
                self.rung.labels(str(data["result"])).inc()
            case "gate":
                self.gate.labels(str(data["result"])).inc()
            case "trouble":
                self.trouble.labels(str(data["part"])).inc()
            case "turn":
                self._count_turn(data)
            case "interrupted":
                self.interruptions.labels(str(data["role"])).inc()
            case _:
                pass

    def _count_turn(self, data: Mapping[str, JsonValue]) -> None:
        self.answer.observe(sum(_number(data[name]) for name in _ANSWER_PARTS) / 1000)
        for part, name in _TURN_PARTS.items():
            # A frame may leave a moment before its answer is noted: no histogram takes less than 0.
            self.turn_part.labels(part).observe(max(0.0, _number(data[name])) / 1000)


class Metrics:
    """Counts what happens, and looks at the parts when asked."""

    def __init__(self, parts: ApiParts) -> None:
        """Begin at zero."""
        self._parts = parts
        self._registry = CollectorRegistry()
        self._present = _Present()
        self._registry.register(self._present)
        ProcessCollector(registry=self._registry)
        self._counted = _Counted(self._registry)
        self._lag = LagTally()
        self._requests = Counter(
            "porteiro_http_requests",
            "Requests to this API",
            ("method", "route", "status"),
            registry=self._registry,
        )

    async def page(self) -> bytes:
        """Return every figure as it is now, in Prometheus' text format."""
        await self._parts.look()
        self._present.seen = (*_seen(self._parts), *self._of_processes())
        await asyncio.sleep(0)  # looking at a thousand extensions was a step of its own
        return generate_latest(self._registry)

    def request(self, method: str, route: str, status: int) -> None:
        """Count one answered request."""
        self._requests.labels(method, route, str(status)).inc()

    async def follow_calls(self) -> None:
        """Count what happens to calls, until cancelled."""
        with self._parts.calls.changes.subscribe() as subscription:
            uncounted = 0
            async for change in subscription:
                self._counted.count(change)
                self._counted.lost.inc(subscription.lost - uncounted)
                uncounted = subscription.lost

    async def watch_loop(self) -> None:
        """Measure how late the loop is, until cancelled."""
        await self._lag.watch()

    def _of_processes(self) -> Iterator[Metric]:
        """Yield the loop's lag: this one's, or of each process of several."""
        if self._parts.workers is None:
            yield own_lag(self._lag)
        else:
            yield from worker_figures(self._parts.workers(), self._lag)


class _Present(Collector):
    """What was seen when the parts were last looked at."""

    def __init__(self) -> None:
        self.seen: tuple[Metric, ...] = ()

    def collect(self) -> Iterator[Metric]:
        return iter(self.seen)


def _seen(parts: ApiParts) -> Iterator[Metric]:
    """Look at the parts as they are now."""
    info = GaugeMetricFamily("porteiro_info", "The version that runs", labels=("version",))
    info.add_metric((__version__,), 1)
    yield info
    calls = sum(parts.calls.by_extension().values())
    yield GaugeMetricFamily("porteiro_calls_in_progress", "Calls in progress", value=calls)
    yield from _room(parts.capacity())
    states = Tally(view.state for view in parts.extensions.extensions())
    extensions = GaugeMetricFamily("porteiro_extensions", "Extensions, by state", labels=("state",))
    for state in ExtensionState:
        extensions.add_metric((state.value,), states[state])
    yield extensions
    yield GaugeMetricFamily(
        "porteiro_visits_waiting",
        "Ended visits that wait to be written",
        value=parts.visits_waiting(),
    )
    listening = parts.database_listening()
    if listening is not None:
        yield GaugeMetricFamily(
            "porteiro_database_listening",
            "Whether changes of the database reach us now",
            value=int(listening),
        )
    if parts.freeswitch_legs is not None:
        legs = GaugeMetricFamily(
            "porteiro_freeswitch_legs", "FreeSWITCH's legs, by state", labels=("state",)
        )
        for leg_state, count in parts.freeswitch_legs().items():
            legs.add_metric((leg_state,), count)
        yield legs
    providers = GaugeMetricFamily(
        "porteiro_speech_provider",
        "1 for the condition that a chosen provider of speech is in",
        labels=("part", "provider", "condition"),
    )
    for provider in parts.speech_providers():
        providers.add_metric(provider, 1)
    yield providers
    jobs = GaugeMetricFamily(
        "porteiro_speech_jobs",
        "Jobs of a provider that works in processes of ours, being done or waiting",
        labels=("provider", "state"),
    )
    for name, busy, waiting in parts.speech_queues():
        jobs.add_metric((name, "busy"), busy)
        jobs.add_metric((name, "waiting"), waiting)
    yield jobs


def _room(capacity: Capacity) -> Iterator[Metric]:
    """Return how much room there is for calls, and how often there was none."""
    yield GaugeMetricFamily(
        "porteiro_calls_limit", "Calls that may be in progress", value=capacity.limits.calls
    )
    yield GaugeMetricFamily(
        "porteiro_admission_lag_seconds",
        "The event loop's lag of the last seconds, by which calls are refused",
        value=capacity.lag_s,
    )
    refusing = GaugeMetricFamily(
        "porteiro_refusing", "1 for the reason why every new call is refused", labels=("reason",)
    )
    refused = CounterMetricFamily(
        "porteiro_calls_refused", "Lines that were not taken in", labels=("reason",)
    )
    for reason in Refusal:
        refused.add_metric((reason.value,), capacity.refused.get(reason, 0))
    for reason in (Refusal.CALLS, Refusal.LAG, Refusal.DRAINING):
        refusing.add_metric((reason.value,), int(capacity.refusing is reason))
    yield refusing
    yield refused


def _number(value: JsonValue) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
