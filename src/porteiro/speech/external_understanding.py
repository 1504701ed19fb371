"""A service that helps to understand visitors, behind the port of the embedded rules.

The rules read every sentence first, and what they find stays: corrections, short answers
and the words that ask for a repetition or a human are theirs. The service fills in what
they did not find, and only with what the visitor said (see `understanding_evidence`), so
that nothing it knows, makes up or remembers from an earlier turn becomes a fact.
"""

import structlog

from porteiro.dialogue.guide import Guide
from porteiro.dialogue.terms import Question, Understood
from porteiro.dialogue.understanding import understand
from porteiro.speech.understanding_merging import leaves_open, merged
from porteiro.speech.understanding_service import Advice, UnderstandingService

_log = structlog.get_logger()

_SLOTS = ("purpose", "visitor", "apartment", "resident")


class ExternalUnderstanding:
    """Finds the facts in a visitor's words by rules, and asks a service for the rest.

    Implements `porteiro.calls.ports.Understanding`; a service that fails costs time only.
    """

    def __init__(self, service: UnderstandingService) -> None:
        """Ask `service`."""
        self._service = service

    async def understand(
        self, call_id: str, said: str, asked: Question | None, guide: Guide
    ) -> Understood:
        """Return what `said` holds; never raises `SpeechError`.

        Cancelling it drops the request to the service.
        """
        ruled = understand(said, asked, guide.residents(), guide.apartments())
        if not leaves_open(ruled, asked):
            return ruled
        content = await self._service.advice(call_id, said)
        if content is None:
            return ruled
        found = merged(ruled, content.dados or Advice(), said, asked, guide)
        _log.debug(
            "external understanding",
            call_id=call_id,
            valid_for_action=content.valid_for_action,
            taken=[slot for slot in _SLOTS if getattr(found, slot) != getattr(ruled, slot)],
        )
        return found
