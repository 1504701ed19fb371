"""A turn on its way to a service, whatever the service makes of it; no network."""

import asyncio
from collections.abc import Callable

import pytest

from porteiro.calls.ports import Transcript
from porteiro.errors import SpeechError
from porteiro.speech.streamed_turn import NOTHING, StreamedTurn, TurnSound

pytestmark = pytest.mark.virtual_time

Tell = Callable[[Transcript], None]


def turn_that(hears: Transcript | Exception, after_s: float = 0.0) -> StreamedTurn:
    async def converse(sound: TurnSound, tell: Tell) -> None:
        await asyncio.sleep(after_s)
        if isinstance(hears, Exception):
            raise hears
        tell(hears)

    return StreamedTurn("Babel", TurnSound(8000, 8000), converse, limit_s=5.0)


async def heard(turn: StreamedTurn) -> Transcript:
    turn.feed(b"\0\1")
    return await turn.finish()


async def test_words_come_without_what_no_voice_can_say() -> None:
    turn = turn_that(Transcript("sim,\0 pode\nentrar", 0.9, sure=True))
    assert await heard(turn) == Transcript("sim, pode entrar", 0.9, sure=True)


@pytest.mark.parametrize("text", ["好的", "Legendas pela comunidade Amara.org", " \x1b "])
async def test_words_that_nobody_said_are_none(text: str) -> None:
    assert await heard(turn_that(Transcript(text, 0.99, sure=True))) == NOTHING


async def test_more_words_than_a_turn_holds_are_an_error() -> None:
    with pytest.raises(SpeechError, match="Babel heard more than anybody"):
        await heard(turn_that(Transcript("sim " * 50_000, 0.9, sure=True)))


async def test_a_service_that_fails_is_known_before_the_turn_is_over() -> None:
    turn = turn_that(SpeechError("Babel answered 500"), after_s=0.5)
    turn.feed(b"\0\1")
    await asyncio.sleep(1)
    with pytest.raises(SpeechError, match="Babel answered 500"):
        turn.feed(b"\0\1")
    with pytest.raises(SpeechError, match="Babel answered 500"):
        await turn.finish()


async def test_a_dropped_turn_takes_sound_and_fails_no_more() -> None:
    turn = turn_that(SpeechError("Babel answered 500"), after_s=0.5)
    turn.cancel()
    await asyncio.sleep(1)
    assert await heard(turn) == NOTHING


async def test_a_service_that_says_nothing_of_the_turn_has_failed() -> None:
    async def leave(sound: TurnSound, tell: Tell) -> None:
        """Go at once."""

    turn = StreamedTurn("Babel", TurnSound(8000, 8000), leave, limit_s=5.0)
    with pytest.raises(SpeechError, match="Babel ended the turn without its words"):
        await heard(turn)
