"""The contract of transcribers, kept by the real services; `make test-live` runs it."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from porteiro.calls.ports import Transcriber, Transcript, Transcription, TurnRequest
from porteiro.dialogue.words import tokens
from tests.contract import test_transcribers as contract
from tests.live.services import parts, suite, to_be_tried

globals().update(suite(contract, "transcriber"))


class Plainly:
    """Hears as a service does, written as the contract's recordings are.

    A real service writes "Autorizo." and is a little more or less sure each time.
    """

    closed_grammar = False

    def __init__(self, service: Transcriber) -> None:
        self._service = service

    def open(self, request: TurnRequest) -> "PlainTurn":
        return PlainTurn(self._service.open(request))


class PlainTurn:
    def __init__(self, turn: Transcription) -> None:
        self._turn = turn
        self.feed = turn.feed
        self.cancel = turn.cancel

    async def finish(self) -> Transcript:
        heard = await self._turn.finish()
        assert 0 <= heard.confidence <= 1
        text = " ".join(tokens(heard.text))
        return replace(heard, text=text, confidence=0.9 if text else 0.0, sure=False)


@pytest.fixture(params=to_be_tried("hearing"))
async def transcriber(request: pytest.FixtureRequest) -> AsyncIterator[Transcriber]:
    async with parts() as made:
        yield Plainly(await made._hears(request.param))
