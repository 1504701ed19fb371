"""Settings of FreeSWITCH: its lines, which come in two halves, and its ringing of residents."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from porteiro.settings.kinds import AudioMode, Host, PeerHost, Playback, Seconds
from porteiro.settings.variable import var


class FreeSwitchSettings(BaseSettings):
    """Where FreeSWITCH's sound and events come in, how it plays, and how it is told to ring."""

    audio_mode: AudioMode = var(
        "AUDIO_MODE",
        "dual",
        "dual, websocket or audiosocket",
        "Lines beside those of AudioSocket: FreeSWITCH's with events over ESL (dual), with "
        "sound alone (websocket), or none (audiosocket)",
    )
    freeswitch_host: Host = var(
        "PORTEIRO_FREESWITCH_HOST",
        "0.0.0.0",  # noqa: S104  the PBX is on another machine; PORTEIRO_PBX_ALLOW says which
        "an IP address or a host name",
        "Address on which FreeSWITCH's sound and events are taken",
    )
    stream_port: int = var(
        "PORTEIRO_STREAM_PORT",
        8085,
        "a port from 0 to 65535",
        "Port of the WebSockets that uuid_audio_stream opens; 0 takes any free one",
        ge=0,
        le=65535,
    )
    control_port: int = var(
        "PORTEIRO_ESL_PORT",
        8022,
        "a port from 0 to 65535",
        "Port that the dialplan's socket application connects to; 0 takes any free one",
        ge=0,
        le=65535,
    )
    correlation_s: Seconds = var(
        "DUAL_MODE_CORRELATION_TIMEOUT",
        5.0,
        "seconds from 0.1 to 60",
        "How long one half of a FreeSWITCH line waits for the other",
        ge=0.1,
        le=60,
    )
    stream_playback: Playback = var(
        "PORTEIRO_STREAM_PLAYBACK",
        "esl-file",
        "esl-file, binary or stream-audio",
        "How FreeSWITCH plays what we say: by its community module (esl-file), by the "
        "commercial one (binary) or by a fork (stream-audio)",
    )
    stream_compression: bool = var(
        "PORTEIRO_STREAM_COMPRESSION",
        False,  # noqa: FBT003  a default like the others
        "true or false",
        "Whether a module that offers it (permessage-deflate) may compress its sound",
    )
    esl_host: PeerHost = var(
        "PORTEIRO_FREESWITCH_ESL_HOST",
        "127.0.0.1",
        "an IP address or a host name, but not 0.0.0.0",
        "FreeSWITCH's own event socket, for the esl dialer",
    )
    esl_port: int = var(
        "PORTEIRO_FREESWITCH_ESL_PORT",
        8021,
        "a port from 1 to 65535",
        "Its port",
        ge=1,
        le=65535,
    )
    esl_password: SecretStr | None = var(
        "PORTEIRO_FREESWITCH_ESL_PASSWORD",
        None,
        "the password of event_socket.conf.xml",
        "Its password",
    )
    esl_channel: str = var(
        "PORTEIRO_FREESWITCH_CHANNEL",
        "user/{number}",
        "a FreeSWITCH dial string that holds {number} once",
        "What rings a number, a human porter's too, such as sofia/gateway/trunk/{number}",
        pattern=r"^[^{}\s,'\"]+/[^{}\s,'\"]*\{number\}[^{}\s,'\"]*$",
    )

    @property
    def freeswitch_ports(self) -> dict[str, int]:
        """The ports of FreeSWITCH's halves that this mode opens, by the variable's name."""
        match self.audio_mode:
            case "dual":
                return {
                    "PORTEIRO_STREAM_PORT": self.stream_port,
                    "PORTEIRO_ESL_PORT": self.control_port,
                }
            case "websocket":
                return {"PORTEIRO_STREAM_PORT": self.stream_port}
            case "audiosocket":
                return {}

    def insists_on(self, variable: str) -> bool:
        """Whether a port was set by its name, so that Porteiro must not start without it."""
        field = {"PORTEIRO_STREAM_PORT": "stream_port", "PORTEIRO_ESL_PORT": "control_port"}
        return field[variable] in self.model_fields_set
