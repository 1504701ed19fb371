"""What goes between the server and a worker of Whisper's, as MessagePack."""

import msgspec


class Turn(msgspec.Struct, frozen=True):
    """A turn to be transcribed: 16-bit mono at `sample_rate` Hz, and names that may be in it."""

    pcm: bytes
    sample_rate: int
    language: str
    hints: str = ""


class Words(msgspec.Struct, frozen=True):
    """What Whisper made of a turn.

    `confidence` is the mean probability of its words and `silence` that of nobody having
    spoken, both 0 to 1.
    """

    text: str
    confidence: float
    silence: float


encode = msgspec.msgpack.Encoder().encode
decode_turn = msgspec.msgpack.Decoder(Turn).decode
decode_words = msgspec.msgpack.Decoder(Words).decode
