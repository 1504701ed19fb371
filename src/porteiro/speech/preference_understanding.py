"""Ways to understand visitors in order of preference."""

from porteiro.calls.ports import Understanding
from porteiro.dialogue.guide import Guide
from porteiro.dialogue.terms import Question, Understood
from porteiro.speech.preference import PassedOnError, Preference
from porteiro.speech.preference_breaker import ProviderState


class PreferredUnderstanding:
    """Understands with the first that can; implements `porteiro.calls.ports.Understanding`."""

    def __init__(self, preference: Preference[Understanding]) -> None:
        """Understand with what is in `preference`."""
        self._preference = preference

    @property
    def states(self) -> tuple[ProviderState, ...]:
        """How each provider is, best first."""
        return self._preference.states

    async def understand(
        self, call_id: str, said: str, asked: Question | None, guide: Guide
    ) -> Understood:
        """Return what the first that answers in time finds in `said`.

        Raises `SpeechError`, with the reason of each, when none does. Cancelling it drops
        what is being asked.
        """
        way = self._preference.way()
        while tried := way.next():
            asking = tried.choice.provider.understand(call_id, said, asked, guide)
            try:
                understood = await way.within_limit(tried, asking)
            except PassedOnError:
                continue
            else:
                tried.answered()
                return understood
            finally:
                tried.dropped()
        raise way.exhausted()

    async def aclose(self) -> None:
        """Wait for what was abandoned; the providers are their owner's to close."""
        await self._preference.aclose()
