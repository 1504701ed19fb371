"""What mod_audio_stream says beside the sound: its URL's path, texts, and play events."""

import base64
import json
import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from porteiro.dialogue.terms import Role
from porteiro.errors import ProtocolError
from porteiro.wire.esl import Event

MAX_TEXT: Final = 64 * 1024
"""Characters of one text frame."""
SAMPLE_RATES: Final = frozenset({8000, 16000})
"""The rates in Hz that a stream may have."""
STOP_AUDIO: Final = '{"type":"stopAudio"}'
"""Ends at once what `stream_audio` gave."""

_PLAY: Final = "mod_audio_stream::play"
_LONGEST_FILE: Final = 1024
_LONGEST_REQUEST_LINE: Final = 512
_WORDS_OF_A_REQUEST: Final = 3
_EXPECTED_PATH: Final = "/stream/<extension>/<call id>[/visitor|resident]"
_PATH: Final = re.compile(
    r"/stream/(?P<extension>[0-9A-Za-z._+*-]{1,50})"
    r"/(?P<call_id>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
    r"(?:/(?:(?P<role>visitor|resident)|(?P<caller>\+?[0-9*]{1,32})))?"
)
_FILE: Final = re.compile(r"(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")


@dataclass(frozen=True, slots=True)
class StreamPath:
    """Whose sound a stream is.

    `call_id` is in dashed lower case, `caller` the number where the dialplan names it.
    """

    extension: str
    call_id: str
    role: Role
    caller: str = ""

    @property
    def guessable(self) -> bool:
        """Whether the call id is no version-4 UUID."""
        return UUID(self.call_id).version != 4


@dataclass(frozen=True, slots=True)
class StreamText:
    """A text frame: the metadata of the stream, or what `send_text` and `stop` were given.

    `sample_rate` in Hz where it says one, else None.
    """

    sample_rate: int | None = None


def parse_path(path: str) -> StreamPath:
    """Read the path of a stream's URL; raises `ProtocolError` for any other path."""
    found = _PATH.fullmatch(path)
    if not found:
        raise ProtocolError(f"{path[:120]!r} is no stream's path: it must be {_EXPECTED_PATH}")
    role = Role(found["role"] or Role.VISITOR)
    return StreamPath(found["extension"], found["call_id"].lower(), role, found["caller"] or "")


def requested_path(request: bytes) -> StreamPath | None:
    """Read the path that an HTTP request is for, as soon as its whole first line is there.

    Returns None before, and for what is no such request; raises `ProtocolError` as
    `parse_path` does.
    """
    line, end, _ = request[:_LONGEST_REQUEST_LINE].partition(b"\r\n")
    words = line.split(b" ")
    if not end or len(words) != _WORDS_OF_A_REQUEST or words[0] != b"GET":
        return None
    return parse_path(words[1].decode("ascii", "replace"))


def parse_text(text: str) -> StreamText:
    """Read a text frame; raises `ProtocolError` where it is too long or no JSON object."""
    members = _json_object(text, "text frame")
    rate = members.get("sampleRate")
    if rate is None:
        return StreamText()
    if not isinstance(rate, int) or rate not in SAMPLE_RATES:
        raise ProtocolError(f"the stream's text names the sample rate {rate!r:.20}")
    return StreamText(rate)


def stream_audio(pcm: bytes, sample_rate: int) -> str:
    """Return the text frame that gives signed 16-bit little-endian mono sound to be played."""
    if not pcm or len(pcm) % 2 or sample_rate not in SAMPLE_RATES:
        raise ValueError(f"{len(pcm)} bytes at {sample_rate} Hz are no sound for a stream")
    sound = base64.b64encode(pcm).decode("ascii")
    data = {"audioDataType": "raw", "sampleRate": sample_rate, "audioData": sound}
    return json.dumps({"type": "streamAudio", "data": data})


def playback_file(event: Event) -> str | None:
    """Return the file that a `mod_audio_stream::play` event names; None for any other event.

    Raises `ProtocolError` where it is no absolute path that can stand in `playback <file>`.
    """
    if event.name != "CUSTOM" or event.subclass != _PLAY:
        return None
    file = _json_object(event.body, "play event").get("file")
    if not isinstance(file, str) or len(file) > _LONGEST_FILE or not _FILE.fullmatch(file):
        raise ProtocolError(f"mod_audio_stream names no file that can be played: {file!r:.120}")
    return file


def _json_object(text: str, what: str) -> dict[str, object]:
    if len(text) > MAX_TEXT:
        raise ProtocolError(f"a {what} of more than {MAX_TEXT} characters")
    try:
        members = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"a {what} that is no JSON: {error}") from error
    if not isinstance(members, dict):
        raise ProtocolError(f"a {what} that is no JSON object")
    return members
