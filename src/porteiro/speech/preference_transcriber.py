"""Transcribers in order of preference; the next hears the same turn from its beginning."""

from collections.abc import Callable
from dataclasses import replace

from porteiro.calls.ports import Transcriber, Transcript, Transcription, TurnRequest
from porteiro.errors import SpeechError
from porteiro.speech.preference import PassedOnError, Preference, Try
from porteiro.speech.preference_breaker import ProviderState

KEPT_S = 60.0
"""Seconds of a turn that are kept for the next transcriber; nobody answers for longer."""
_PIECE_S = 0.1
"""How it is fed to the next: some services take no longer messages."""


class PreferredTranscriber:
    """Hears turns with the first transcriber that can; implements `ports.Transcriber`."""

    def __init__(self, preference: Preference[Transcriber]) -> None:
        """Hear with the transcribers of `preference`."""
        self._preference = preference

    @property
    def closed_grammar(self) -> bool:
        """Whether the transcriber that would be asked now must be asked one thing at a time."""
        return self._preference.foremost.closed_grammar

    @property
    def states(self) -> tuple[ProviderState, ...]:
        """How each transcriber is, best first."""
        return self._preference.states

    def open(self, request: TurnRequest) -> "PreferredTranscription":
        """Begin a turn with the first transcriber that is not left out."""
        return PreferredTranscription(self._preference, request)

    async def aclose(self) -> None:
        """Wait for what was abandoned; the transcribers are their owner's to close."""
        await self._preference.aclose()


class PreferredTranscription:
    """One turn, with the transcriber that hears it now and its sound for the next one."""

    def __init__(self, preference: Preference[Transcriber], request: TurnRequest) -> None:
        """Begin a turn with the first transcriber of `preference` that takes it."""
        self._request = request
        self._way = preference.way()
        self._kept = bytearray()
        self._room = int(KEPT_S * request.sample_rate) * 2
        self._hearing = self._open()

    def feed(self, pcm: bytes) -> None:
        """Take the next sound of the turn, 16-bit mono at the requested rate; never blocks."""
        self._kept += pcm[: self._room - len(self._kept)]
        if self._hearing is None:
            return
        tried, sink = self._hearing
        try:
            sink.feed(pcm)
        except SpeechError as error:
            tried.failed(error)
            sink.cancel()
            self._hearing = self._open()

    async def finish(self) -> Transcript:
        """Return the words of the first transcriber that knows them in time.

        Raises `SpeechError`, with the reason of each, when none does. Cancelling it drops
        the turn.
        """
        try:
            while self._hearing is not None:
                tried, sink = self._hearing
                try:
                    transcript = await self._way.within_limit(tried, sink.finish())
                except PassedOnError:
                    sink.cancel()
                    self._hearing = self._open()
                else:
                    tried.answered()
                    return transcript
            raise self._way.exhausted()
        finally:
            self.cancel()

    def cancel(self) -> None:
        """Drop the turn: nobody wants its words any more. Idempotent."""
        self._kept.clear()
        self._room = 0
        if self._hearing is not None:
            tried, sink = self._hearing
            self._hearing = None
            tried.dropped()
            sink.cancel()

    def _open(self) -> tuple[Try[Transcriber], Transcription] | None:
        """Have the next transcriber hear the turn so far; None where there is no other."""
        self._hearing = None  # whose words are late now
        piece = max(2, int(_PIECE_S * self._request.sample_rate) * 2)
        while tried := self._way.next():
            request = replace(self._request, partial=self._partial_of(tried))
            try:
                sink = tried.choice.provider.open(request)
                for start in range(0, len(self._kept), piece):
                    sink.feed(bytes(self._kept[start : start + piece]))
            except SpeechError as error:
                tried.failed(error)
            else:
                return tried, sink
        return None

    def _partial_of(self, tried: Try[Transcriber]) -> Callable[[str], None]:
        """Return what passes on the words of one transcriber, while it is the one asked."""

        def partial(words: str) -> None:
            if self._hearing is not None and self._hearing[0] is tried:
                self._request.partial(words)

        return partial
