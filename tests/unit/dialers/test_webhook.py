import aiohttp
import pytest

from porteiro.calls.ports import RingRequest
from porteiro.dialers.webhook import WebhookDialer, WebhookOptions
from porteiro.dialogue.events import RingResult
from porteiro.errors import DialerError
from tests.contract.http_peer import peer_that

REQUEST = RingRequest("c1", "a1", 2, "1003030", "1000", "10.0.0.5", 8081, 25.0)


async def test_the_attempt_is_posted_as_the_contract_says() -> None:
    async with peer_that("202") as peer, aiohttp.ClientSession() as session:
        result = await WebhookDialer(session, WebhookOptions(peer.url)).ring(REQUEST)
    assert result is RingResult.ACCEPTED
    assert peer.bodies == [
        {
            "call_id": "c1",
            "number": "1003030",
            "extension": "1000",
            "host": "10.0.0.5",
            "port": 8081,
            "attempt": 2,
        }
    ]


async def test_a_redirect_is_not_followed() -> None:
    async with peer_that("302") as peer, aiohttp.ClientSession() as session:
        with pytest.raises(DialerError, match="302"):
            await WebhookDialer(session, WebhookOptions(peer.url)).ring(REQUEST)
    assert len(peer.bodies) == 1


async def test_a_service_that_does_not_answer_is_waited_for_no_longer_than_its_limit() -> None:
    async with peer_that("hang") as peer, aiohttp.ClientSession() as session:
        dialer = WebhookDialer(session, WebhookOptions(peer.url, limit_s=0.05))
        with pytest.raises(DialerError, match=r"within 0\.05 s"):
            await dialer.ring(REQUEST)


async def test_nobody_listening_says_which_setting_to_check() -> None:
    async with aiohttp.ClientSession() as session:
        dialer = WebhookDialer(session, WebhookOptions("http://127.0.0.1:1/"))
        with pytest.raises(DialerError, match="check PORTEIRO_DIALER_URL"):
            await dialer.ring(REQUEST)
