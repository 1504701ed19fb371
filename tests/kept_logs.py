"""Call logs in memory, which outlive the house whose calls they tell of."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from porteiro.calls.reception import Reception
from porteiro.calls.replay import Past, replay
from porteiro.calls.saved import CallLog, Record, SavedCall, Written
from porteiro.calls.services import CallOptions
from tests.fakes import FakeLine
from tests.house import House


@dataclass
class Kept:
    """One call's log in memory."""

    records: list[Record] = field(default_factory=list)
    gone: bool = False
    standing: Written = Written.WHOLE

    def add(self, record: Record) -> None:
        self.records.append(record)

    async def written(self, *, durable: bool = False, limit_s: float = 2.0) -> Written:
        return self.standing

    def close(self, *, keep: bool = False) -> None:
        self.gone = not keep

    def set_aside(self) -> None:
        self.gone = True


@dataclass
class KeptLogs:
    """Logs in memory, which outlive a house."""

    logs: dict[str, Kept] = field(default_factory=dict)
    left: list[Past] = field(default_factory=list)
    broken: frozenset[str] = frozenset()
    claimed: bool = True

    def open(self, call_id: str) -> CallLog:
        return self.logs.setdefault(call_id, Kept())

    def go_on(self, saved: SavedCall) -> CallLog:
        return self.logs[saved.call_id]

    def left_over(self) -> list[Past]:
        return self.left

    async def look_again(self) -> None:
        """Nothing is left by others."""

    def damaged(self) -> frozenset[str]:
        return self.broken

    async def claim(self, saved: SavedCall) -> CallLog | None:
        return self.logs[saved.call_id] if self.claimed else None


def written(house: House, logs: KeptLogs | None = None) -> KeptLogs:
    """Have a house write its calls down; its reception is made anew for that."""
    logs = logs or KeptLogs()
    services = replace(house.reception._services, logs=logs)
    house.reception = Reception(
        services, lambda _: house.condominium, CallOptions(), house.reception._limits
    )
    return logs


async def restarted(logs: KeptLogs, house: House, *, later_s: float = 0.0) -> House:
    """Let a house die without a word, and return the next one; it knows what was written."""
    copies = {name: Kept(list(log.records)) for name, log in logs.logs.items() if not log.gone}
    await house.reception.close()
    pasts = [replay(SavedCall(name, tuple(log.records))) for name, log in copies.items()]
    earlier = timedelta(seconds=later_s)
    left = [replace(past, ended=past.ended - earlier) for past in pasts if past is not None]
    fresh = House(gate=house.gate, dialer=house.dialer, utterances=house.utterances)
    written(fresh, KeptLogs(copies, left))
    return fresh


async def back(house: House, line: FakeLine) -> FakeLine:
    """Let the visitor's line come back."""
    return await house.visitor(line.call_id)
