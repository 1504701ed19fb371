"""G.711: what telephones speak where nobody asked for linear sound (ITU-T G.711)."""

import audioop
from enum import StrEnum
from typing import Final


class Encoding(StrEnum):
    """How samples are carried: 16-bit linear, or a byte a sample by one of the two laws."""

    LINEAR = "slin"
    MU_LAW = "ulaw"
    A_LAW = "alaw"


LAWS: Final = (Encoding.MU_LAW, Encoding.A_LAW)
"""The two that are G.711."""


def decode(encoding: Encoding, payload: bytes) -> bytes:
    """Return the 16-bit linear samples that `payload` carries.

    Half a sample at the end of linear sound is left out: nobody could play it.
    """
    if encoding is Encoding.MU_LAW:
        return audioop.ulaw2lin(payload, 2)
    if encoding is Encoding.A_LAW:
        return audioop.alaw2lin(payload, 2)
    return payload if not len(payload) & 1 else payload[:-1]


def encode(encoding: Encoding, pcm: bytes | bytearray) -> bytes:
    """Return 16-bit linear samples as `encoding` carries them."""
    if encoding is Encoding.MU_LAW:
        return audioop.lin2ulaw(pcm, 2)
    if encoding is Encoding.A_LAW:
        return audioop.lin2alaw(pcm, 2)
    return bytes(pcm)
