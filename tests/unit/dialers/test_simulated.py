from structlog.testing import capture_logs

from porteiro.calls.ports import RingRequest
from porteiro.dialers.simulated import SimulatedDialer
from porteiro.dialogue.events import RingResult

REQUEST = RingRequest("c1", "a1", 2, "1003030", "1000", "10.0.0.5", 8081, 25.0)


async def test_it_is_loud_in_the_log_at_the_start_and_at_each_ring() -> None:
    async def busy(_request: RingRequest) -> RingResult:
        return RingResult.BUSY

    with capture_logs() as logs:
        dialer = SimulatedDialer(busy)
        assert await dialer.ring(REQUEST) is RingResult.BUSY
    assert [entry["log_level"] for entry in logs] == ["warning", "warning"]
    assert "simulated" in logs[0]["event"]
    assert (logs[1]["call_id"], logs[1]["pd_number"]) == ("c1", "1003030")


async def test_the_phone_is_told_which_attempt_it_is() -> None:
    heard: list[RingRequest] = []

    async def answer(request: RingRequest) -> RingResult:
        heard.append(request)
        return RingResult.ANSWERED

    await SimulatedDialer(answer).ring(REQUEST)
    assert heard == [REQUEST]
