"""Why a PBX is away, in words for the log and the operator."""

import os
from socket import gaierror


def in_words(error: Exception) -> str:
    """Say why a connection failed, without the error's number."""
    match error:
        case ConnectionRefusedError():
            return "nothing listens there (connection refused)"
        case gaierror():
            return "its name is not known here"
        case TimeoutError():
            return "it does not answer"
        case OSError(errno=int(number)):
            return os.strerror(number)
        case OSError():  # asyncio's, where each of several addresses failed in its own way
            return "none of its addresses takes the connection"
        case _:
            return str(error)
