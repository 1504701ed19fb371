"""Rings residents through FreeSWITCH, whose channels come to us as those of visitors do."""

import asyncio
import re
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote

import structlog

from porteiro.calls.dialable import UndialableError, dialable
from porteiro.calls.ports import RingRequest
from porteiro.dialers.esl_attempt import Attempt
from porteiro.dialers.esl_client import EslClient
from porteiro.dialogue.events import RingResult
from porteiro.errors import DialerError
from porteiro.wire.esl_commands import quoted

_RESULTS: Final = {
    RingResult.BUSY: ("USER_BUSY", "BUSY_EVERYWHERE"),
    RingResult.NO_ANSWER: (
        "NO_USER_RESPONSE",
        "NO_ANSWER",
        "ALLOTTED_TIMEOUT",
        "PROGRESS_TIMEOUT",
        "NO_PICKUP",
        "NORMAL_CLEARING",  # hung up, by us or at the PBX, before it was answered
        "ORIGINATOR_CANCEL",
        "LOSE_RACE",
        "PICKED_OFF",
        "MANAGER_REQUEST",
    ),
    RingResult.REJECTED: ("CALL_REJECTED", "DECLINE", "REJECT_ALL", "UNWANTED"),
    RingResult.UNREACHABLE: (
        "UNALLOCATED_NUMBER",
        "NO_ROUTE_TRANSIT_NET",
        "NO_ROUTE_DESTINATION",
        "SUBSCRIBER_ABSENT",
        "NUMBER_CHANGED",
        "REDIRECTION_TO_NEW_DESTINATION",
        "DESTINATION_OUT_OF_ORDER",
        "INVALID_NUMBER_FORMAT",
        "INCOMING_CALL_BARRED",
        "RECOVERY_ON_TIMER_EXPIRE",  # the phone does not answer SIP at all
        "USER_NOT_REGISTERED",
        "DOES_NOT_EXIST_ANYWHERE",
    ),
}
"""FreeSWITCH's hang-up causes, those of Q.850 and its own, as the dialogue knows them; any
other, a congested trunk or a gateway that is down, is a FAILED."""

_BY_CAUSE: Final = {cause: result for result, causes in _RESULTS.items() for cause in causes}

_MARGIN_S: Final = 5.0
"""How long after the time limit of ringing FreeSWITCH may take to say how it went."""

_CALLER_ID: Final = re.compile(r'\s*"?(?P<name>[^"<>]*?)"?\s*<(?P<number>[^"<>]*)>\s*')


@dataclass(frozen=True, slots=True)
class EslOptions:
    """How FreeSWITCH is told to ring a resident, and where the channel is to come.

    `channel` is the dial string with `{number}` in it. `stream_url` and `control` are our
    own addresses as FreeSWITCH sees them, of the sound and of the events; in `websocket`
    mode there is sound alone. `rate` is what `uuid_audio_stream` takes. `caller_id` is
    what the resident's phone shows, as `"name" <number>`, empty for FreeSWITCH's choice.
    """

    channel: str = "user/{number}"
    stream_url: str = "ws://127.0.0.1:8085"
    control: str = "127.0.0.1:8022"
    mode: Literal["dual", "websocket"] = "dual"
    rate: Literal["8k", "16k"] = "8k"
    caller_id: str = ""


class EslDialer:
    """A dialer over `bgapi originate`: FreeSWITCH connects the phone that answers to us."""

    def __init__(self, client: EslClient, options: EslOptions) -> None:
        """Ring through `client`, which somebody else runs."""
        self._client = client
        self._options = options
        self._log = structlog.get_logger()

    async def ring(self, request: RingRequest) -> RingResult:
        """Ring a number until it is answered, fails, or its time is over.

        Cancelling hangs the phone up if it still rings, never once it was answered.
        Raises `DialerError` where FreeSWITCH is away or refuses, and `UndialableError`
        for a number with characters that no number has.
        """
        command = self._originate(request)
        parked = self._options.mode == "websocket"
        attempt = Attempt(self._client, request.attempt_id, parked=parked)
        try:
            async with asyncio.timeout(request.limit_s + _MARGIN_S):
                await self._client.bgapi(command, request.attempt_id)
                words = await attempt.ended()
        except TimeoutError:
            if not attempt.answered:
                raise DialerError("FreeSWITCH never said how the ringing ended") from None
            words = ""
        finally:
            attempt.leave(request.limit_s + _MARGIN_S)
        # An answer that was heard of counts although the job's end was lost.
        result = RingResult.ANSWERED if attempt.answered and not words else _result(words)
        self._log.info(
            "The ringing ended",
            call_id=request.call_id,
            attempt=request.attempt,
            result=result,
            cause=words.removeprefix("-ERR "),
        )
        return result

    def _originate(self, request: RingRequest) -> str:
        options, attempt_id = self._options, request.attempt_id
        number = dialable(request.number)
        extension = quote(request.extension, safe="")
        url = f"{options.stream_url}/stream/{extension}/{request.call_id}/resident"
        variables = {
            "origination_uuid": attempt_id,
            "originate_timeout": str(max(1, round(request.limit_s))),
            "ignore_early_media": "true",
            **_caller_id(options.caller_id),
            "porteiro_call_id": request.call_id,
            "porteiro_role": "resident",
            "porteiro_extension": request.extension,
            "api_on_answer": f"uuid_audio_stream {attempt_id} start {url} mono {options.rate}",
            "STREAM_PLAYBACK": "true",
            "hangup_after_bridge": "true",
            # Without it a phone whose Porteiro died stays parked, and is busy when rung again.
            "socket_resume": "true",
        }
        dual = options.mode == "dual"
        then = f"socket('{options.control} async full')" if dual else "park()"
        channel = options.channel.replace("{number}", number)
        return f"originate {{{_written(variables)}}}{channel} &{then}"


def _written(variables: dict[str, str]) -> str:
    try:
        return ",".join(f"{name}={quoted(value)}" for name, value in variables.items())
    except ValueError as error:
        raise UndialableError(f"{error}: correct the extension or the caller id") from error


def _caller_id(caller_id: str) -> dict[str, str]:
    if not caller_id:
        return {}
    found = _CALLER_ID.fullmatch(caller_id)
    number = found["number"] if found else caller_id
    name = found["name"] if found else ""
    named = {"origination_caller_id_name": name} if name else {}
    return {**named, "origination_caller_id_number": number}


def _result(words: str) -> RingResult:
    """Return what the originate printed means. Raises `DialerError` for no outcome."""
    if words.startswith("+OK"):
        return RingResult.ANSWERED
    if not words:
        raise DialerError("the connection to FreeSWITCH was lost while it rang")
    if not words.startswith("-ERR"):
        raise DialerError("FreeSWITCH did not understand how to ring: check the dial string")
    return _BY_CAUSE.get(words.removeprefix("-ERR").strip(), RingResult.FAILED)
