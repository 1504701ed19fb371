"""What a service really sent where bare samples were asked for, as far as its first bytes tell."""

from typing import Final

WAV: Final = b"RIFF"

_OTHER_SOUND: Final = (b"ID3", b"OggS", b"fLaC", b"\xff\xfb", b"\xff\xf3")
_TEXT: Final = (b"<!do", b"<htm", b"<?xm", b'{"')
"""No speech begins with two samples as loud as these letters are."""


def instead_of_samples(head: bytes) -> str | None:
    """Return what begins with `head` (4 bytes or more) if that is no sample: "sound" or "text".

    "sound" is sound in another form; a WAV file, which holds samples, is none of them.
    """
    if head.startswith(_OTHER_SOUND):
        return "sound"
    return "text" if head.lower().startswith(_TEXT) else None
