"""Settings of speech: which providers hear, speak and understand, best first, and their keys."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from porteiro.settings.kinds import (
    EffortName,
    EvidenceName,
    HttpUrl,
    Number,
    Seconds,
    SynthesizerNames,
    TranscriberNames,
    UnderstandingNames,
    WebSocketUrl,
    WyomingUrl,
)
from porteiro.settings.variable import var


class SpeechSettings(BaseSettings):
    """The providers of speech in order of preference; what is in the box is always the last."""

    transcribers: TranscriberNames = var(
        "PORTEIRO_TRANSCRIBERS",
        "embedded",
        "any of openai, azure, deepgram, vosk, wyoming, whisper, embedded, separated by commas",
        "Who makes words of what people say, best first; embedded is always the last",
        min_length=1,
    )
    synthesizers: SynthesizerNames = var(
        "PORTEIRO_SYNTHESIZERS",
        "embedded",
        "any of openai, azure, wyoming, piper, embedded, separated by commas",
        "Who speaks, best first; embedded is always the last",
        min_length=1,
    )
    understandings: UnderstandingNames = var(
        "PORTEIRO_UNDERSTANDING",
        "service",
        "any of openai, service, embedded, separated by commas",
        "Who understands visitors, best first (service: AI_API_URL); the rules are always the last",
        min_length=1,
    )
    provider_s: Seconds = var(
        "PORTEIRO_PROVIDER_SECONDS",
        1.5,
        "seconds from 0.3 to 10",
        "How long a provider may take to its first result before the next is asked",
        ge=0.3,
        le=10,
    )
    speech_hints: bool = var(
        "PORTEIRO_SPEECH_HINTS",
        True,  # noqa: FBT003  a default like the others
        "true or false",
        "Whether transcribers may be told the names that are expected: they leave this machine",
    )
    openai_url: HttpUrl = var(
        "PORTEIRO_OPENAI_URL",
        "https://api.openai.com/v1",
        "an http:// or https:// address",
        "A server that speaks OpenAI's API",
    )
    openai_key: SecretStr | None = var(
        "PORTEIRO_OPENAI_KEY",
        None,
        "the server's key",
        "Its key; a server of one's own may need none",
    )
    openai_transcription_model: str = var(
        "PORTEIRO_OPENAI_TRANSCRIPTION_MODEL", "gpt-transcribe", "a model's name", "Hears"
    )
    openai_evidence: EvidenceName = var(
        "PORTEIRO_OPENAI_EVIDENCE",
        "auto",
        "auto, segments, logprobs or none",
        "How it says how sure it is: segments as Whisper does, logprobs as gpt-4o does, or not at "
        "all; auto goes by the model's name",
    )
    openai_streamed: bool = var(
        "PORTEIRO_OPENAI_STREAMED",
        False,  # noqa: FBT003  a default like the others
        "true or false",
        "Whether words are asked for as they are found: not every server can",
    )
    openai_speech_model: str = var(
        "PORTEIRO_OPENAI_SPEECH_MODEL", "gpt-4o-mini-tts", "a model's name", "Speaks"
    )
    openai_voice: str = var("PORTEIRO_OPENAI_VOICE", "cedar", "a voice's name", "Its voice")
    openai_instructions: str = var(
        "PORTEIRO_OPENAI_INSTRUCTIONS",
        "",
        "a text, or unset",
        "How it is to speak, for models that are told (gpt-…); unset: as a calm, friendly porteiro "
        "of Brazil",
    )
    openai_speech_rate: int = var(
        "PORTEIRO_OPENAI_SPEECH_RATE",
        24_000,
        "a rate in Hz from 8000 to 48000",
        "Rate of its bare samples: OpenAI's is 24000, a Piper voice's behind LocalAI 22050",
        ge=8000,
        le=48_000,
    )
    openai_chat_model: str = var(
        "PORTEIRO_OPENAI_CHAT_MODEL", "gpt-5.4-nano", "a model's name", "Understands"
    )
    openai_temperature: Number | None = var(
        "PORTEIRO_OPENAI_TEMPERATURE",
        None,
        "a number from 0 to 2, or unset",
        "Its temperature; unset: not sent, as reasoning models want it; 0 suits most others",
        ge=0,
        le=2,
    )
    openai_effort: EffortName | None = var(
        "PORTEIRO_OPENAI_EFFORT",
        None,
        "none, minimal or low, or unset",
        "How much it reasons before it answers; unset: not sent",
    )
    azure_key: SecretStr | None = var(
        "AZURE_SPEECH_KEY", None, "the Speech resource's key", "Azure Speech: its key"
    )
    azure_region: str | None = var(
        "AZURE_SPEECH_REGION", None, "a region's short name, such as brazilsouth", "Its region"
    )
    azure_voice: str = var(
        "PORTEIRO_AZURE_VOICE", "pt-BR-AntonioNeural", "a voice's name", "Its voice"
    )
    azure_recognition_url: HttpUrl | None = var(
        "PORTEIRO_AZURE_RECOGNITION_URL",
        None,
        "an http:// or https:// address, or unset",
        "Where it hears: a sovereign cloud or a container of one's own; unset: the region's server",
    )
    azure_synthesis_url: HttpUrl | None = var(
        "PORTEIRO_AZURE_SYNTHESIS_URL",
        None,
        "an http:// or https:// address, or unset",
        "Where it speaks, likewise",
    )
    deepgram_key: SecretStr | None = var(
        "PORTEIRO_DEEPGRAM_KEY", None, "the project's key", "Deepgram: its key"
    )
    deepgram_url: WebSocketUrl = var(
        "PORTEIRO_DEEPGRAM_URL",
        "wss://api.deepgram.com/v1/listen",
        "a ws:// or wss:// address",
        "Its address: another where it is hosted by oneself or in another region",
    )
    deepgram_model: str = var(
        "PORTEIRO_DEEPGRAM_MODEL", "nova-3", "a model's name", "Deepgram's model"
    )
    vosk_url: WebSocketUrl | None = var(
        "PORTEIRO_VOSK_URL", None, "a ws:// or wss:// address", "A Vosk server"
    )
    wyoming_stt_url: WyomingUrl | None = var(
        "PORTEIRO_WYOMING_STT_URL",
        None,
        "tcp://host:port or unix:///path",
        "A Wyoming server that hears",
    )
    wyoming_stt_model: str = var(
        "PORTEIRO_WYOMING_STT_MODEL",
        "",
        "a model's name, or unset",
        "Its model; unset: the server's own choice",
    )
    wyoming_tts_url: WyomingUrl | None = var(
        "PORTEIRO_WYOMING_TTS_URL",
        None,
        "tcp://host:port or unix:///path",
        "A Wyoming server that speaks",
    )
    wyoming_voice: str = var(
        "PORTEIRO_WYOMING_VOICE",
        "",
        "a voice's name, such as pt_BR-faber-medium, or unset",
        "Its voice; unset: the server's own choice",
    )
    whisper_model: Path | None = var(
        "PORTEIRO_WHISPER_MODEL",
        None,
        "a folder with a Whisper model for CTranslate2, or unset",
        "Whisper's model; unset: models/faster-whisper-small in the data folder",
    )
    piper_voice: Path | None = var(
        "PORTEIRO_PIPER_VOICE",
        None,
        "an .onnx file with its .onnx.json beside it, or unset",
        "Piper's voice; unset: models/pt_BR-faber-medium.onnx in the data folder",
    )
    models_url: HttpUrl = var(
        "PORTEIRO_MODELS_URL",
        "https://huggingface.co",
        "an http:// or https:// address",
        "Where `porteiro setup --speech` fetches them: Hugging Face, or a mirror of it",
    )

    def missing_for_speech(self) -> dict[str, str]:
        """Return the variables that the named providers need and lack, each with who needs it."""
        heard, spoken = self.transcribers, self.synthesizers
        in_region = ("azure" in heard and not self.azure_recognition_url) or (
            "azure" in spoken and not self.azure_synthesis_url
        )
        needs = {
            "AZURE_SPEECH_KEY": ("azure" in (*heard, *spoken), self.azure_key),
            "AZURE_SPEECH_REGION": (in_region, self.azure_region),
            "PORTEIRO_DEEPGRAM_KEY": ("deepgram" in heard, self.deepgram_key),
            "PORTEIRO_VOSK_URL": ("vosk" in heard, self.vosk_url),
            "PORTEIRO_WYOMING_STT_URL": ("wyoming" in heard, self.wyoming_stt_url),
            "PORTEIRO_WYOMING_TTS_URL": ("wyoming" in spoken, self.wyoming_tts_url),
        }
        lists = {"PORTEIRO_WYOMING_TTS_URL": "PORTEIRO_SYNTHESIZERS"}
        return {
            name: f"{lists.get(name, 'PORTEIRO_TRANSCRIBERS or PORTEIRO_SYNTHESIZERS')} names it"
            for name, (needed, value) in needs.items()
            if needed and not value
        }
