"""What goes between the server and a worker process: frames, each a length and a body.

A frame is a 4-byte big-endian length and that many bytes. The worker's first frame is empty
and says that it is ready. Each job is one frame; its answer is any number of frames that
begin with `PART`, and then one that is `END`, or a `COMPLAINT` and the reason in UTF-8. A
worker that cannot become ready complains in its first frame.
"""

from typing import Final

LENGTH_BYTES: Final = 4
READY: Final = b""
PART: Final = b"+"
END: Final = b"."
COMPLAINT: Final = b"!"


def framed(body: bytes) -> bytes:
    """Return `body` with its length before it."""
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def body_bytes(head: bytes) -> int:
    """Return how many bytes follow a frame's length."""
    return int.from_bytes(head, "big")
