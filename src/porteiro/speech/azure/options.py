"""How Azure Speech is reached, and what is asked of it."""

import re
from dataclasses import dataclass, field
from typing import Final

from porteiro.errors import SettingsError
from porteiro.speech.service_faults import Service

AZURE: Final = Service("Azure Speech", "AZURE_SPEECH_KEY", "AZURE_SPEECH_REGION")
KEY_HEADER: Final = "Ocp-Apim-Subscription-Key"

_REGION: Final = re.compile(r"[a-z][a-z0-9]{1,30}")
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True, slots=True)
class AzureOptions:
    """The resource's region and key, and what is wanted of it.

    `voice` speaks where only a language is asked for. An answer may take `limit_s` seconds
    from the turn's end, or from the request for a phrase to its first sound and between
    its pieces; a phrase `phrase_s` in all. A yes counts unconfirmed from the confidence
    `sure_from` on; over 1 it never does. `recognition_url` and `synthesis_url` lead to a
    sovereign cloud or a container of one's own instead of the region's servers; where what is
    used is there, no region is needed.
    """

    region: str
    key: str = field(repr=False)
    voice: str = "pt-BR-AntonioNeural"
    language: str = "pt-BR"
    limit_s: float = 5.0
    phrase_s: float = 30.0
    sure_from: float = 0.8
    recognition_url: str = ""
    synthesis_url: str = ""

    def __post_init__(self) -> None:
        """Raise `SettingsError` where the key would go nowhere, or somewhere else."""
        elsewhere = self.recognition_url or self.synthesis_url
        if not _REGION.fullmatch(self.region) and (self.region or not elsewhere):
            raise SettingsError(
                f"AZURE_SPEECH_REGION is {self.region!r}: it must be a region's short name, "
                "such as brazilsouth"
            )
        if not _PRINTABLE.fullmatch(self.key):
            raise SettingsError(
                "AZURE_SPEECH_KEY is no key: copy it from the Speech resource's page "
                "Keys and Endpoint, without spaces"
            )

    @property
    def recognition(self) -> str:
        """The address of the recognizer for short audio."""
        return self.recognition_url or (
            f"https://{self.region}.stt.speech.microsoft.com"
            "/speech/recognition/conversation/cognitiveservices/v1"
        )

    @property
    def synthesis(self) -> str:
        """The address of the synthesizer."""
        return (
            self.synthesis_url
            or f"https://{self.region}.tts.speech.microsoft.com/cognitiveservices/v1"
        )
