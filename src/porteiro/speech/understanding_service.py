"""The service of `AI_API_URL`: asked within limits, and believed only in its form."""

from dataclasses import dataclass, field

import aiohttp
import msgspec

from porteiro.clock import Clock
from porteiro.speech.service_faults import pause_asked_for
from porteiro.speech.understanding_outage import Outage, OutageOptions

_LONGEST_SAID = 1000
"""Characters that are sent: the rules read no more of a turn either."""


class Advice(msgspec.Struct, frozen=True):
    """What the service says it found in a visitor's words; everything may be missing."""

    intent_type: str | None = None
    interlocutor_name: str | None = None
    apartment_number: str | int | None = None
    resident_name: str | None = None


class Content(msgspec.Struct, frozen=True):
    """The answer's content, without `mensagem` and `set_call_status`: those are never used."""

    dados: Advice | None = None
    valid_for_action: bool | None = None


class _Answer(msgspec.Struct, frozen=True):
    content: Content


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """Where the service is, and how much it may cost.

    One request takes at most `limit_s` seconds, both together `total_s`: a turn counts as
    not understood after 6. An answer of more than `longest` bytes is not read on.
    """

    url: str
    limit_s: float = 1.5
    total_s: float = 5.0
    longest: int = 65_536
    outage: OutageOptions = field(default_factory=OutageOptions)


class UnderstandingService:
    """Asks the service; where it fails, rests for a while instead of keeping visitors waiting."""

    def __init__(
        self, session: aiohttp.ClientSession, options: ServiceOptions, clock: Clock
    ) -> None:
        """Use `session`, which its owner closes."""
        self._session = session
        self._options = options
        self._clock = clock
        self._outage = Outage(clock, options.outage)
        self._decoder = msgspec.json.Decoder(_Answer)

    async def advice(self, call_id: str, said: str) -> Content | None:
        """Return what the service makes of `said`; None where it fails, is slow, or rests.

        What may pass (no connection, 5xx, no answer in time) is tried once more.
        """
        ends_at = self._clock.now() + self._options.total_s
        failure: _FailedError | None = None
        for _ in range(2):
            left_s = min(self._options.limit_s, ends_at - self._clock.now())
            if left_s <= 0 or not self._outage.admits():
                break
            try:
                content = await self._ask(call_id, said, left_s)
            except _FailedError as error:
                failure = error
                self._outage.failed(error.pause_s)
                if not error.may_pass:
                    break
            else:
                self._outage.answered()
                return content
        if failure is not None:
            self._outage.gave_up(str(failure))
        return None

    async def _ask(self, call_id: str, said: str, limit_s: float) -> Content:
        body = {"id": call_id, "content": said[:_LONGEST_SAID]}
        try:
            # A redirect is not followed: what visitors say goes where it was meant to go.
            async with self._session.post(
                self._options.url,
                json=body,
                timeout=aiohttp.ClientTimeout(total=limit_s),
                headers={"Accept": "application/json", "Accept-Encoding": "identity"},
                allow_redirects=False,
            ) as answer:
                if not 200 <= answer.status < 300:
                    raise _refused(answer)
                text = await self._read(answer)
        except TimeoutError as error:
            raise _FailedError(f"no answer within {limit_s:g} s", may_pass=True) from error
        except aiohttp.ClientSSLError as error:
            why = (
                f"cannot be trusted ({type(error).__name__}): check AI_API_URL and its certificate"
            )
            raise _FailedError(why, may_pass=False) from error
        except aiohttp.ClientError as error:
            why = f"cannot be reached ({type(error).__name__}): check AI_API_URL"
            raise _FailedError(why, may_pass=True) from error
        try:
            return self._decoder.decode(text).content
        except (ValueError, RecursionError) as error:
            why = f"its answer is not of the promised form: {error}"
            raise _FailedError(why, may_pass=False) from error

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        text = bytearray()
        async for chunk in answer.content.iter_any():
            text += chunk
            if len(text) > self._options.longest:
                raise _FailedError(
                    f"its answer is longer than {self._options.longest} bytes", may_pass=False
                )
        return bytes(text)


class _FailedError(Exception):
    """One request came to nothing; says whether the same, tried again, may succeed.

    `pause_s` is for how many seconds the service asked to be left alone, if it did.
    """

    def __init__(self, why: str, *, may_pass: bool, pause_s: float | None = None) -> None:
        super().__init__(why)
        self.may_pass = may_pass
        self.pause_s = pause_s


def _refused(answer: aiohttp.ClientResponse) -> _FailedError:
    status = answer.status
    pause_s = pause_asked_for(answer.headers.get("Retry-After", ""))
    asked_to_wait = status == 429 or (status >= 500 and pause_s is not None)
    return _FailedError(
        f"answered {status}",
        may_pass=status >= 500 and not asked_to_wait,
        pause_s=pause_s if asked_to_wait else None,
    )
