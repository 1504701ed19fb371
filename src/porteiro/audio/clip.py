"""A stretch of sound on its way to a phone, perhaps still growing."""


class Clip:
    """16-bit little-endian mono samples at one rate, appended to until complete.

    A synthesizer that streams appends while the playout already reads.
    """

    __slots__ = ("complete", "pcm", "sample_rate")

    def __init__(self, sample_rate: int, pcm: bytes = b"", *, complete: bool = False) -> None:
        """Make a clip at `sample_rate` Hz, holding `pcm` so far."""
        self.sample_rate = sample_rate
        self.pcm = bytearray(pcm)
        self.complete = complete

    def append(self, pcm: bytes) -> None:
        """Add samples at the end."""
        self.pcm += pcm

    @property
    def seconds(self) -> float:
        """How long what is there so far lasts."""
        return len(self.pcm) / (2 * self.sample_rate)
