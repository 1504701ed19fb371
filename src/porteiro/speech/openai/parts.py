"""The three parts of speech on one server of OpenAI's API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from porteiro.speech.openai.client import OpenAIOptions, Server, server_at
from porteiro.speech.openai.synthesizer import OpenAISynthesizer, SpeechOptions
from porteiro.speech.openai.transcriber import OpenAITranscriber, TranscriptionOptions
from porteiro.speech.openai.understanding import ChatOptions, OpenAIUnderstanding


class OpenAIParts:
    """Makes parts that share a client."""

    def __init__(self, server: Server) -> None:
        """Make parts that ask `server`."""
        self._server = server

    def hears(self, model: str, *, hints: bool) -> OpenAITranscriber:
        """Return who hears; with `hints` the expected names are told to the server."""
        return OpenAITranscriber(self._server, TranscriptionOptions(model, hints=hints))

    def speaks(self, model: str, voice: str) -> OpenAISynthesizer:
        """Return who speaks."""
        return OpenAISynthesizer(self._server, SpeechOptions(model, voice))

    def understands(self, model: str) -> OpenAIUnderstanding:
        """Return who fills the form of what a visitor wants."""
        return OpenAIUnderstanding(self._server, ChatOptions(model))


@asynccontextmanager
async def openai_parts(url: str, key: str) -> AsyncIterator[OpenAIParts]:
    """Build the client, and close it at the end of the block. Raises `SpeechError`."""
    async with server_at(OpenAIOptions(url, key)) as server:
        yield OpenAIParts(server)
