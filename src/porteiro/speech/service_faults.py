"""What a speech service's refusal means, in words that say what to do about it.

No exception of the client's is the cause of one made here: it shows the request, in which stand
the key and the names that were told as hints.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import aiohttp

from porteiro.errors import SpeechError

LONGEST_PAUSE_S: Final = 3600.0
"""A service that asks to be left alone for longer is tried again after this all the same."""

_SECONDS: Final = re.compile(r"[0-9]{1,9}")
_WORTH_REPEATING: Final = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Service:
    """A service as errors name it: what it is called, and the settings that lead to it."""

    name: str
    key_setting: str
    place_setting: str

    def refused(self, status: int, headers: Mapping[str, str]) -> SpeechError:
        """Return what an HTTP status means that is not the one hoped for."""
        after_s = pause_asked_for(headers.get("Retry-After", ""))
        may_pass = status >= 500 or status in _WORTH_REPEATING
        return SpeechError(
            f"{self.name} answered {status}: {self._advice(status)}",
            retryable=may_pass,
            retry_after_s=after_s if may_pass else None,
        )

    def _advice(self, status: int) -> str:
        if status in (401, 403):
            return f"check {self.key_setting}, and that it belongs to {self.place_setting}"
        if status == 429:
            return "its quota is used up: wait, or raise the quota of this key"
        if status >= 500:
            return "it is in trouble; look at its status page if this lasts"
        if 300 <= status < 400:
            return f"it is somewhere else; check {self.place_setting}"
        return f"it does not take this request; check {self.place_setting} and the language"

    def unreachable(self, error: aiohttp.ClientError) -> SpeechError:
        """Return what a connection means that could not be made, or broke."""
        kind = type(error).__name__
        if isinstance(error, aiohttp.ClientSSLError):
            return SpeechError(
                f"{self.name} cannot be trusted ({kind}): check this machine's clock and CA "
                f"certificates, and {self.place_setting}",
                retryable=False,
            )
        if isinstance(error, aiohttp.ClientPayloadError):
            return SpeechError(f"{self.name} broke off in the middle of its answer")
        return SpeechError(
            f"{self.name} cannot be reached ({kind}): check the network and {self.place_setting}"
        )

    def too_slow(self, limit_s: float) -> SpeechError:
        """Return what an answer means that did not come in time."""
        return SpeechError(f"{self.name} did not answer within {limit_s:g} s")

    def malformed(self, what: str) -> SpeechError:
        """Return what an answer means that is not of the promised form; `what` quotes none of it.

        The same request would be answered the same way.
        """
        return SpeechError(
            f"{self.name} {what}: check that {self.place_setting} leads to it and to no proxy",
            retryable=False,
        )


def pause_asked_for(retry_after: str) -> float | None:
    """Return the seconds that a `Retry-After` header asks for, if it makes sense.

    It is a number of seconds or a date (RFC 9110, section 10.2.3).
    """
    if _SECONDS.fullmatch(retry_after.strip()):
        return min(float(retry_after), LONGEST_PAUSE_S)
    try:
        until = parsedate_to_datetime(retry_after)
        left_s = (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(left_s, 0.0), LONGEST_PAUSE_S)
