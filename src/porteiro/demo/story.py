"""What is kept of a visit while it is shown: the news of it, and what its phones recorded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from porteiro.calls.board import Change, JsonValue
from porteiro.phones.recording import Recording
from porteiro.phones.telephone import Ending, Mark, Telephone


@dataclass(frozen=True, slots=True)
class News:
    """One change of the call; `at` in seconds of the event loop's clock, as the phones' marks."""

    at: float
    kind: str
    data: Mapping[str, JsonValue]

    def text(self, name: str) -> str:
        """Return one particular as text, empty where there is none."""
        value = self.data.get(name)
        return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class PhoneTrace:
    """What one phone went through: both directions of sound, its marks, its end."""

    recording: Recording
    marks: tuple[Mark, ...]
    ending: Ending | None

    @classmethod
    def of(cls, phone: Telephone) -> "PhoneTrace":
        """Take what a phone has recorded so far."""
        return cls(phone.recording, tuple(phone.marks), phone.ending)


@dataclass(slots=True)
class Story:
    """One visit of the demo; `began` is when its visitor picked up the intercom."""

    number: int
    call_id: str
    began: float
    news: list[News] = field(default_factory=list)
    visitor: PhoneTrace | None = None
    resident: PhoneTrace | None = None

    def take(self, change: Change, at: float) -> News:
        """Keep one change of this visit that came at `at`."""
        news = News(at, change.kind, change.data)
        self.news.append(news)
        return news

    def of_kind(self, *kinds: str) -> Iterator[News]:
        """Yield the news of some kinds, in order."""
        return (news for news in self.news if news.kind in kinds)

    def last(self, kind: str, name: str) -> str:
        """Return a particular of the last news of a kind, empty where there was none."""
        found = [news.text(name) for news in self.of_kind(kind)]
        return found[-1] if found else ""

    def phones(self) -> tuple[tuple[str, PhoneTrace], ...]:
        """Return the phones that took part, by whose they are."""
        both = (("visitor", self.visitor), ("resident", self.resident))
        return tuple((name, trace) for name, trace in both if trace is not None)
