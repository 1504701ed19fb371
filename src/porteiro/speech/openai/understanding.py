"""A language model that fills in a form, beside the rules and checked like a stranger.

It sees the visitor's words and the question, never the directory; what it says counts as far
as the visitor's own words hold it. It is asked only about what the rules left open, and never
about what a resident answers.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Final, Literal

from openai import omit

from porteiro.dialogue.guide import Guide
from porteiro.dialogue.terms import Question, Understood, Utterance
from porteiro.dialogue.understanding import understand
from porteiro.speech.openai.client import Server, plain_words
from porteiro.speech.openai.form import ORDERS, SCHEMA, filled_in, question_and_words
from porteiro.speech.understanding_merging import leaves_open, merged
from porteiro.speech.understanding_service import Advice

_SETTING: Final = "PORTEIRO_OPENAI_CHAT_MODEL"
_LONGEST_SAID: Final = 1000
"""Characters that are sent: the rules read no more of a turn either."""
_MANNERS: Final = frozenset({Utterance.REPEAT, Utterance.UNKNOWN, Utterance.HUMAN})

Effort = Literal["none", "minimal", "low"]


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """Which model understands, and how long it may take.

    `temperature` and `effort` (of reasoning) are sent where they are set: not every model
    takes them.
    """

    model: str = "gpt-5.4-nano"
    temperature: float | None = None
    effort: Effort | None = None
    limit_s: float = 3.0


class OpenAIUnderstanding:
    """Finds the facts in a visitor's words by rules, and asks a model for the rest.

    Implements `porteiro.calls.ports.Understanding`.
    """

    def __init__(self, server: Server, options: ChatOptions | None = None) -> None:
        """Ask `server`, whose owner closes it."""
        self._server = server
        self._options = options or ChatOptions()

    async def understand(
        self, call_id: str, said: str, asked: Question | None, guide: Guide
    ) -> Understood:
        """Return what `said` holds; at once, where the rules leave nothing open.

        The call's id does not leave the machine. Raises `SpeechError` when the model is
        needed and fails. Cancelling it drops the request.
        """
        del call_id
        ruled = understand(said, asked, guide.residents(), guide.apartments())
        if not said.strip() or not leaves_open(ruled, asked):
            return ruled
        advice, kind = await self._ask(said, asked)
        found = merged(ruled, advice, said, asked, guide)
        if found.kind is Utterance.OTHER and kind in _MANNERS and advice == Advice():
            return replace(found, kind=kind)
        return found

    async def _ask(self, said: str, asked: Question | None) -> tuple[Advice, Utterance]:
        options = self._options
        asking = self._server.client.chat.completions.with_streaming_response.create(
            model=options.model,
            messages=[
                {"role": "system", "content": ORDERS},
                {"role": "user", "content": question_and_words(asked, said[:_LONGEST_SAID])},
            ],
            response_format={
                "type": "json_schema",
                "json_schema": {"name": "visitor", "strict": True, "schema": dict(SCHEMA)},
            },
            temperature=omit if options.temperature is None else options.temperature,
            reasoning_effort=options.effort or omit,
            timeout=options.limit_s,
        )
        with plain_words(self._server, _SETTING, options.limit_s):
            async with asyncio.timeout(options.limit_s), asking as answer:
                return filled_in(await answer.read())
