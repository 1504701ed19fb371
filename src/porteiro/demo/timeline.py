"""A visit laid out in time, ready to be drawn: pure, no picture yet. Times in seconds from 0."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from porteiro.demo.story import News, PhoneTrace, Story
from porteiro.demo.turns import MeasuredTurn, measured_turns
from porteiro.phones.recording import Samples, Track
from porteiro.phones.telephone import Ending

_STEP_S: Final = 0.02
_VOICE: Final = 300
"""Peak of a 20 ms step above which it holds a voice."""
_BREATH_S: Final = 0.5
"""Silence up to this long belongs to the phrase around it."""
_FILLER: Final = "one_moment"
_SOON_S: Final = 0.1
"""How soon after it is told of a phrase is on the phone, at the latest."""

_ENDINGS: Final = {
    Ending.PORTEIRO_HUNG_UP: "hung up by Porteiro",
    Ending.WE_HUNG_UP: "hung up",
    Ending.CLOSED: "cut off",
    Ending.BROKEN: "broken off",
    None: "gone",
}


@dataclass(frozen=True, slots=True)
class Span:
    """Something that lasted."""

    begin: float
    end: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class Flag:
    """Something that happened in a moment; `tone` is "good", "bad" or "plain"."""

    at: float
    text: str
    tone: str = "plain"


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that happened to Porteiro's voice; `kind` is "interrupted" or "filler"."""

    at: float
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Wave:
    """How loud a voice was: peaks (0 to 1) of each step of `step_s` from `begin` on."""

    begin: float
    step_s: float
    peaks: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Leg:
    """One line: the person's voice and Porteiro's, what each said, how fast it was answered."""

    name: str
    person: Wave
    porteiro: Wave
    said: tuple[Span, ...]
    heard: tuple[Span, ...]
    answers: tuple[Span, ...]
    """From the end of the person's speech to the first sound of Porteiro's answer."""
    turns: tuple[MeasuredTurn, ...] = ()
    incidents: tuple[Incident, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """A whole visit."""

    seconds: float
    states: tuple[Span, ...]
    rings: tuple[Span, ...]
    legs: tuple[Leg, ...]
    flags: tuple[Flag, ...]


def timeline(story: Story) -> Timeline:
    """Lay a visit out in time."""
    flags = tuple(_flags(story))
    last_news = story.news[-1].at - story.began if story.news else 0.0
    seconds = max([last_news, *(flag.at for flag in flags)]) + 0.5
    return Timeline(
        seconds=seconds,
        states=tuple(_states(story, seconds)),
        rings=tuple(_rings(story, seconds)),
        legs=tuple(_leg(name, phone, story) for name, phone in story.phones()),
        flags=flags,
    )


def voiced(wave: Wave) -> list[Span]:
    """Return where a voice is heard in a track; short breaths do not divide a phrase."""
    loud = np.flatnonzero(np.array(wave.peaks) > _VOICE / 32768)
    if not loud.size:
        return []
    breath = _BREATH_S / wave.step_s
    cuts = np.flatnonzero(np.diff(loud) > breath) + 1
    return [
        Span(wave.begin + part[0] * wave.step_s, wave.begin + (part[-1] + 1) * wave.step_s)
        for part in np.split(loud, cuts)
    ]


def _wave(track: Track, began: float) -> Wave:
    peaks = _peaks(track.samples(), round(track.sample_rate * _STEP_S))
    return Wave(track.origin - began, _STEP_S, peaks)


def _peaks(samples: Samples, step: int) -> tuple[float, ...]:
    """Return the loudest sample of each step, 0 to 1."""
    padded = np.pad(samples, (0, -samples.size % step)).astype(np.float64)
    return tuple(float(peak) / 32768 for peak in np.abs(padded.reshape(-1, step)).max(axis=1))


def _leg(name: str, phone: PhoneTrace, story: Story) -> Leg:
    person = _wave(phone.recording.said, story.began)
    porteiro = _wave(phone.recording.heard, story.began)
    phrases = voiced(porteiro)
    said = tuple(sorted((*_spoken(phone, story), *_keyed(phone, story)), key=lambda s: s.begin))
    return Leg(
        name=name,
        person=person,
        porteiro=porteiro,
        said=said,
        heard=tuple(_captioned(phrases, name, story)),
        answers=tuple(_answers(said, phrases)),
        turns=tuple(measured_turns(story, name)),
        incidents=tuple(_incidents(said, phrases, name, story)),
    )


def _spoken(phone: PhoneTrace, story: Story) -> Iterator[Span]:
    """Yield what the person said: from the mark before the voice to the one after it."""
    ended = [mark.at for mark in phone.marks if mark.kind in {"said", "ended"}]
    for mark in phone.marks:
        if mark.kind == "says":
            end = min((at for at in ended if at >= mark.at), default=mark.at)
            yield Span(mark.at - story.began, end - story.began, f"“{mark.text}”")


def _keyed(phone: PhoneTrace, story: Story) -> Iterator[Span]:
    """Yield the keys that were pressed, those in quick succession as one."""
    row: list[tuple[float, str]] = []
    for mark in phone.marks:
        if mark.kind != "key":
            continue
        if row and mark.at - row[-1][0] > 1:
            yield _keys(row, story.began)
            row = []
        row.append((mark.at, mark.text))
    if row:
        yield _keys(row, story.began)


def _keys(row: list[tuple[float, str]], began: float) -> Span:
    pressed = "".join(key for _, key in row)
    word = "key" if len(row) == 1 else "keys"
    return Span(row[0][0] - began, row[-1][0] - began + 0.1, f"{word} {pressed}")


def _captioned(phrases: list[Span], role: str, story: Story) -> Iterator[Span]:
    """Yield Porteiro's phrases with their words: what it said from then on and before the next.

    A filler has a mark of its own.
    """
    sayings = [
        (news.at - story.began, news.text("text"))
        for news in story.of_kind("say")
        if news.text("role") == role and news.text("key") != _FILLER
    ]
    for number, phrase in enumerate(phrases):
        last = number == len(phrases) - 1
        text = [words for at, words in sayings if last or at < phrase.end]
        sayings = sayings[len(text) :]
        yield Span(phrase.begin, phrase.end, " ".join(text))


def _answers(said: Iterable[Span], phrases: list[Span]) -> Iterator[Span]:
    """Yield the pauses between what a person said or keyed and Porteiro's next sound."""
    turns = list(said)
    for number, turn in enumerate(turns):
        until = turns[number + 1].begin if number + 1 < len(turns) else float("inf")
        begins = [phrase.begin for phrase in phrases if turn.end <= phrase.begin < until]
        if begins:
            milliseconds = round(1000 * (begins[0] - turn.end))
            yield Span(turn.end, begins[0], f"{milliseconds} ms")


def _incidents(
    said: Iterable[Span], phrases: list[Span], role: str, story: Story
) -> Iterator[Incident]:
    """Yield where Porteiro was interrupted, and where it said that it needed a moment."""
    for news in story.of_kind("interrupted", "say"):
        if news.text("role") != role:
            continue
        at = news.at - story.began
        if news.kind == "interrupted":
            spoken_over = max((span.begin for span in said if span.begin < at), default=at)
            before = (span.end for span in phrases if span.begin < spoken_over)
            fell_silent = max(before, default=spoken_over)
            yield Incident(min(at, fell_silent), news.kind, interruption(news))
        elif news.text("key") == _FILLER:
            sounds = [span.begin for span in phrases if span.begin > at - _STEP_S]
            yield Incident(min([*sounds, at + _SOON_S]), "filler", "filler")


def interruption(news: News) -> str:
    """Return in words how much of a phrase was heard."""
    played_s, length_s = float(news.text("played_s") or 0), news.text("length_s")
    of_all = f" of {float(length_s):.1f}" if length_s else ""
    return f"interrupted after {played_s:.1f}{of_all} s"


def _states(story: Story, seconds: float) -> Iterator[Span]:
    """Yield the states of the conversation, each up to the next one."""
    changes = [(news.at - story.began, news.text("state")) for news in story.of_kind("state")]
    for (begin, state), (end, _) in pairwise([*changes, (seconds, "")]):
        if end - begin > _STEP_S:
            yield Span(max(0.0, begin), end, state.replace("_", " "))


def _rings(story: Story, seconds: float) -> Iterator[Span]:
    """Yield each attempt to reach the resident, with what it came to."""
    ends = [
        (news.at - story.began, news.text("attempt"), news.text("result"))
        for news in story.of_kind("ring_ended")
    ]
    for news in story.of_kind("ring"):
        attempt = news.text("attempt")
        end, result = next(
            ((at, result) for at, number, result in ends if number == attempt), (seconds, "stopped")
        )
        yield Span(news.at - story.began, end, result.replace("_", " "))


def _flags(story: Story) -> Iterator[Flag]:
    """Yield the moments that end a visit: decision, gate, hang-ups."""
    for news in story.of_kind("decision"):
        decision = news.text("decision")
        tone = "good" if decision == "authorized" else "bad"
        yield Flag(news.at - story.began, decision.replace("_", " "), tone)
    for news in story.of_kind("gate"):
        result = news.text("result")
        yield Flag(news.at - story.began, f"gate {result}", "good" if result == "opened" else "bad")
    for name, phone in story.phones():
        for mark in phone.marks:
            if mark.kind == "ended":
                yield Flag(mark.at - story.began, f"{name} {_ENDINGS[phone.ending]}")
