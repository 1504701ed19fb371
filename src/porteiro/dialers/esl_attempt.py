"""One phone that FreeSWITCH rings for us: how it went, and how it is stopped."""

import asyncio
from typing import Final

from porteiro.dialers.esl_client import STREAM_ENDED, EslClient
from porteiro.wire.esl import Event

_ANSWER_S: Final = 0.2
"""How long word of an answer may be under way: events come up to 20 ms late, measured."""


class Attempt:
    """An attempt to reach a phone, whose channel and whose job both have the attempt's id.

    `answered` is whether the phone is known to have been picked up.
    """

    def __init__(self, client: EslClient, attempt_id: str, *, parked: bool) -> None:
        """Listen to what FreeSWITCH tells of the attempt.

        A `parked` channel has nobody but its stream to end it: it is hung up with that.
        """
        self.answered = False
        self._words: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._client = client
        self._id = attempt_id
        self._parked = parked
        self._given_up = False
        self._channel_gone = False
        self._timer: asyncio.TimerHandle | None = None
        client.listen(attempt_id, self._take)

    async def ended(self) -> str:
        """Wait for what the job prints; "" where the connection was lost before it did."""
        return await asyncio.shield(self._words)

    def leave(self, forget_s: float) -> None:
        """Wait no more: a phone that still rings is hung up, one that was answered never.

        Since an answer is heard of a little after it was given, ringing goes on for that
        long; and a channel that comes to be only afterwards is hung up then. Should
        FreeSWITCH not tell the end within `forget_s`, the attempt is forgotten.
        """
        if not self._words.done():
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(_ANSWER_S, self._stop_ringing, forget_s)

    def _take(self, event: Event | None) -> None:
        if event is None:
            self._lose()
            return
        match event.name:
            case "CHANNEL_CREATE" if self._given_up:
                self._hang_up()
            case "CHANNEL_ANSWER":
                self.answered = True
            case "BACKGROUND_JOB":
                self._end(event.body.strip())
            case "CUSTOM" if self._parked and event.subclass == STREAM_ENDED:
                self._hang_up()
            case "CHANNEL_HANGUP_COMPLETE":
                self._channel_gone = True
                if self._words.done():
                    self._client.forget(self._id)

    def _end(self, words: str) -> None:
        """Take what the job printed; of a parked channel, the end is still to be heard."""
        self.answered = self.answered or words.startswith("+OK")
        if self._timer is not None:
            self._timer.cancel()
        if not self._words.done():
            self._words.set_result(words)
        if not (self._parked and self.answered) or self._channel_gone:
            self._client.forget(self._id)

    def _lose(self) -> None:
        """Nothing more will be told; where it is us who go, a last word still arrives."""
        if not (self.answered or self._words.done()):
            self._hang_up()
        self._end("")
        self._client.forget(self._id)

    def _stop_ringing(self, forget_s: float) -> None:
        self._given_up = True
        if not self.answered:
            self._hang_up()
        self._timer = asyncio.get_running_loop().call_later(forget_s, self._end, "")

    def _hang_up(self) -> None:
        self._client.send_api(f"uuid_kill {self._id} NORMAL_CLEARING")
