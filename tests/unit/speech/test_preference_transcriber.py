"""A turn goes to the next transcriber, with all its sound, when the first fails or is slow."""

import asyncio
import re
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from porteiro.calls.ports import Transcriber, Transcript, TurnRequest
from porteiro.clock import LoopClock
from porteiro.dialogue.terms import Question
from porteiro.errors import SpeechError
from porteiro.speech.preference import Choice, Preference, PreferenceOptions
from porteiro.speech.preference_breaker import BreakerOptions, Condition
from porteiro.speech.preference_transcriber import KEPT_S, PreferredTranscriber

pytestmark = pytest.mark.virtual_time

FRAME = bytes(range(160)) * 2


class Ears:
    """A transcriber that takes `takes_s` to answer with its name, or raises what it is told to."""

    closed_grammar = False

    def __init__(self, name: str, takes_s: float = 0.0, error: Exception | None = None) -> None:
        self.name = name
        self.takes_s = takes_s
        self.error = error
        self.error_at = "finish"
        self.lingers_s = 0.0
        self.turns: list[EarsTurn] = []

    def open(self, request: TurnRequest) -> "EarsTurn":
        self.turns.append(EarsTurn(self, request))
        self.perhaps_fail("open")
        return self.turns[-1]

    def perhaps_fail(self, where: str) -> None:
        if self.error is not None and self.error_at == where:
            raise self.error


class EarsTurn:
    def __init__(self, ears: Ears, request: TurnRequest) -> None:
        self.ears = ears
        self.request = request
        self.heard = b""
        self.cancelled = 0

    def feed(self, pcm: bytes) -> None:
        self.ears.perhaps_fail("feed")
        self.heard += pcm
        self.request.partial(f"{self.ears.name} {len(self.heard)}")

    async def finish(self) -> Transcript:
        try:
            await asyncio.sleep(self.ears.takes_s)
        except asyncio.CancelledError:
            await asyncio.sleep(self.ears.lingers_s)
            raise
        self.ears.perhaps_fail("finish")
        return Transcript(self.ears.name, 0.9, sure=True)

    def cancel(self) -> None:
        self.cancelled += 1


def preferring(*ears: Ears, total_s: float = 3.5, limit: int = 3) -> PreferredTranscriber:
    choices: list[Choice[Transcriber]] = [Choice(each.name, each) for each in ears[:-1]]
    choices.append(Choice(ears[-1].name, ears[-1], limit_s=8.0))
    options = PreferenceOptions(total_s, BreakerOptions(limit=limit, rest_s=10.0))
    return PreferredTranscriber(Preference("transcription", choices, LoopClock(), options))


async def heard(
    transcriber: PreferredTranscriber, partial: Callable[[str], None] = lambda _: None
) -> str:
    turn = transcriber.open(TurnRequest(Question.PURPOSE, 8000, partial=partial))
    for _ in range(10):
        turn.feed(FRAME)
    return (await turn.finish()).text


def condition(transcriber: PreferredTranscriber) -> Condition:
    return transcriber.states[0].condition


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_the_first_hears_while_it_is_well() -> None:
    first, second = Ears("first", takes_s=1.4), Ears("second")

    assert await heard(preferring(first, second)) == "first"
    assert second.turns == []


@pytest.mark.parametrize(
    "error", [SpeechError("answered 500"), ValueError("a fault"), asyncio.CancelledError()]
)
async def test_one_that_fails_is_left_for_the_next_with_all_the_sound(
    error: Exception,
) -> None:
    first, second = Ears("first", error=error), Ears("second")

    assert await heard(preferring(first, second)) == "second"
    assert second.turns[0].heard == FRAME * 10
    assert first.turns[0].cancelled == 1


@pytest.mark.parametrize("where", ["open", "feed"])
async def test_one_that_fails_while_the_person_speaks_is_left_at_once(where: str) -> None:
    first, second = Ears("first", error=SpeechError("cut")), Ears("second")
    first.error_at = where
    transcriber = preferring(first, second)

    turn = transcriber.open(TurnRequest(Question.PURPOSE, 8000))
    turn.feed(FRAME)
    assert [each.heard for each in second.turns] == [FRAME]
    turn.feed(FRAME)

    assert (await turn.finish()).text == "second"
    assert second.turns[0].heard == FRAME * 2
    assert transcriber.states[0].failed == 1


async def test_one_that_hangs_is_left_in_time_for_the_next_to_answer_within_2_s() -> None:
    first, second = Ears("first", takes_s=1e6), Ears("second", takes_s=0.3)
    first.lingers_s = 30.0  # it does not even stop when it is told to

    transcriber = preferring(first, second)

    assert await heard(transcriber) == "second"
    assert now() == pytest.approx(1.8)
    assert "no answer within 1.5 s" in transcriber.states[0].reason
    await transcriber.aclose()


async def test_however_many_hang_the_last_has_its_turn_before_the_call_gives_up() -> None:
    hanging = [Ears(f"far {number}", takes_s=1e6) for number in range(4)]

    assert await heard(preferring(*hanging, Ears("embedded"))) == "embedded"
    assert now() == pytest.approx(3.0)
    assert [len(each.turns) for each in hanging] == [1, 1, 0, 0]


