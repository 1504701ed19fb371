"""Understanding ahead: asked for what stands still, thrown away with the words it was of."""

import asyncio

import pytest

from porteiro.calls.foresight import STABLE_S, Foresight
from porteiro.dialogue.terms import Understood

pytestmark = pytest.mark.virtual_time


class Mind:
    """Takes so many seconds for each text."""

    def __init__(self, takes_s: float = 1.0) -> None:
        self.asked: list[str] = []
        self.dropped: list[str] = []
        self._takes_s = takes_s

    async def understand(self, text: str) -> Understood | None:
        self.asked.append(text)
        try:
            await asyncio.sleep(self._takes_s)
        except asyncio.CancelledError:
            self.dropped.append(text)
            raise
        return Understood(visitor=text)


def foresight(mind: Mind) -> Foresight:
    return Foresight(mind.understand, asyncio.get_running_loop().create_task)


async def test_words_that_stand_still_are_understood_before_the_turn_ends() -> None:
    mind = Mind()
    ahead = foresight(mind)
    ahead.heard("é o Pedro")
    await asyncio.sleep(STABLE_S + 2)
    began = asyncio.get_running_loop().time()
    assert await ahead.meaning("é o Pedro") == Understood(visitor="é o Pedro")
    assert asyncio.get_running_loop().time() == began
    assert mind.asked == ["é o Pedro"]


async def test_new_words_stop_what_was_asked_for_the_old() -> None:
    mind = Mind(takes_s=10.0)
    ahead = foresight(mind)
    ahead.heard("é o Pedro")
    await asyncio.sleep(STABLE_S + 0.1)
    ahead.heard("é o Pedro Henrique")
    await asyncio.sleep(STABLE_S + 0.1)
    assert mind.dropped == ["é o Pedro"]
    assert mind.asked == ["é o Pedro", "é o Pedro Henrique"]
    assert await ahead.meaning("é o Pedro Henrique") == Understood(visitor="é o Pedro Henrique")


async def test_words_that_change_before_they_stand_still_are_not_asked_for() -> None:
    mind = Mind()
    ahead = foresight(mind)
    for words in ("é", "é o", "é o Pedro"):
        ahead.heard(words)
        await asyncio.sleep(STABLE_S * 0.75)
    await asyncio.sleep(STABLE_S)
    assert mind.asked == ["é o Pedro"]


async def test_what_was_dropped_asks_for_nothing_more() -> None:
    mind = Mind()
    ahead = foresight(mind)
    ahead.heard("é o Pedro")
    ahead.drop()
    await asyncio.sleep(1.0)
    assert mind.asked == []


async def test_final_words_of_another_form_keep_their_meaning_and_others_do_not() -> None:
    mind = Mind()
    ahead = foresight(mind)
    ahead.heard("é o pedro")
    await asyncio.sleep(STABLE_S + 0.5)
    assert await ahead.meaning("É o Pedro") == Understood(visitor="é o pedro")
    assert await ahead.meaning("é o Paulo") == Understood(visitor="é o Paulo")
    assert mind.asked == ["é o pedro", "é o Paulo"]
