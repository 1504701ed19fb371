"""Why a PBX is away: always in words, never an error's number."""

from socket import gaierror

import pytest

from porteiro.dialers.absence import in_words
from porteiro.errors import DialerError


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 9)"), "nothing listens"),
        (gaierror(-2, "Name or service not known"), "its name is not known here"),
        (TimeoutError(), "it does not answer"),
        (ConnectionResetError(104, "reset"), "Connection reset by peer"),
        (OSError("Multiple exceptions: [Errno 111] …, [Errno 101] …"), "none of its addresses"),
        (DialerError("it closed the connection"), "it closed the connection"),
    ],
)
def test_the_reason_is_said_in_words(error: Exception, words: str) -> None:
    assert in_words(error).startswith(words)
    assert "Errno" not in in_words(error)
