"""Rings residents through Asterisk's manager, and hands visitors over to its dialplan."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import structlog

from porteiro.calls.dialable import dialable
from porteiro.calls.ports import RingRequest
from porteiro.dialers.ami_client import AmiClient, Watch
from porteiro.dialogue.events import RingResult
from porteiro.errors import DialerError
from porteiro.wire.ami import AmiMessage

_BY_CAUSE = {
    1: RingResult.UNREACHABLE,  # unallocated number
    3: RingResult.UNREACHABLE,  # no route to destination
    17: RingResult.BUSY,
    18: RingResult.NO_ANSWER,  # no user responding
    19: RingResult.NO_ANSWER,  # alerting, no answer
    20: RingResult.UNREACHABLE,  # subscriber absent
    21: RingResult.REJECTED,
    22: RingResult.UNREACHABLE,  # number changed
    27: RingResult.UNREACHABLE,  # destination out of order
    28: RingResult.UNREACHABLE,  # invalid number format
}
"""Hang-up causes of Q.850 that say more than the originate's own reason."""

_BY_REASON = {
    0: RingResult.UNREACHABLE,  # no channel, or it went away
    1: RingResult.NO_ANSWER,  # hung up before it was answered
    3: RingResult.NO_ANSWER,  # it was still ringing at the time limit
    5: RingResult.BUSY,
    8: RingResult.FAILED,  # congestion
}
"""Reasons of OriginateResponse: the control frame that ended the dialing."""

_MARGIN_S = 5.0
"""How long after the time limit of ringing Asterisk may take to say how it went."""

_CAUSE_S = 0.5
"""How long after a failed attempt its channel's hang-up may take to follow."""


@dataclass(frozen=True, slots=True)
class AmiOptions:
    """How Asterisk is told to ring a resident.

    `channel` is the dial string with `{number}` in it, for example
    "PJSIP/{number}@trunk". `caller_id` is what the resident's phone shows, as
    `"name" <number>`, empty for the PBX's own choice.
    """

    channel: str = "PJSIP/{number}"
    caller_id: str = ""


class AmiDialer:
    """A dialer over `Originate`: the phone that answers is connected to us by AudioSocket."""

    def __init__(self, client: AmiClient, options: AmiOptions) -> None:
        """Ring through `client`, which somebody else runs."""
        self._client = client
        self._options = options
        self._log = structlog.get_logger()

    async def ring(self, request: RingRequest) -> RingResult:
        """Ring a number until it is answered, fails, or its time is over.

        Cancelling hangs the phone up if it still rings, never once it was answered.
        Raises `DialerError` where Asterisk is away or refuses, and `UndialableError`
        for a number with characters that no number has.
        """
        headers = self._originate(request)
        with self._client.watch(request.attempt_id) as events:
            progress = _Progress()
            try:
                async with asyncio.timeout(request.limit_s + _MARGIN_S):
                    await self._client.act("Originate", headers)
                    await progress.follow(events)
            except TimeoutError:
                self._client.hang_up(request.attempt_id)
                raise DialerError("Asterisk never said how the ringing ended") from None
            except asyncio.CancelledError:
                if not progress.answered:
                    self._client.hang_up(request.attempt_id)
                raise
        self._log.info(
            "The ringing ended",
            call_id=request.call_id,
            attempt=request.attempt,
            result=progress.result,
            reason=progress.reason,
            cause=progress.cause,
        )
        return progress.result

    async def hand_over(self, call_id: str, number: str) -> None:
        """Leave `number` in Asterisk's database, where the dialplan looks once we hang up.

        Raises `DialerError` where Asterisk is away or refuses.
        """
        number = dialable(number)
        await self._client.act("DBPut", {"Family": "porteiro", "Key": call_id, "Val": number})

    def _originate(self, request: RingRequest) -> dict[str, str]:
        number = dialable(request.number)
        headers = {
            "Channel": self._options.channel.replace("{number}", number),
            "ChannelId": request.attempt_id,
            "ActionID": request.attempt_id,
            "Application": "AudioSocket",
            "Data": f"{request.call_id},{request.host}:{request.port}",
            "Timeout": str(round(request.limit_s * 1000)),
            "Async": "true",
        }
        if self._options.caller_id:
            headers["CallerID"] = self._options.caller_id
        return headers


class _Progress:
    """What is known of one attempt so far."""

    def __init__(self) -> None:
        self.answered = False
        self.reason = -1
        self.cause = 0
        self._channel_made = False
        self._hung_up = False

    async def follow(self, events: Watch) -> None:
        """Take events until the attempt's end is known."""
        while self.reason < 0:
            self._take(await events.next())
        if self.answered or not self._channel_made:
            return
        # The channel's hang-up, which alone tells why, comes just after the response.
        with suppress(TimeoutError):
            async with asyncio.timeout(_CAUSE_S):
                while not self._hung_up:
                    self._take(await events.next())

    def _take(self, event: AmiMessage) -> None:
        match event.event:
            case "Newchannel":
                self._channel_made = True
            case "Newstate" if event.get("ChannelStateDesc") == "Up":
                self.answered = True
            case "Hangup":
                self._hung_up = True
                self.cause = _number(event.get("Cause"))
            case "OriginateResponse":
                self.reason = _number(event.get("Reason"))
                self.answered = event.get("Response") == "Success"

    @property
    def result(self) -> RingResult:
        """How the attempt ended."""
        if self.answered:
            return RingResult.ANSWERED
        by_reason = _BY_REASON.get(self.reason, RingResult.FAILED)
        return _BY_CAUSE.get(self.cause, by_reason)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
