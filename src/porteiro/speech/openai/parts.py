"""The three parts of speech on one server of OpenAI's API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from porteiro.speech.openai.client import OpenAIOptions, Server, server_at
from porteiro.speech.openai.synthesizer import OpenAISynthesizer, SpeechOptions
from porteiro.speech.openai.transcriber import Evidence, OpenAITranscriber, TranscriptionOptions
from porteiro.speech.openai.understanding import ChatOptions, Effort, OpenAIUnderstanding


class OpenAIParts:
    """Makes parts that share a client."""

    def __init__(self, server: Server) -> None:
        """Make parts that ask `server`."""
        self._server = server

    def hears(
        self, model: str, *, hints: bool, evidence: Evidence = "auto", streamed: bool = False
    ) -> OpenAITranscriber:
        """Return who hears; what is told is as in `TranscriptionOptions`."""
        options = TranscriptionOptions(model, hints=hints, evidence=evidence, streamed=streamed)
        return OpenAITranscriber(self._server, options)

    def speaks(
        self, model: str, voice: str, *, instructions: str = "", sample_rate: int = 24_000
    ) -> OpenAISynthesizer:
        """Return who speaks; without `instructions` as `SpeechOptions` says."""
        options = SpeechOptions(model, voice, sample_rate=sample_rate)
        told = replace(options, instructions=instructions) if instructions else options
        return OpenAISynthesizer(self._server, told)

    def understands(
        self, model: str, *, temperature: float | None = None, effort: Effort | None = None
    ) -> OpenAIUnderstanding:
        """Return who fills the form of what a visitor wants."""
        return OpenAIUnderstanding(self._server, ChatOptions(model, temperature, effort))


@asynccontextmanager
async def openai_parts(url: str, key: str) -> AsyncIterator[OpenAIParts]:
    """Build the client, and close it at the end of the block. Raises `SpeechError`."""
    async with server_at(OpenAIOptions(url, key)) as server:
        yield OpenAIParts(server)
