"""Made-up visits for the demo's tests: phones that were never on a line."""

from collections.abc import Iterable

import numpy as np

from porteiro.demo.story import News, PhoneTrace, Story
from porteiro.phones.recording import Recording
from porteiro.phones.telephone import Ending, Mark

BEGAN = 100.0
RATE = 8_000


def voice(seconds: float, peak: int = 8000) -> bytes:
    """Return a tone that counts as a voice."""
    wave = peak * np.sin(np.arange(round(seconds * RATE)) / 4)
    return wave.astype("<i2").tobytes()


def phone(
    said: Iterable[tuple[float, float, str]],
    heard: Iterable[tuple[float, float]],
    ended: float,
    ending: Ending = Ending.PORTEIRO_HUNG_UP,
) -> PhoneTrace:
    """Return a phone whose person and Porteiro spoke then (s after the pick-up), so long."""
    recording = Recording(RATE, BEGAN)
    marks = [Mark(BEGAN, "connected")]
    for begin, seconds, text in said:
        recording.said.add(voice(seconds, 4000), BEGAN + begin)
        marks.append(Mark(BEGAN + begin, "says", text))
        marks.append(Mark(BEGAN + begin + seconds, "said", text))
    for begin, seconds in heard:
        recording.heard.add(voice(seconds), BEGAN + begin)
    marks.append(Mark(BEGAN + ended, "ended", ending))
    return PhoneTrace(recording, tuple(marks), ending)


def news(at: float, kind: str, **data: str | float) -> News:
    """Return one change, `at` seconds after the pick-up."""
    return News(BEGAN + at, kind, data)


def authorized() -> Story:
    """Return a short visit that was authorized."""
    story = Story(0, "e69439e9-1489-4bba-b55d-37612b5dffaf", BEGAN)
    story.visitor = phone([(3, 1, "tenho uma entrega")], [(0, 2), (5, 2), (18, 3)], 22)
    story.resident = phone([(14, 1, "sim")], [(9, 4), (16, 3)], 22)
    story.news = [
        news(0, "state", state="collecting"),
        news(0, "say", role="visitor", text="Portaria, em que posso ajudar?"),
        news(4.8, "say", role="visitor", text="Certo. Aguarde."),
        news(5, "state", state="ringing"),
        news(5, "ring", attempt=1, number="1003030"),
        news(8.9, "ring_ended", attempt=1, result="answered"),
        news(9, "state", state="asking"),
        news(9, "say", role="resident", text="Uma pessoa está no portão. Você autoriza?"),
        news(15.8, "decision", decision="authorized", decided_by="sim"),
        news(15.8, "say", role="resident", text="Obrigado."),
        news(15.9, "gate", result="opened"),
        news(15.9, "state", state="closing"),
        news(16, "say", role="visitor", text="Entrada autorizada."),
        news(22, "state", state="ended"),
        news(22.1, "ended", decision="authorized", end="authorized", seconds=22.1),
    ]
    return story


def heard_turn(at: float, role: str, *parts: float) -> list[News]:
    """Return what is told of a turn that is understood `at`: its words, its parts in ms."""
    names = ("silence_ms", "transcription_ms", "understanding_ms", "first_frame_ms")
    measured = dict(zip(names, parts, strict=True))
    return [
        news(at, "heard", role=role, text="tenho uma entrega", confidence=0.9),
        news(at + 1, "turn", role=role, **measured),
    ]


def interrupted() -> Story:
    """Return the same visit where the first question was cut short, and an answer was late."""
    story = authorized()
    story.news += [
        news(3.4, "interrupted", role="visitor", key="greeting", played_s=2.0, length_s=3.4),
        news(5, "say", role="visitor", key="one_moment", text="Um momento, por favor."),
        *heard_turn(4.9, "visitor", 250, 620, 30, 80),
    ]
    story.news.sort(key=lambda item: item.at)
    return story


def long(turns: int) -> Story:
    """Return a visit of so many turns, half of them the resident's."""
    story = Story(0, "e69439e9-1489-4bba-b55d-37612b5dffaf", BEGAN)
    said: dict[str, list[tuple[float, float, str]]] = {"visitor": [], "resident": []}
    heard: dict[str, list[tuple[float, float]]] = {"visitor": [(0, 2)], "resident": []}
    story.news = [news(0, "state", state="collecting")]
    story.news.append(news(0, "say", role="visitor", text="Portaria, em que posso ajudar?"))
    for number in range(turns):
        role = "visitor" if number < turns / 2 else "resident"
        at = 3 + 8 * number
        said[role].append((at, 1.5, "tenho uma entrega para o Guilherme Andrade do 501"))
        heard[role].append((at + 2.6, 3))
        story.news += heard_turn(at + 2.5, role, 700, 220, 5 * number, 12)
        words = "Diga o número do apartamento, ou tecle o número e jogo da velha."
        story.news.append(news(at + 2.5, "say", role=role, text=words))
    ended = 8 * turns + 4
    story.visitor = phone(said["visitor"], heard["visitor"], ended)
    story.resident = phone(said["resident"], heard["resident"], ended)
    story.news.append(news(ended - 1, "decision", decision="denied", decided_by="não"))
    story.news.append(news(ended, "ended", decision="denied"))
    return story
