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
