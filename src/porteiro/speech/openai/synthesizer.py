"""Speech from a server that speaks OpenAI's API, played from its first chunk on."""

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from typing import Final

from porteiro.audio.resampling import Resampler
from porteiro.errors import SpeechError
from porteiro.speech.openai.client import Server, plain_words
from porteiro.speech.openai.sound import PcmReader

_SETTING: Final = "PORTEIRO_OPENAI_SPEECH_MODEL"
_LONGEST_TEXT: Final = 4096  # the API's limit, in characters
_OTHERS_VOICE: Final = re.compile(r"pt(-br)?(\+\w+)?", re.IGNORECASE)
"""A language, as espeak-ng names its voices: no voice of this provider."""


@dataclass(frozen=True, slots=True)
class SpeechOptions:
    """Which model speaks, in which voice.

    `voice` is taken where a condominium has none of this provider's. `instructions` say how
    it speaks (accent, mood), to models that take them. `sample_rate` is the rate in Hz at
    which the server sends bare samples. No chunk may take longer than `chunk_s` seconds, and
    no phrase longer than `limit_s`.
    """

    model: str = "gpt-4o-mini-tts"
    voice: str = "cedar"
    instructions: str = "Fale português do Brasil, como um porteiro cordial e calmo."
    speed: float = 1.0
    sample_rate: int = 24_000
    chunk_s: float = 5.0
    limit_s: float = 30.0

    @property
    def fingerprint(self) -> str:
        """What makes a phrase sound as it does, besides its words, voice and rate."""
        facts = (self.model, self.voice, self.instructions, f"{self.speed:g}", self.sample_rate)
        return "openai " + hashlib.sha256("\0".join(map(str, facts)).encode()).hexdigest()[:16]


class OpenAISynthesizer:
    """Speaks with a model's voice; the sound comes while it is being made."""

    def __init__(self, server: Server, options: SpeechOptions | None = None) -> None:
        """Ask `server`, whose owner closes it."""
        self._server = server
        self._options = options or SpeechOptions()

    @property
    def fingerprint(self) -> str:
        """What tells the sound of these phrases from another synthesizer's."""
        return f"{self._options.fingerprint} {self._server.name}"

    async def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        """Yield `text` as 16-bit mono at `sample_rate` Hz, from its first chunk on.

        Its leading silence is left out. Raises `SpeechError` when the server fails, or breaks
        off. Closing the iterator drops the request.
        """
        if len(text) > _LONGEST_TEXT:
            raise SpeechError(
                f"a phrase of over {_LONGEST_TEXT} characters cannot be spoken: shorten it",
                retryable=False,
            )
        made_at, heard = 0, False
        resampler: Resampler | None = None
        async with aclosing(self._sound(text, voice)) as sound:
            async for rate, pcm in sound:
                if rate not in (made_at, sample_rate):
                    resampler = Resampler(rate, sample_rate)
                made_at, heard = rate, True
                yield resampler.convert(pcm) if resampler else pcm
        if not heard:
            raise SpeechError(f"{self._server.name} made no sound: check {_SETTING}")
        if resampler:
            yield resampler.convert(bytes(2 * int(resampler.delay_s * made_at)))

    async def _sound(self, text: str, voice: str) -> AsyncGenerator[tuple[int, bytes], None]:
        """Yield the sound as it comes, each chunk with its rate in Hz."""
        options = self._options
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + options.limit_s
        asking = self._server.client.audio.speech.with_streaming_response.create(
            input=text,
            model=options.model,
            voice=options.voice if _OTHERS_VOICE.fullmatch(voice) or not voice else voice,
            response_format="pcm",
            speed=options.speed,
            extra_body=self._extra(),
            timeout=options.chunk_s,
        )
        with plain_words(self._server, _SETTING, options.chunk_s):
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(options.chunk_s):
                    answer = await stack.enter_async_context(asking)
                reader = PcmReader(answer.headers.get("content-type", ""), options.sample_rate)
                chunks = aiter(answer.iter_bytes())
                while (chunk := await self._next(chunks, ends_at - loop.time())) is not None:
                    if pcm := reader.take(chunk):
                        yield reader.sample_rate, pcm
                reader.end()

    async def _next(self, chunks: AsyncIterator[bytes], left_s: float) -> bytes | None:
        # The limit is put on each chunk: one over them all would strike whoever plays them.
        async with asyncio.timeout(min(max(0.0, left_s), self._options.chunk_s)):
            return await anext(chunks, None)

    def _extra(self) -> dict[str, str]:
        takes_them = self._options.model.startswith("gpt-") and self._options.instructions
        return {"instructions": self._options.instructions} if takes_them else {}
