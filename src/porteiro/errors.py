"""The error tree: every error Porteiro raises on purpose says whether trying again can help."""


class PorteiroError(Exception):
    """Base of all errors that Porteiro raises on purpose.

    The message is one line for the person who has to act on it. `retryable` says
    whether the same thing, tried again unchanged, may succeed.
    """

    retryable: bool = False


class SettingsError(PorteiroError):
    """A setting makes no sense; the message names the variable, the value and what is allowed."""


class ProtocolError(PorteiroError):
    """The peer broke the rules of a wire protocol; the connection is of no more use."""


class DirectoryError(PorteiroError):
    """The directory of apartments cannot be read or makes no sense."""


class StorageError(PorteiroError):
    """Something could not be written or read back."""

    retryable = True


class SpeechError(PorteiroError):
    """A transcriber, a synthesizer or an understanding failed.

    `retry_after_s` is for how many seconds the service asked to be left alone, if it did.
    """

    retryable = True

    def __init__(
        self, message: str, *, retryable: bool = True, retry_after_s: float | None = None
    ) -> None:
        """Say what failed and what to do, and whether the same may succeed another time."""
        super().__init__(message)
        self.retryable = retryable
        self.retry_after_s = retry_after_s


class DialerError(PorteiroError):
    """The request to ring a resident could not be handed over."""

    retryable = True


class GateError(PorteiroError):
    """The gate's opener did not confirm that it took the order."""

    retryable = True


class MessagingError(PorteiroError):
    """A message was not confirmed by the message broker; it may have been taken all the same."""

    retryable = True


class WorkerError(PorteiroError):
    """A worker did not answer, or is gone; another takes its place by itself."""

    retryable = True


class EventSocketError(PorteiroError):
    """A FreeSWITCH event socket was lost, or did not answer a command in time."""

    retryable = True


class EventSocketRefusedError(EventSocketError):
    """FreeSWITCH answered a command with a refusal, whose words are the message."""

    retryable = False


class LineClosedError(PorteiroError):
    """The line ended while something was still to be done on it."""
