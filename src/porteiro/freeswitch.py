"""FreeSWITCH as the settings want it: its lines taken, its residents rung, visitors handed over."""

from dataclasses import dataclass

import structlog

from porteiro.audio.frame_clock import FrameClock
from porteiro.calls.ports import Handover
from porteiro.dialers.esl import EslDialer, EslOptions
from porteiro.dialers.esl_client import EslClient, EslServer
from porteiro.errors import DialerError, SettingsError
from porteiro.lines.freeswitch.server import Desk, FreeSwitchOptions, FreeSwitchServer
from porteiro.settings import Settings

_log = structlog.get_logger()


async def open_freeswitch(
    settings: Settings, frames: FrameClock, desk: Desk
) -> FreeSwitchServer | None:
    """Take FreeSWITCH's lines, or not, where the mode is AudioSocket's alone.

    A port that was not set by name and is taken costs FreeSWITCH's lines, not the start.
    Raises `SettingsError` for one that was.
    """
    server = freeswitch_server(settings, frames, desk)
    if server is None or not await listen_for_freeswitch(settings, server):
        return None
    return server


def freeswitch_server(
    settings: Settings, frames: FrameClock, desk: Desk
) -> FreeSwitchServer | None:
    """Return what can take FreeSWITCH's lines, not listening yet; None in AudioSocket's mode."""
    if settings.audio_mode == "audiosocket":
        return None
    options = FreeSwitchOptions(
        mode=settings.audio_mode,
        playback=settings.stream_playback,
        correlation_s=settings.correlation_s,
        fallback_channel=settings.esl_channel,
        allow=settings.pbx_allow,
        compression=settings.stream_compression,
    )
    return FreeSwitchServer(options, frames, desk)


async def listen_for_freeswitch(settings: Settings, server: FreeSwitchServer) -> bool:
    """Open FreeSWITCH's ports; return whether they are open.

    Raises `SettingsError` for one that was set by name and cannot be had.
    """
    host = settings.freeswitch_host
    try:
        await server.open(host, settings.stream_port, settings.control_port)
    except OSError as error:
        ports = " and ".join(f"{name} {port}" for name, port in settings.freeswitch_ports.items())
        reason = f"{error.strerror or error}: choose others, or set AUDIO_MODE=audiosocket"
        if any(map(settings.insists_on, settings.freeswitch_ports)):
            raise SettingsError(
                f"FreeSWITCH's lines cannot be taken on {host}, {ports}: {reason}"
            ) from error
        _log.warning("FreeSWITCH's lines are not taken", host=host, ports=ports, reason=reason)
        return False
    _log.info(
        "FreeSWITCH's lines are taken",
        mode=settings.audio_mode,
        stream_port=server.stream_port,
        esl_port=server.control_port or None,
    )
    return True


def esl_client(settings: Settings) -> EslClient:
    """Return what talks with FreeSWITCH's own event socket, once it is run."""
    password = settings.esl_password.get_secret_value() if settings.esl_password else ""
    return EslClient(EslServer(settings.esl_host, settings.esl_port, password))


def esl_dialer(settings: Settings, client: EslClient, server: FreeSwitchServer) -> EslDialer:
    """Return the dialer whose residents' lines come to `server`."""
    host = f"[{settings.dialer_host}]" if ":" in settings.dialer_host else settings.dialer_host
    options = EslOptions(
        channel=settings.esl_channel,
        stream_url=f"ws://{host}:{server.stream_port}",
        control=f"{settings.dialer_host}:{server.control_port}",
        mode="websocket" if settings.audio_mode == "websocket" else "dual",
    )
    return EslDialer(client, options)


@dataclass(frozen=True, slots=True)
class Handovers:
    """Hands a visitor over by the PBX that the visitor's line comes from."""

    freeswitch: FreeSwitchServer | None
    asterisk: Handover | None

    async def hand_over(self, call_id: str, number: str) -> None:
        """Have the visitor sent on to `number` once we hang up. Raises `DialerError`."""
        if self.freeswitch is not None and self.freeswitch.carries(call_id):
            await self.freeswitch.hand_over(call_id, number)
        elif self.asterisk is not None:
            await self.asterisk.hand_over(call_id, number)
        else:
            raise DialerError("no dialer of ours can tell the PBX where to go")
