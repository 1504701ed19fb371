"""Sound as servers really send it when asked for bare samples: bare, in a WAV file, or none."""

import re
from typing import Final

import numpy as np

from porteiro.errors import SpeechError
from porteiro.speech.bare_sound import WAV, instead_of_samples

_RATE: Final = re.compile(r"\brate=(\d{4,6})\b")
_BARE: Final = (
    "audio/pcm",
    "audio/l16",
    "audio/wav",
    "audio/x-wav",
    "audio/wave",
    "audio/vnd.wave",
)
_LONGEST_HEADER: Final = 4096
_ACTIVE: Final = 100
"""Samples below this (-50 dBFS) are pauses."""
_LEAD_S: Final = 0.005
"""Silence left before the first word, so that its onset is not cut."""
_LOWEST_RATE, _HIGHEST_RATE = 8000, 48_000


class PcmReader:
    """Takes an answer in chunks of any size and returns whole samples, 16-bit mono.

    A rate that the answer itself names counts more than the one that was promised.
    """

    def __init__(self, content_type: str, sample_rate: int) -> None:
        """Begin with the answer's type. Raises `SpeechError` when that is no bare sound."""
        kind = content_type.partition(";")[0].strip().lower()
        if kind not in (*_BARE, "application/octet-stream", ""):
            raise _no_pcm(f"it sent {kind[:40]}")
        named = _RATE.search(content_type.lower())
        self.sample_rate = _usable(int(named[1]) if named else sample_rate)
        self._head: bytearray | None = bytearray()
        self._rest = b""
        self._silent = True

    def take(self, chunk: bytes) -> bytes:
        """Return the samples that are whole by now, leading silence left out."""
        if self._head is not None:
            self._head += chunk
            start = self._start(bytes(self._head))
            if start is None:
                return b""
            chunk, self._head = bytes(self._head[start:]), None
        data = self._rest + chunk
        whole = len(data) // 2 * 2
        self._rest = data[whole:]
        return self._spoken(data[:whole]) if self._silent else data[:whole]

    def end(self) -> None:
        """Learn that the answer is over. Raises `SpeechError` when it ended in its header."""
        if self._head:
            raise _no_pcm("it sent no whole sound")

    def _start(self, head: bytes) -> int | None:
        """Return where the samples begin; None while that cannot be told yet."""
        if len(head) < 4:
            return None
        match instead_of_samples(head):
            case "sound":
                raise _no_pcm("it sent sound in another form")
            case "text":
                raise _no_pcm("it sent a page or a message")
            case _:
                return self._after_wav_header(head) if head.startswith(WAV) else 0

    def _after_wav_header(self, head: bytes) -> int | None:
        form, data = head.find(b"fmt "), head.find(b"data")
        if form < 0 or data < form + 24 or len(head) < data + 8:
            if len(head) > _LONGEST_HEADER:
                raise _no_pcm("it sent a WAV file without sound")
            return None
        kind, channels = head[form + 8 : form + 10], head[form + 10 : form + 12]
        bits = int.from_bytes(head[form + 22 : form + 24], "little")
        if (kind[0], channels[0], bits) != (1, 1, 16):
            raise _no_pcm("its WAV file is not 16-bit mono")
        self.sample_rate = _usable(int.from_bytes(head[form + 12 : form + 16], "little"))
        return data + 8

    def _spoken(self, pcm: bytes) -> bytes:
        """Leave out what comes before the first word: it would be heard as a slow answer."""
        loud = np.flatnonzero(np.abs(np.frombuffer(pcm, "<i2").astype(np.int32)) > _ACTIVE)
        if not loud.size:
            return b""
        self._silent = False
        return pcm[2 * max(0, int(loud[0]) - int(_LEAD_S * self.sample_rate)) :]


def _usable(sample_rate: int) -> int:
    if not _LOWEST_RATE <= sample_rate <= _HIGHEST_RATE:
        raise _no_pcm(f"it says its rate is {sample_rate} Hz")
    return sample_rate


def _no_pcm(why: str) -> SpeechError:
    return SpeechError(
        f"the server does not send speech as 16-bit PCM ({why}): check PORTEIRO_OPENAI_URL and "
        "PORTEIRO_OPENAI_SPEECH_MODEL"
    )
