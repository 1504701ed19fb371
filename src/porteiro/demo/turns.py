"""The measured turns of a visit: what the time before each answer was spent on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from porteiro.demo.story import News, Story

PARTS: Final = {
    "endpointing": "silence_ms",
    "transcription": "transcription_ms",
    "understanding": "understanding_ms",
    "first sound": "first_frame_ms",
}
"""The parts of a turn, one after the other, each with its name in the call's changes."""


@dataclass(frozen=True, slots=True)
class MeasuredTurn:
    """A turn that Porteiro answered.

    `begin` is when the person fell silent, in seconds from the visit's begin; `parts_ms`
    are the lengths of the `PARTS`, in milliseconds.
    """

    begin: float
    parts_ms: tuple[float, ...]

    @property
    def end(self) -> float:
        """When the first frame of the answer left."""
        return self.begin + sum(self.parts_ms) / 1000


def parts_ms(news: News) -> tuple[float, ...]:
    """Return the parts of a turn as its change tells them; none took less than nothing."""
    return tuple(max(0.0, float(news.text(name) or 0)) for name in PARTS.values())


def measured_turns(story: Story, role: str) -> Iterator[MeasuredTurn]:
    """Yield the turns of one person that were measured, in order.

    A turn is told of when its answer was played; it is the one whose words were heard last.
    """
    heard = float("nan")
    for news in story.of_kind("heard", "turn"):
        if news.text("role") != role:
            continue
        if news.kind == "heard":
            heard = news.at - story.began
            continue
        parts = parts_ms(news)
        yield MeasuredTurn(heard - sum(parts[:-1]) / 1000, parts)
