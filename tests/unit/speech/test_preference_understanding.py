"""What a visitor said goes to the next that may understand when the first fails or is slow."""

import asyncio

import pytest

from porteiro.calls.ports import Understanding
from porteiro.clock import LoopClock
from porteiro.condominiums.directory import Apartment, Directory
from porteiro.dialogue.guide import Guide
from porteiro.dialogue.terms import Purpose, Question, Understood, Utterance
from porteiro.errors import SpeechError
from porteiro.speech.preference import Choice, Preference
from porteiro.speech.preference_understanding import PreferredUnderstanding
from porteiro.speech.rules_understanding import RulesUnderstanding

pytestmark = pytest.mark.virtual_time

CALL_ID = "e69439e9-1489-4bba-b55d-37612b5dffaf"
DIRECTORY = Directory([Apartment("501", ("Renata Oliveira",), ("1003030",))])
BY_RULES = Understood(Purpose.DELIVERY, apartment="501", kind=Utterance.INFORMATION)


class Mind:
    """Understands nothing, after `takes_s`; or raises what it is told to."""

    def __init__(self, takes_s: float = 0.0, error: Exception | None = None) -> None:
        self.takes_s = takes_s
        self.error = error
        self.asked = 0
        self.cancelled = 0

    async def understand(
        self, call_id: str, said: str, asked: Question | None, guide: Guide
    ) -> Understood:
        self.asked += 1
        try:
            await asyncio.sleep(self.takes_s)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error is not None:
            raise self.error
        return Understood()


def preferring(*minds: Understanding) -> PreferredUnderstanding:
    choices = [Choice(f"mind {number}", mind) for number, mind in enumerate(minds)]
    return PreferredUnderstanding(Preference("understanding", choices, LoopClock()))


async def found(understanding: PreferredUnderstanding) -> Understood:
    return await understanding.understand(CALL_ID, "entrega para o 501", None, DIRECTORY)


async def test_the_first_is_asked_while_it_is_well() -> None:
    assert await found(preferring(Mind(takes_s=1.4), RulesUnderstanding())) == Understood()


@pytest.mark.parametrize("error", [SpeechError("answered 500"), KeyError("a fault")])
async def test_one_that_fails_is_left_for_the_next(error: Exception) -> None:
    understanding = preferring(Mind(error=error), RulesUnderstanding())

    assert await found(understanding) == BY_RULES
    assert [state.failed for state in understanding.states] == [1, 0]


async def test_one_that_hangs_is_left_in_time_and_stopped_and_later_not_asked() -> None:
    mind = Mind(takes_s=1e6)
    understanding = preferring(mind, RulesUnderstanding())

    for _ in range(10):
        assert await found(understanding) == BY_RULES

    assert asyncio.get_running_loop().time() == pytest.approx(4.5)
    await understanding.aclose()
    assert (mind.asked, mind.cancelled) == (3, 3)


async def test_when_all_fail_the_error_says_why_each_did() -> None:
    failing = Mind(error=SpeechError("answered 401: check the key"))
    with pytest.raises(
        SpeechError, match=r"mind 0: answered 401: check the key; mind 1: no answer within 1\.5 s"
    ):
        await found(preferring(failing, Mind(takes_s=1e6)))


async def test_cancelling_stops_what_is_being_asked_and_counts_for_nothing() -> None:
    mind = Mind(takes_s=1e6)
    understanding = preferring(mind, RulesUnderstanding())
    task = asyncio.create_task(found(understanding))
    await asyncio.sleep(1)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    await understanding.aclose()

    assert mind.cancelled == 1
    assert understanding.states[0].failed == 0
