"""Sound that carries its words: every 20 ms says which text it is a part of, and which word.

So a test can tell what a person heard, down to the word, and whose words ended up in a
transcription; a stretch that was lost is a word that was lost. People sound like people:
a recorded voice lies under the marks.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from tests.telephone_speech import RATE, frames, to_pcm, utterances

FRAME_BYTES = 320
_MAGIC = np.array([37, -53, 71, -29], dtype="<i2").tobytes()
_MARK_BYTES = len(_MAGIC) + 4
_VOICES = ("19", "21", "28", "33")
_WORD_S = 0.35


@dataclass(frozen=True, slots=True)
class Marked:
    """A text as sound: whose it is, and how many frames it has."""

    number: int
    owner: str
    text: str
    frames: int


@dataclass(frozen=True, slots=True)
class Heard:
    """A stretch of one text in some sound: how many of its frames, and where they began (bytes)."""

    marked: Marked
    words: tuple[int, ...]
    """The word that each frame belongs to."""
    at: int

    @property
    def text(self) -> str:
        """The words of which at least half is there."""
        whole = Counter(words_of(self.marked))
        there = Counter(self.words)
        said = self.marked.text.split()
        return " ".join(
            word for index, word in enumerate(said) if 2 * there[index] >= whole[index] > 0
        )


def words_of(marked: Marked) -> list[int]:
    """Return for each frame of a text the index of its word."""
    count = len(marked.text.split()) or 1
    return [frame * count // marked.frames for frame in range(marked.frames)]


@cache
def _recordings() -> list[bytes]:
    """Return some recorded voices, without the silence around them."""
    found = []
    for each in utterances():
        if each.name.startswith(_VOICES):
            begin_s, end_s = each.speech_s(over_dbfs=-36.0)
            found.append(each.pcm[2 * round(begin_s * RATE) : 2 * round(end_s * RATE)])
    return found


@cache
def _voice(which: int, seconds: float) -> tuple[bytes, ...]:
    """Return one of the voices as frames, for as long as is wanted."""
    speech = _recordings()[which]
    wanted = FRAME_BYTES * round(seconds / 0.02)
    return tuple(frames((speech * (1 + wanted // len(speech)))[:wanted]))


@dataclass
class Sounds:
    """Every text that anybody says in a test, as sound."""

    said: list[Marked] = field(default_factory=list)
    phrases: dict[str, bytes] = field(default_factory=dict)

    def speech(self, text: str, owner: str) -> list[bytes]:
        """Return what a person says, in frames; nothing is said for no words: it is a cough."""
        seconds = _WORD_S * max(2, len(text.split()))
        voice = _voice(len(self.said) % len(_recordings()), seconds)
        return [*self._mark(voice, text, owner)]

    def phrase(self, text: str) -> bytes:
        """Return what Porteiro says: a murmur of its own, the same for the same text."""
        if text not in self.phrases:
            count = min(100, max(20, len(text)))
            chance = np.random.default_rng(len(self.said))
            murmur = to_pcm(chance.standard_normal(count * FRAME_BYTES // 2) * 300)
            marked = self._mark(tuple(frames(murmur)), text, "porteiro")
            self.phrases[text] = b"".join(marked)
        return self.phrases[text]

    def _mark(self, sound: tuple[bytes, ...], text: str, owner: str) -> Iterator[bytes]:
        marked = Marked(len(self.said) + 1, owner, text, len(sound))
        self.said.append(marked)
        for frame, word in zip(sound, words_of(marked), strict=True):
            mark = np.array([marked.number, word], dtype="<i2").tobytes()
            yield (_MAGIC + mark + frame[_MARK_BYTES:]).ljust(FRAME_BYTES, b"\0")

    def read(self, pcm: bytes) -> list[Heard]:
        """Return the texts in some sound, in order."""
        found: list[tuple[int, list[int], int]] = []
        at = pcm.find(_MAGIC)
        while at >= 0:
            mark = np.frombuffer(pcm[at + len(_MAGIC) : at + _MARK_BYTES], "<i2")
            if len(mark) == 2:
                number, word = int(mark[0]), int(mark[1])
                if not found or found[-1][0] != number:
                    found.append((number, [], at))
                found[-1][1].append(word)
            at = pcm.find(_MAGIC, at + 2)
        return [Heard(self.said[number - 1], tuple(words), at) for number, words, at in found]
