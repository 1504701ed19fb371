"""What goes between the server and a worker of Piper's, as MessagePack.

A `Phrase` is answered with its sound, 16-bit mono, a part for each sentence.
"""

import msgspec


class Phrase(msgspec.Struct, frozen=True):
    """What is to be said, and the rate in Hz that its sound is to have."""

    text: str
    sample_rate: int


encode_phrase = msgspec.msgpack.Encoder().encode
decode_phrase = msgspec.msgpack.Decoder(Phrase).decode
