"""Synthesis by Azure's REST API, played from its first piece on."""

import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Final
from xml.sax.saxutils import escape, quoteattr

import aiohttp

from porteiro import __version__
from porteiro.audio.resampling import Resampler
from porteiro.errors import SpeechError
from porteiro.speech.azure.options import AZURE, KEY_HEADER, AzureOptions
from porteiro.speech.bare_sound import WAV, instead_of_samples

_FORMATS: Final = {
    8000: "raw-8khz-16bit-mono-pcm",
    16000: "raw-16khz-16bit-mono-pcm",
    22050: "raw-22050hz-16bit-mono-pcm",
    24000: "raw-24khz-16bit-mono-pcm",
    44100: "raw-44100hz-16bit-mono-pcm",
    48000: "raw-48khz-16bit-mono-pcm",
}
_NATIVE_RATE: Final = 24_000
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2})?")
_VOICE: Final = re.compile(r"[a-z]{2,3}-[A-Za-z0-9:-]{4,80}")
_NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
_RATE_PARAMETER: Final = re.compile(r"rate\s*=\s*\"?([0-9]{1,7})")
_NOT_SOUND: Final = ("text/", "application/json", "application/xml", "application/xhtml")
_LONGEST_PER_LETTER_S: Final = 0.6
"""Digits take the longest: "1003030" is seven words. Nothing that is said lasts longer."""


class AzureSynthesizer:
    """Speaks with Azure's neural voices."""

    def __init__(self, session: aiohttp.ClientSession, options: AzureOptions) -> None:
        """Use `session`, which its owner closes."""
        self._session = session
        self._options = options

    @property
    def fingerprint(self) -> str:
        """What tells the sound of these phrases from another synthesizer's."""
        return f"azure {self._options.voice}"

    async def stream(self, text: str, voice: str, sample_rate: int) -> AsyncIterator[bytes]:
        """Yield `text` as 16-bit mono at `sample_rate` Hz, as it comes.

        A voice that is no more than a language is the one of the options. Raises
        `SpeechError` when it cannot be made; that may be after its first chunks. Sound
        without a header cannot be told from sound at another rate: that the service sends
        what it was asked for is checked by what it says of it, and by its length.
        """
        options = self._options
        made_at = sample_rate if sample_rate in _FORMATS else _NATIVE_RATE
        resampler = Resampler(made_at, sample_rate) if made_at != sample_rate else None
        longest_s = 5.0 + _LONGEST_PER_LETTER_S * len(text)
        request = self._request(_ssml(text, self._named(voice), options.language), made_at)
        try:
            async with request as answer:
                _check(answer, made_at)
                async for pcm in _samples(answer, int(longest_s * made_at) * 2):
                    yield resampler.convert(pcm) if resampler else pcm
        except TimeoutError:
            raise AZURE.too_slow(options.limit_s) from None
        except aiohttp.ClientError as error:
            raise AZURE.unreachable(error) from None

    def _request(
        self, ssml: str, made_at: int
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        options = self._options
        # A redirect is not followed: the key and the names go where they were meant to go.
        return self._session.post(
            options.synthesis,
            data=ssml.encode(),
            headers={
                KEY_HEADER: options.key,
                "Content-Type": "application/ssml+xml",
                "X-Microsoft-OutputFormat": _FORMATS[made_at],
                "User-Agent": f"porteiro/{__version__}",
                "Accept-Encoding": "identity",
            },
            timeout=aiohttp.ClientTimeout(
                total=options.phrase_s, sock_connect=options.limit_s, sock_read=options.limit_s
            ),
            allow_redirects=False,
        )

    def _named(self, voice: str) -> str:
        if _LANGUAGE.fullmatch(voice):
            return self._options.voice
        if not _VOICE.fullmatch(voice):
            raise SpeechError(
                f"Azure Speech has no voice {voice!r}; try pt-BR-AntonioNeural", retryable=False
            )
        return voice


def _ssml(text: str, voice: str, language: str) -> str:
    """Return the order to speak `text` and to do nothing else that could be written in it."""
    spoken = escape(_NOT_IN_XML.sub(" ", text))
    return (
        f"<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' "
        f"xml:lang={quoteattr(language)}><voice name={quoteattr(voice)}>{spoken}</voice></speak>"
    )


def _check(answer: aiohttp.ClientResponse, made_at: int) -> None:
    """Raise `SpeechError` unless what follows is the sound that was asked for."""
    if answer.status != 200:
        raise AZURE.refused(answer.status, answer.headers)
    described = answer.headers.get("Content-Type", "").lower()
    if described.startswith(_NOT_SOUND):
        raise AZURE.malformed("answered with text in the place of sound")
    rate = _RATE_PARAMETER.search(described)
    if rate and int(rate[1]) != made_at:
        raise AZURE.malformed(f"sent sound at {rate[1]} Hz where {made_at} Hz were asked for")


async def _samples(answer: aiohttp.ClientResponse, longest: int) -> AsyncIterator[bytes]:
    """Yield the sound in whole samples; `longest` is in bytes."""
    rest = b""
    total = 0
    async for chunk in answer.content.iter_any():
        pcm = rest + chunk
        if total == 0 and len(pcm) < 4:
            rest = pcm
            continue
        if total == 0 and (pcm.startswith(WAV) or instead_of_samples(pcm)):
            raise AZURE.malformed("sent a file in the place of bare samples")
        whole = len(pcm) // 2 * 2
        rest = pcm[whole:]
        total += whole
        if total > longest:
            raise AZURE.malformed("sent more sound than the phrase can last")
        yield pcm[:whole]
    if total == 0:
        raise SpeechError("Azure Speech sent no sound: check that its region has the voice")
    if rest:
        raise SpeechError("Azure Speech broke off in the middle of a sample")