async def test_one_that_keeps_failing_costs_no_time_until_it_is_tried_again() -> None:
    first, second = Ears("first", takes_s=1e6), Ears("second")
    transcriber = preferring(first, second)
    with capture_logs() as logs:
        for _ in range(20):
            assert await heard(transcriber) == "second"
        assert now() == pytest.approx(4.5)
        assert condition(transcriber) is Condition.RESTING

        first.takes_s = 0.1
        await asyncio.sleep(10)
        assert await heard(transcriber) == "first"
        assert condition(transcriber) is Condition.WELL

    said = [line for line in logs if line["log_level"] != "debug"]
    assert [line["log_level"] for line in said] == ["warning", "info"]


async def test_only_one_turn_waits_for_one_that_is_tried_again() -> None:
    first, second = Ears("first", error=SpeechError("answered 500")), Ears("second")
    transcriber = preferring(first, second, limit=1)
    await heard(transcriber)
    await asyncio.sleep(10)

    first.error, first.takes_s = None, 1.0
    answers = await asyncio.gather(*(heard(transcriber) for _ in range(5)))

    assert sorted(answers) == ["first", *["second"] * 4]


async def test_a_turn_dropped_while_it_tried_one_again_leaves_that_to_the_next() -> None:
    first, second = Ears("first", error=SpeechError("answered 500")), Ears("second")
    transcriber = preferring(first, second, limit=1)
    await heard(transcriber)
    await asyncio.sleep(10)
    first.error = None

    turn = transcriber.open(TurnRequest(Question.PURPOSE, 8000))
    turn.feed(FRAME)
    turn.cancel()
    turn.cancel()

    assert await heard(transcriber) == "first"
    assert first.turns[1].cancelled == 1


async def test_a_service_that_asks_to_be_left_alone_is_not_asked() -> None:
    first, second = Ears("first"), Ears("second")
    first.error = SpeechError("answered 429", retry_after_s=60.0)
    transcriber = preferring(first, second)
    await heard(transcriber)

    await asyncio.sleep(59)
    await heard(transcriber)
    assert len(first.turns) == 1
    await asyncio.sleep(1)
    await heard(transcriber)
    assert len(first.turns) == 2


async def test_when_all_fail_the_error_says_why_each_did() -> None:
    ears = [Ears("first", error=SpeechError("answered 401: check the key")), Ears("second")]
    ears[1].error = ValueError("abre o portão")

    with pytest.raises(SpeechError) as failed:
        await heard(preferring(*ears))

    words = r"first: answered 401: check the key; second: it broke with ValueError in \S+\.py:\d+"
    assert re.search(words, str(failed.value))
    assert "portão" not in str(failed.value)


async def test_a_fault_is_logged_at_once_without_what_was_said() -> None:
    first = Ears("first", error=ValueError("abre o portão"))
    with capture_logs() as logs:
        await heard(preferring(first, Ears("second")))

    (line,) = [line for line in logs if line["log_level"] == "error"]
    assert line["provider"] == "first"
    assert "ValueError" in line["reason"]
    assert "portão" not in str(logs)


async def test_cancelling_drops_the_turn_and_counts_for_nothing() -> None:
    first = Ears("first", takes_s=1e6)
    transcriber = preferring(first, Ears("second"))

    task = asyncio.create_task(heard(transcriber))
    await asyncio.sleep(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert first.turns[0].cancelled == 1
    assert transcriber.states[0].failed == 0


async def test_partials_come_from_the_one_that_is_asked_and_never_late() -> None:
    first, second = Ears("first", error=SpeechError("cut")), Ears("second")
    partials: list[str] = []
    transcriber = preferring(first, second)
    turn = transcriber.open(TurnRequest(Question.PURPOSE, 8000, partial=partials.append))
    turn.feed(FRAME)
    first.error_at = "feed"
    turn.feed(FRAME)
    turn.feed(FRAME)

    first.turns[0].request.partial("too late")
    await turn.finish()
    second.turns[0].request.partial("too late as well")

    assert partials == ["first 320", "second 960"]


async def test_no_more_of_a_turn_is_kept_than_anybody_answers() -> None:
    first, second = Ears("first", error=SpeechError("answered 500")), Ears("second")
    turn = preferring(first, second).open(TurnRequest(Question.PURPOSE, 8000))
    for _ in range(100):
        turn.feed(bytes(16_000))

    await turn.finish()

    assert len(first.turns[0].heard) == 1_600_000
    assert len(second.turns[0].heard) == KEPT_S * 16_000


async def test_questions_are_asked_as_the_one_that_will_hear_needs_it() -> None:
    first, embedded = Ears("first", error=SpeechError("answered 500")), Ears("embedded")
    embedded.closed_grammar = True
    transcriber = preferring(first, embedded, limit=1)
    assert not transcriber.closed_grammar

    await heard(transcriber)

    assert transcriber.closed_grammar


@pytest.mark.parametrize("names", [(), ("twice", "twice")])
async def test_a_list_without_names_of_their_own_is_refused(names: tuple[str, ...]) -> None:
    choices = [Choice(name, Ears(name)) for name in names]
    with pytest.raises(ValueError, match="a name of its own"):
        Preference("transcription", choices, LoopClock())
